#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/tensor/checkpoint.h"
#include "encoders/registry.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

// What the tests of the image-text models share: tiny checkpoints and changes to them.

namespace ogam::test {

inline std::filesystem::path tiny_folder(const std::string& name) {
  return source_folder() / "tests" / "golden" / (name + "_tiny");
}

/// The encoders of tests/golden/NAME_tiny.
inline Encoders tiny_encoders(const std::string& name) {
  Checkpoint checkpoint(tiny_folder(name));
  return make_encoders(checkpoint);
}

/// The texts whose vectors are in the golden.
inline std::vector<std::string> golden_texts(const std::string& name) {
  return Golden::open(name + "_tiny").json().at("texts").get<std::vector<std::string>>();
}

/// Pictures of several shapes, each with its own pattern.
inline std::vector<Image> patterned_pictures() {
  std::vector<Image> pictures;
  for (const auto& [width, height] : {std::pair{64, 64}, {90, 41}, {33, 70}}) {
    Image picture = {.width = width, .height = height, .pixels = {}};
    for (int i = 0; i < width * height * 3; ++i) {
      picture.pixels.push_back(
          static_cast<std::uint8_t>((i * (width % 7 + 3) + i / 50 * 11) % 256));
    }
    pictures.push_back(std::move(picture));
  }
  return pictures;
}

/// Expects that each row of `together` is what `encode_one` makes of that item alone.
inline void expect_rows_of_single_items(const at::Tensor& together,
                                        const std::function<at::Tensor(std::size_t)>& encode_one) {
  for (std::int64_t i = 0; i < together.size(0); ++i) {
    EXPECT_TRUE(all_close(together.narrow(0, i, 1), encode_one(static_cast<std::size_t>(i)),
                          {.atol = 1e-5, .rtol = 1e-4}))
        << i;
  }
}

/// The error of a tiny checkpoint whose file `name` has the value `value` at the JSON pointer
/// `place`; nothing when it loads all the same.
inline std::optional<ErrorCode> error_with(const std::string& model, const std::string& name,
                                           const std::string& place, const Json& value) {
  const TemporaryFolder folder;
  std::filesystem::copy(tiny_folder(model), folder.path(),
                        std::filesystem::copy_options::recursive);
  auto json = read_json_file(folder / name);
  json[Json::json_pointer(place)] = value;
  write_file_atomically(folder / name, json.dump());
  try {
    Checkpoint checkpoint(folder.path());
    make_encoders(checkpoint);
  } catch (const Error& error) {
    return error.code();
  }
  return {};
}

/// A change of config.json that must be refused.
struct Refusal {
  const char* place;
  Json value;
  ErrorCode code = ErrorCode::corrupt_data;
};

inline void expect_refused(const std::string& model, const std::vector<Refusal>& refusals) {
  for (const auto& [place, value, code] : refusals) {
    const auto error = error_with(model, "config.json", place, value);
    ASSERT_TRUE(error) << place << " = " << value << " was accepted";
    EXPECT_EQ(*error, code) << place << " = " << value;
  }
}

}  // namespace ogam::test

#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/tensor/weight_source.h"

namespace ogam::test {

/// The root of the source tree: `OGAM_SOURCE_DIR`, which ctest sets, or the working directory.
inline std::filesystem::path source_folder() {
  const char* folder = std::getenv("OGAM_SOURCE_DIR");
  return folder != nullptr && *folder != '\0' ? folder : std::filesystem::current_path();
}

/// The starter pack, `OGAM_HOME/packs/starter`.
/// @throws Error{unavailable} naming the command that builds it.
inline std::filesystem::path pack_folder() {
  const auto folder = ogam_home() / "packs" / "starter";
  require(std::filesystem::is_directory(folder), ErrorCode::unavailable,
          "these tests use real weights and there is no starter pack in {}; build it with "
          "`python scripts/build_pack.py`, or set OGAM_HOME to where it is",
          display_path(folder));
  return folder;
}

/// Inputs and outputs of a reference implementation, written by a script in tests/golden:
/// NAME.safetensors, and NAME.json for what is not a tensor.
class Golden {
 public:
  /// @throws Error{not_found} when tests/golden has no such file.
  static Golden open(const std::string& name) { return Golden(name); }

  at::Tensor tensor(const std::string& name) const { return tensors_->load(name); }

  bool contains(const std::string& name) const {
    for (const auto& info : tensors_->tensors()) {
      if (info.name == name) {
        return true;
      }
    }
    return false;
  }

  /// The content of NAME.json.
  const Json& json() const {
    if (!json_) {
      json_ = read_json_file(folder() / (name_ + ".json"));
    }
    return *json_;
  }

 private:
  explicit Golden(const std::string& name)
      : name_(name), tensors_(open_weights(folder() / (name + ".safetensors"))) {}
  static std::filesystem::path folder() { return source_folder() / "tests" / "golden"; }

  std::string name_;
  std::unique_ptr<WeightSource> tensors_;
  mutable std::optional<Json> json_;
};

struct Tolerance {
  double atol = 1e-5;
  double rtol = 1e-5;
};

/// |actual - expected| <= atol + rtol * |expected| everywhere; says the largest error and where it
/// is.
inline ::testing::AssertionResult all_close(const at::Tensor& actual, const at::Tensor& expected,
                                            const Tolerance& tolerance = {}) {
  if (actual.sizes() != expected.sizes()) {
    return ::testing::AssertionFailure()
           << "shape " << actual.sizes() << " where " << expected.sizes() << " was expected";
  }
  if (expected.numel() == 0) {
    return ::testing::AssertionSuccess();
  }
  const auto a = actual.detach().to(at::kDouble).flatten();
  const auto e = expected.detach().to(at::kDouble).flatten();
  const auto error = (a - e).abs();
  // A NaN on either side is a failure: it compares as not close.
  const auto close = error <= tolerance.atol + tolerance.rtol * e.abs();
  const auto worst = at::nan_to_num(error, /*nan=*/1e300).argmax().item<std::int64_t>();
  auto result =
      close.all().item<bool>() ? ::testing::AssertionSuccess() : ::testing::AssertionFailure();
  return result << "largest error " << error[worst].item<double>() << " at element " << worst
                << " (" << a[worst].item<double>() << ", expected " << e[worst].item<double>()
                << "); " << (close.logical_not().sum().item<std::int64_t>()) << " of "
                << expected.numel() << " beyond atol " << tolerance.atol << ", rtol "
                << tolerance.rtol;
}

/// The cosine between two tensors taken as vectors.
inline double cosine(const at::Tensor& a, const at::Tensor& b) {
  const auto x = a.to(at::kDouble).flatten();
  const auto y = b.to(at::kDouble).flatten();
  return (x.dot(y) / (x.norm() * y.norm())).item<double>();
}

}  // namespace ogam::test

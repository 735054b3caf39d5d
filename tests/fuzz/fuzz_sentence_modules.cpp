#include <ATen/ATen.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string_view>

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/nn/sentence_modules.h"
#include "core/tensor/held_tensors.h"
#include "core/tensor/safetensors_writer.h"
#include "tests/support/temporary_folder.h"

namespace {

constexpr std::int64_t kSize = 3;
/// The files that the modules of a folder are described in.
constexpr std::array kFiles = {"modules.json", "config_sentence_transformers.json",
                               "1_Pooling/config.json", "2_Dense/config.json",
                               "3_Normalize/config.json"};

void write(const std::filesystem::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

/// The model's folder, whose Dense has weights for three values to three.
const std::filesystem::path& model_folder() {
  static const ogam::test::TemporaryFolder folder;
  static const bool made = [] {
    for (const char* module : {"1_Pooling", "2_Dense", "3_Normalize"}) {
      std::filesystem::create_directory(folder / module);
    }
    write(folder / "config.json", R"({"model_type": "bert"})");
    ogam::save_safetensors(folder / "2_Dense/model.safetensors",
                           {{"linear.weight", at::eye(kSize)}, {"linear.bias", at::ones({kSize})}});
    return true;
  }();
  (void)made;
  return folder.path();
}

}  // namespace

/// Whatever the files say, accepted modules make one vector of each text, of the size they promise.
/// The input is an object with the content of each file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto files = ogam::parse_json({reinterpret_cast<const char*>(data), size}, "input");
    for (const char* name : kFiles) {
      const auto path = model_folder() / name;
      std::filesystem::remove(path);
      if (files.is_object() && files.contains(name)) {
        write(path, ogam::dump_json(files.at(name)));
      }
    }
    ogam::Checkpoint checkpoint(
        model_folder(), std::make_unique<ogam::HeldTensors>(std::map<std::string, at::Tensor>()));
    const ogam::SentenceModules modules(checkpoint, {.hidden_size = kSize});
    const auto vectors = modules(at::ones({2, 4, kSize}), at::ones({2, 4}, at::kBool), 1);
    if (vectors.sizes() != at::IntArrayRef({2, modules.dimension()}) ||
        !vectors.isfinite().all().item<bool>()) {
      std::abort();
    }
    (void)modules.prompts().text(ogam::kQueryPrompt);
  } catch (const ogam::Error&) {
    return 0;
  }
  return 0;
}

#include "core/tensor/weight_source.h"

#include <ATen/ATen.h>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/tensor/ctranslate2.h"
#include "core/tensor/gguf.h"
#include "core/tensor/safetensors.h"
#include "core/tensor/sharded_weights.h"

namespace ogam {

namespace fs = std::filesystem;

namespace {

/// Opens a file by what it holds; what is no other format must be safetensors.
std::unique_ptr<WeightSource> open_file(const fs::path& path) {
  const MappedFile file(path);
  if (is_gguf(file.bytes())) {
    return std::make_unique<GgufFile>(path);
  }
  if (is_ctranslate2(file.bytes())) {
    return std::make_unique<CTranslate2File>(path);
  }
  return std::make_unique<SafetensorsFile>(path);
}

}  // namespace

std::optional<TensorBlocks> WeightSource::load_blocks(const std::string&) const {
  return std::nullopt;
}

std::unique_ptr<WeightSource> open_weights(const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) {
    return open_file(path);
  }
  const fs::path single = path / "model.safetensors";
  if (fs::exists(single, ignored)) {
    return std::make_unique<SafetensorsFile>(single);
  }
  const fs::path index = path / "model.safetensors.index.json";
  require(fs::exists(index, ignored), ErrorCode::not_found,
          "{} holds no weights (model.safetensors, model.safetensors.index.json, *.gguf or "
          "CTranslate2's "
          "model.bin): not a model folder",
          display_path(path));
  return std::make_unique<ShardedWeights>(index);
}

}  // namespace ogam

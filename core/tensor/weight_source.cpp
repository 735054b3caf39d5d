#include "core/tensor/weight_source.h"

#include <ATen/ATen.h>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/tensor/safetensors.h"
#include "core/tensor/sharded_weights.h"

namespace ogam {

namespace fs = std::filesystem;

std::unique_ptr<WeightSource> open_weights(const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) {
    return std::make_unique<SafetensorsFile>(path);
  }
  const fs::path single = path / "model.safetensors";
  if (fs::exists(single, ignored)) {
    return std::make_unique<SafetensorsFile>(single);
  }
  const fs::path index = path / "model.safetensors.index.json";
  require(fs::exists(index, ignored), ErrorCode::not_found,
          "{} holds neither model.safetensors nor model.safetensors.index.json: not a model folder",
          display_path(path));
  return std::make_unique<ShardedWeights>(index);
}

}  // namespace ogam

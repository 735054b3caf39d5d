#include "core/tensor/sharded_weights_writer.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <system_error>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/tensor/safetensors_writer.h"

namespace ogam {

namespace fs = std::filesystem;

namespace {

using Tensors = std::map<std::string, at::Tensor>;

/// The tensors in order of their names, cut where a shard is full.
std::vector<Tensors> shards_of(const Tensors& tensors, std::size_t max_bytes) {
  std::vector<Tensors> shards(1);
  std::size_t filled = 0;
  for (const auto& [name, tensor] : tensors) {
    // An undefined tensor is refused when its shard is written.
    const std::size_t bytes = tensor.defined() ? tensor.nbytes() : 0;
    if (!shards.back().empty() && bytes > max_bytes - std::min(filled, max_bytes)) {
      shards.emplace_back();
      filled = 0;
    }
    shards.back().emplace(name, tensor);
    filled += bytes;
  }
  return shards;
}

void remove_if_there(const fs::path& path) {
  std::error_code error;
  fs::remove(path, error);
  require(!error, ErrorCode::inaccessible, "cannot remove {}: {}; remove it and run again",
          display_path(path), error.message());
}

}  // namespace

void save_weights(const fs::path& folder, const Tensors& tensors, const SaveWeightsConfig& config) {
  require(config.max_shard_bytes > 0, ErrorCode::invalid_argument,
          "{}: a file of weights must hold at least 1 byte, got 0", display_path(folder));
  const fs::path single = folder / "model.safetensors";
  const fs::path index = folder / "model.safetensors.index.json";
  const auto shards = shards_of(tensors, config.max_shard_bytes);
  if (shards.size() == 1) {
    save_safetensors(single, tensors, config.metadata);
    remove_if_there(index);
    return;
  }
  remove_if_there(index);
  std::size_t total = 0;
  SortedJson weight_map = SortedJson::object();
  for (std::size_t i = 0; i < shards.size(); ++i) {
    const auto file = fmt::format("model-{:05}-of-{:05}.safetensors", i + 1, shards.size());
    save_safetensors(folder / file, shards[i], config.metadata);
    for (const auto& [name, tensor] : shards[i]) {
      weight_map[name] = file;
      total += tensor.nbytes();
    }
  }
  SortedJson content = SortedJson::object();
  content["metadata"]["total_size"] = total;
  content["weight_map"] = std::move(weight_map);
  write_file_atomically(index, content.dump(2) + "\n");
  remove_if_there(single);
}

}  // namespace ogam

#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>

namespace ogam {

struct SaveWeightsConfig {
  /// Bytes of tensors in one file; a tensor that is larger has a file of its own.
  std::size_t max_shard_bytes = 5'000'000'000;
  std::map<std::string, std::string> metadata = {};  ///< written into every file
};

/// Writes the weights of a model folder as `open_weights` reads them: `model.safetensors`, or,
/// where that would be too large, `model-00001-of-0000N.safetensors` and their index
/// `model.safetensors.index.json`, as Hugging Face names them.
///
/// The folder must exist. Weights that it held before under the other name are removed at the end.
/// A reader never sees old and new shards mixed: without the index, which is written last, there
/// are no weights.
/// @throws Error{invalid_argument} for a `max_shard_bytes` of 0, and what save_safetensors throws.
void save_weights(const std::filesystem::path& folder,
                  const std::map<std::string, at::Tensor>& tensors,
                  const SaveWeightsConfig& config = {});

}  // namespace ogam

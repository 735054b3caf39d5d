#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/tensor/safetensors.h"

namespace ogam {

/// The .safetensors files that an index (`model.safetensors.index.json`) lists, as one source.
class ShardedWeights : public WeightSource {
 public:
  /// @throws Error{not_found} for a missing index or shard, Error{corrupt_data} unless shards are
  ///     plain names of files beside the index, and the index and the shards name the same tensors,
  ///     each in one shard.
  explicit ShardedWeights(const std::filesystem::path& index);

  const std::vector<TensorInfo>& tensors() const override { return tensors_; }
  at::Tensor load(const std::string& name) const override;

 private:
  std::string origin_;
  std::vector<TensorInfo> tensors_;
  std::map<std::string, std::shared_ptr<const SafetensorsFile>> shard_of_;  // by tensor name
};

}  // namespace ogam

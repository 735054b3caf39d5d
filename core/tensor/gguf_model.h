#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/tensor/gguf.h"
#include "core/tensor/weight_source.h"

namespace ogam {

/// One GGUF file, or all the parts that one was split into, as one source. Names are the file's.
class GgufModel : public WeightSource {
 public:
  /// @param files one, or the parts of one in any order (`split.no`, `split.count`).
  /// @throws Error{not_found} where parts are missing, Error{invalid_argument} for several files
  ///     that are no parts of each other, Error{corrupt_data} for a tensor that two parts have, and
  ///     what GgufFile throws.
  explicit GgufModel(const std::vector<std::filesystem::path>& files);

  const std::vector<TensorInfo>& tensors() const override { return tensors_; }
  at::Tensor load(const std::string& name) const override;
  std::optional<TensorBlocks> load_blocks(const std::string& name) const override;

  /// Of the first part, which has the model's.
  const GgufMetadata& metadata() const { return parts_.front()->metadata(); }
  /// The name of the first part, for errors.
  const std::string& origin() const { return origin_; }

 private:
  const GgufFile& part_with(const std::string& name) const;

  std::string origin_;
  std::vector<std::unique_ptr<const GgufFile>> parts_;  // in their order
  std::map<std::string, const GgufFile*> part_of_;      // by tensor name
  std::vector<TensorInfo> tensors_;
};

}  // namespace ogam

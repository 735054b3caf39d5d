#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/tensor/block_format.h"

namespace ogam {

/// What a weight file says about one tensor.
struct TensorInfo {
  std::string name;
  at::ScalarType dtype = at::kFloat;
  std::vector<std::int64_t> shape;
};

/// Named tensors from any weight file format.
class WeightSource {
 public:
  virtual ~WeightSource() = default;

  /// Every tensor, sorted by name.
  virtual const std::vector<TensorInfo>& tensors() const = 0;

  /// A read-only view of the stored tensor, valid while any returned tensor or this source lives; a
  /// tensor of its own where the file does not align it or packs its numbers (gguf.h).
  /// @throws Error{not_found} for an unknown name.
  virtual at::Tensor load(const std::string& name) const = 0;

  /// A packed tensor, to compute on without widening it; nothing where the numbers lie one by one.
  /// @throws Error{not_found} for an unknown name.
  virtual std::optional<TensorBlocks> load_blocks(const std::string& name) const;
};

/// Opens a weight file, or the safetensors of a folder: `model.safetensors`, or the shards listed
/// by `model.safetensors.index.json`. A file is GGUF, CTranslate2's `model.bin` or safetensors,
/// told apart by its content, whatever its name. Files are memory-mapped.
/// @throws Error{not_found} when there are no weights, Error{corrupt_data} for anything that does
///     not hold together (see safetensors.h, gguf.h, ctranslate2.h), Error{unsupported} for a dtype
///     LibTorch does not have and a version or type that cannot be read.
std::unique_ptr<WeightSource> open_weights(const std::filesystem::path& path);

}  // namespace ogam

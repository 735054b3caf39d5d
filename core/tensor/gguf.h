#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/base/gguf_metadata.h"
#include "core/tensor/stored_tensor.h"
#include "core/tensor/weight_source.h"

namespace ogam {

/// What stands before the data of a GGUF file, checked against the file's size.
struct GgufHeader {
  GgufMetadata metadata;              ///< views of the file
  std::vector<StoredTensor> tensors;  ///< sorted by name; packed ones have dtype float32
};

/// Reads the header of a GGUF file, version 3, little-endian: "GGUF", u32 version, u64 number of
/// tensors, u64 number of keys, keys and values, {string name, u32 rank, u64 dimensions with the
/// fastest first, u32 type, u64 offset} for each tensor, then the data. A string is a u64 length
/// and its bytes. Tensors and the data itself start at multiples of `general.alignment`, or of 32.
///
/// @param file the whole file.
/// @param origin the file's name, for errors.
/// @throws Error{corrupt_data} unless everything lies within the file, ranks are at most 4, no
/// shape
///     or size overflows, rows are whole blocks, and the tensors follow each other in the data with
///     nothing but padding between them and at the end; what GgufMetadata throws.
///     Error{unsupported} for another version, big-endian files, and types other than F32, F16,
///     BF16 and those of block_format.h.
/// Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
GgufHeader parse_gguf_header(std::span<const std::byte> file, const std::string& origin);

/// One memory-mapped GGUF file.
class GgufFile : public WeightSource {
 public:
  /// @throws Error{not_found}, and what parse_gguf_header throws.
  explicit GgufFile(const std::filesystem::path& path);

  const std::vector<TensorInfo>& tensors() const override { return tensors_; }

  /// F32, F16 and BF16 as stored. Packed tensors as float32, computed at each call and owned by the
  /// caller.
  at::Tensor load(const std::string& name) const override;

  /// A view of the file.
  std::optional<TensorBlocks> load_blocks(const std::string& name) const override;

  /// The configuration and the tokenizer; lives as long as this file.
  const GgufMetadata& metadata() const { return header_.metadata; }

 private:
  std::string origin_;
  std::shared_ptr<const MappedFile> file_;  // shared with every view that was loaded
  GgufHeader header_;
  std::vector<TensorInfo> tensors_;
};

}  // namespace ogam

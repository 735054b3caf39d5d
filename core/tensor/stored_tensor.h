#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/tensor/block_format.h"
#include "core/tensor/weight_source.h"

namespace ogam {

/// Where one tensor lies in a weight file.
struct StoredTensor {
  TensorInfo info;
  std::size_t begin = 0;  ///< bytes from the start of the file
  std::size_t size = 0;   ///< bytes
  /// How its numbers are packed; null where they lie one by one, as `info.dtype` says.
  const BlockFormat* blocks = nullptr;
};

/// Bytes of a tensor whose numbers lie one by one.
/// @throws Error{corrupt_data} when they, or the strides of that shape, overflow.
std::size_t checked_byte_size(const TensorInfo& info, const std::string& origin);

/// Sorts by name.
/// @throws Error{corrupt_data} when two tensors have the same name.
void sort_by_name(std::vector<StoredTensor>& tensors, const std::string& origin);

/// The part of a file that holds the numbers of all tensors.
struct DataPart {
  std::size_t size = 0;       ///< bytes
  std::size_t alignment = 1;  ///< tensors start at multiples of it, counted from the part's start
};

/// The first multiple of `alignment` from `position`.
std::size_t aligned(std::size_t position, std::size_t alignment);

/// Checks that the tensors, whose `begin` counts from the start of the data, follow each other with
/// nothing but padding up to the alignment between them and at the end, and fill the data.
/// @param tensors in any order, of less than 2^63 bytes each.
/// @throws Error{corrupt_data}.
void check_tiling(const std::vector<StoredTensor>& tensors, const DataPart& data,
                  const std::string& origin);

/// The tensor of that name, or null.
/// @param tensors sorted by name.
const StoredTensor* find_stored(const std::vector<StoredTensor>& tensors, const std::string& name);

/// The same for a tensor that must be there.
/// @throws Error{not_found}.
const StoredTensor& get_stored(const std::vector<StoredTensor>& tensors, const std::string& name,
                               const std::string& origin);

std::vector<TensorInfo> infos_of(const std::vector<StoredTensor>& tensors);

/// A tensor whose numbers lie one by one, as a view that keeps the file mapped; a copy where the
/// file does not align it for its type.
at::Tensor view_stored(const std::shared_ptr<const MappedFile>& file, const StoredTensor& tensor);

}  // namespace ogam

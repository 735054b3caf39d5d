#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "core/tensor/block_format.h"

namespace ogam {

/// A matrix that stays in the blocks of its file: products are computed on the packed numbers, and
/// nothing of the matrix's widened size is kept.
///
/// Results are those of the widened float32 numbers to within 1e-4 of the product of both vectors'
/// lengths; see Note: [Whole numbers] in block_products.h.
class BlockMatrix {
 public:
  /// @param blocks of a matrix [M, N].
  /// @throws Error{invalid_argument} for another number of dimensions.
  explicit BlockMatrix(TensorBlocks blocks);

  std::int64_t rows() const { return bytes_.size(0); }
  std::int64_t columns() const;

  /// x W^T.
  ///
  /// @param x [..., N], float32 or bfloat16.
  /// @return [..., M] of the same dtype.
  /// @throws Error{invalid_argument} for another shape.
  at::Tensor multiply(const at::Tensor& x) const;

  /// The rows of those numbers, widened.
  ///
  /// @param ids integers [K] from 0 to M - 1.
  /// @return [K, N] float32.
  at::Tensor rows_at(const at::Tensor& ids) const;

 private:
  at::Tensor multiply_packed(const at::Tensor& x) const;
  at::Tensor multiply_widened(const at::Tensor& x) const;
  at::Tensor widen(std::int64_t begin, std::int64_t count) const;
  std::int64_t grain() const;

  const BlockFormat* format_;
  at::Tensor bytes_;  // uint8 [M, bytes of a row], contiguous
};

}  // namespace ogam

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/tensor/block_format.h"

namespace ogam {

/// Columns of activations that share a scale.
constexpr std::int64_t kActivationGroup = 32;

/// Rows of activations as whole numbers of 15 bits, in groups that share a scale: number i of group
/// g is about scales[g] * quants[32 g + i]. See Note: [Whole numbers] in block_products.h.
struct QuantizedRows {
  const std::int16_t* quants = nullptr;  ///< [rows, columns]
  const float* scales = nullptr;         ///< [rows, columns / 32]
  const float* sums = nullptr;           ///< [rows, columns / 32], of the numbers of a group
  std::int64_t rows = 0;
  std::int64_t columns = 0;  ///< a multiple of 32
};

/// Consecutive rows of a matrix in blocks.
struct PackedRows {
  const std::byte* bytes = nullptr;
  std::size_t row_bytes = 0;
  std::int64_t count = 0;
};

/// Where products go: that of activation row a and matrix row m is at `to[a * stride + m]`.
struct Products {
  float* to = nullptr;
  std::int64_t stride = 0;
};

/// The kernels of one instruction set.
struct BlockKernels {
  using Multiply = void (*)(const PackedRows& matrix, const QuantizedRows& x,
                            const Products& products);
  /// Writes the numbers of one packed row; they may be rounded otherwise than BlockFormat's.
  using Widen = void (*)(const std::byte* packed, std::int64_t columns, float* to);
  struct Row {
    std::string_view format;  ///< BlockFormat::name
    Multiply multiply;
    Widen widen;
  };

  std::string_view name;
  /// Writes a row's quants, scales and sums. A group with a number that is not finite gets a scale
  /// that is not a number, and so do all products with it.
  void (*quantize)(const float* row, std::int64_t columns, std::int16_t* quants, float* scales,
                   float* sums);
  std::span<const Row> rows;

  /// @throws Error{internal} when there is none for the format.
  const Row& row(const BlockFormat& format) const;
};

/// The kernels that this processor can run, the fastest first.
const std::vector<BlockKernels>& block_kernels();

// One for each instruction set; no rows where this is another architecture.
BlockKernels portable_block_kernels();
BlockKernels avx2_block_kernels();
BlockKernels avx512_block_kernels();

}  // namespace ogam

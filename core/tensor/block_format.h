#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace ogam {

/// How GGML packs a group of numbers into a block of bytes. A row of a tensor is a whole number of
/// blocks.
///
/// Source: https://github.com/ggml-org/llama.cpp/wiki/Tensor-Encoding-Schemes
struct BlockFormat {
  std::string_view name;    ///< "Q4_K"
  std::uint32_t ggml_type;  ///< its number in a GGUF file
  std::size_t elements;     ///< numbers in a block
  std::size_t bytes;        ///< bytes of a block
  /// Writes the `elements` numbers of one block, each rounded as GGML rounds it.
  void (*widen)(const std::byte* block, float* numbers);
};

/// A tensor as its packed blocks.
struct TensorBlocks {
  const BlockFormat* format = nullptr;
  /// uint8, the tensor's shape with bytes in place of numbers in the last dimension.
  at::Tensor bytes;
};

/// Q8_0, Q4_0, Q5_0, Q4_K, Q5_K or Q6_K; null for any other type.
const BlockFormat* find_block_format(std::uint32_t ggml_type);

/// The numbers of blocks that lie one after another, as float32 of that shape.
/// @throws Error{invalid_argument} unless `blocks` holds exactly the numbers of `shape`.
at::Tensor widen_blocks(const BlockFormat& format, std::span<const std::byte> blocks,
                        at::IntArrayRef shape);

}  // namespace ogam

#include "core/tensor/block_format.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "core/base/error.h"
#include "core/tensor/shape.h"

namespace ogam {

namespace {

// Note: [Blocks]
// A block of 32 numbers is a float16 scale and quants; number i is scale * quant i. A block of 256
// (the types named K) is cut into groups of 32 or 16 with scales of their own, which are integers
// times the block's float16 scale; Q4_K and Q5_K also take an offset off each group. Two quants of
// 4 bits share a byte: low bits are the first half of the group or pair of groups, high bits the
// second. Products are rounded in the order of the reference, so this file is compiled without
// fused multiply-add.

constexpr std::size_t kSmallBlock = 32;
constexpr std::size_t kLargeBlock = 256;

int low_bits(std::byte packed) { return std::to_integer<int>(packed & std::byte{0x0F}); }
int high_bits(std::byte packed) { return std::to_integer<int>(packed >> 4); }
int bit(std::byte packed, int position) { return std::to_integer<int>(packed >> position) & 1; }

float half(const std::byte* bytes) {
  std::uint16_t bits = 0;
  std::memcpy(&bits, bytes, sizeof(bits));
  return static_cast<float>(c10::Half(bits, c10::Half::from_bits()));
}

/// Scale, 32 signed bytes.
void widen_q8_0(const std::byte* block, float* numbers) {
  const float scale = half(block);
  const std::byte* const quants = block + 2;
  for (std::size_t i = 0; i < kSmallBlock; ++i) {
    numbers[i] = scale * static_cast<float>(std::to_integer<std::int8_t>(quants[i]));
  }
}

/// Scale, 16 bytes of two quants, each 8 too large.
void widen_q4_0(const std::byte* block, float* numbers) {
  const float scale = half(block);
  const std::byte* const quants = block + 2;
  for (std::size_t i = 0; i < kSmallBlock / 2; ++i) {
    numbers[i] = scale * static_cast<float>(low_bits(quants[i]) - 8);
    numbers[i + kSmallBlock / 2] = scale * static_cast<float>(high_bits(quants[i]) - 8);
  }
}

/// Scale, the fifth bits of all quants, 16 bytes of two quants, each 16 too large.
void widen_q5_0(const std::byte* block, float* numbers) {
  const float scale = half(block);
  const std::byte* const fifth = block + 2;
  const std::byte* const quants = block + 6;
  const auto number = [&](std::size_t i, int low) {
    return scale * static_cast<float>((low | bit(fifth[i / 8], static_cast<int>(i % 8)) << 4) - 16);
  };
  for (std::size_t i = 0; i < kSmallBlock / 2; ++i) {
    numbers[i] = number(i, low_bits(quants[i]));
    numbers[i + kSmallBlock / 2] = number(i + kSmallBlock / 2, high_bits(quants[i]));
  }
}

struct GroupScale {
  float scale;
  float offset;
};

/// The scale and offset of group `g` of 8: 6 bits each in 12 bytes. Those of groups 0 to 3 are the
/// low 6 bits of bytes 0 to 3 and 4 to 7; those of groups 4 to 7 have their low 4 bits in bytes 8
/// to 11 and their high 2 bits on top of bytes 0 to 3 and 4 to 7.
GroupScale group_scale(const std::byte* packed, std::size_t g, float scale, float offset) {
  constexpr std::byte kSixBits{0x3F};
  int scale_bits = 0;
  int offset_bits = 0;
  if (g < 4) {
    scale_bits = std::to_integer<int>(packed[g] & kSixBits);
    offset_bits = std::to_integer<int>(packed[g + 4] & kSixBits);
  } else {
    scale_bits = low_bits(packed[g + 4]) | std::to_integer<int>(packed[g - 4] >> 6) << 4;
    offset_bits = high_bits(packed[g + 4]) | std::to_integer<int>(packed[g] >> 6) << 4;
  }
  return {scale * static_cast<float>(scale_bits), offset * static_cast<float>(offset_bits)};
}

/// Scale, offset, scales and offsets of the groups, 128 bytes of two quants.
void widen_q4_k(const std::byte* block, float* numbers) {
  const std::byte* const quants = block + 16;
  for (std::size_t g = 0; g < 8; ++g) {
    const auto group = group_scale(block + 4, g, half(block), half(block + 2));
    const std::byte* const pair = quants + g / 2 * 32;
    for (std::size_t i = 0; i < 32; ++i) {
      const int quant = g % 2 == 0 ? low_bits(pair[i]) : high_bits(pair[i]);
      numbers[g * 32 + i] = group.scale * static_cast<float>(quant) - group.offset;
    }
  }
}

/// As Q4_K, with 32 bytes before the quants that hold the fifth bits: bit g of byte i is that of
/// number i of group g.
void widen_q5_k(const std::byte* block, float* numbers) {
  const std::byte* const fifth = block + 16;
  const std::byte* const quants = block + 48;
  for (std::size_t g = 0; g < 8; ++g) {
    const auto group = group_scale(block + 4, g, half(block), half(block + 2));
    const std::byte* const pair = quants + g / 2 * 32;
    for (std::size_t i = 0; i < 32; ++i) {
      const int low = g % 2 == 0 ? low_bits(pair[i]) : high_bits(pair[i]);
      const int quant = low | bit(fifth[i], static_cast<int>(g)) << 4;
      numbers[g * 32 + i] = group.scale * static_cast<float>(quant) - group.offset;
    }
  }
}

/// 128 bytes of the low 4 bits, 64 bytes of the high 2 bits, 16 signed scales, scale; each quant is
/// 32 too large. Each half of the block has four runs of 32 numbers: the low bits of runs 0 and 1
/// are the low halves of 64 bytes, those of runs 2 and 3 the high halves; the high bits of run r
/// are bits 2r and 2r + 1 of 32 bytes.
void widen_q6_k(const std::byte* block, float* numbers) {
  const std::byte* const high = block + 128;
  const std::byte* const scales = block + 192;
  const float scale = half(block + 208);
  for (std::size_t run = 0; run < 8; ++run) {
    const std::size_t half_block = run / 4;
    const std::size_t r = run % 4;
    const std::byte* const low = block + half_block * 64 + r % 2 * 32;
    for (std::size_t i = 0; i < 32; ++i) {
      const int low_part = r < 2 ? low_bits(low[i]) : high_bits(low[i]);
      const int high_part =
          std::to_integer<int>(high[half_block * 32 + i] >> (2 * static_cast<int>(r))) & 3;
      const float group_scale =
          scale * static_cast<float>(std::to_integer<std::int8_t>(scales[run * 2 + i / 16]));
      numbers[run * 32 + i] = group_scale * static_cast<float>((low_part | high_part << 4) - 32);
    }
  }
}

constexpr std::array kFormats = {
    BlockFormat{"Q4_0", 2, kSmallBlock, 18, &widen_q4_0},
    BlockFormat{"Q5_0", 6, kSmallBlock, 22, &widen_q5_0},
    BlockFormat{"Q8_0", 8, kSmallBlock, 34, &widen_q8_0},
    BlockFormat{"Q4_K", 12, kLargeBlock, 144, &widen_q4_k},
    BlockFormat{"Q5_K", 13, kLargeBlock, 176, &widen_q5_k},
    BlockFormat{"Q6_K", 14, kLargeBlock, 210, &widen_q6_k},
};

}  // namespace

const BlockFormat* find_block_format(std::uint32_t ggml_type) {
  const auto* const found =
      std::find_if(kFormats.begin(), kFormats.end(),
                   [&](const BlockFormat& format) { return format.ggml_type == ggml_type; });
  return found == kFormats.end() ? nullptr : found;
}

at::Tensor widen_blocks(const BlockFormat& format, std::span<const std::byte> blocks,
                        at::IntArrayRef shape) {
  auto numbers = at::empty(shape, at::TensorOptions(at::kFloat));
  const auto elements = static_cast<std::size_t>(numbers.numel());
  require(
      elements % format.elements == 0 && blocks.size() == elements / format.elements * format.bytes,
      ErrorCode::invalid_argument,
      "{} numbers of shape {} lie in blocks of {} numbers and {} bytes, got {} bytes", format.name,
      shape_string(shape), format.elements, format.bytes, blocks.size());
  auto* to = numbers.mutable_data_ptr<float>();
  for (; !blocks.empty(); blocks = blocks.subspan(format.bytes), to += format.elements) {
    format.widen(blocks.data(), to);
  }
  return numbers;
}

}  // namespace ogam

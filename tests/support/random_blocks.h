#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <cstring>
#include <random>
#include <string_view>

#include "core/tensor/block_format.h"

namespace ogam::test {

/// A matrix [rows, columns] of random quants and of scales like those of a model.
inline TensorBlocks random_blocks(const BlockFormat& format, std::int64_t rows,
                                  std::int64_t columns, unsigned seed) {
  std::mt19937 random(seed);
  const auto blocks = columns / static_cast<std::int64_t>(format.elements);
  auto bytes = at::empty({rows, blocks * static_cast<std::int64_t>(format.bytes)}, at::kByte);
  auto* const data = bytes.mutable_data_ptr<std::uint8_t>();
  for (std::int64_t i = 0; i < bytes.numel(); ++i) {
    data[i] = static_cast<std::uint8_t>(random());
  }
  const auto scale_at = format.name == "Q6_K" ? format.bytes - 2 : 0;
  const bool has_offset = format.name == "Q4_K" || format.name == "Q5_K";
  for (std::int64_t b = 0; b < rows * blocks; ++b) {
    auto* const block = data + static_cast<std::size_t>(b) * format.bytes;
    const auto scale = static_cast<std::uint16_t>(0x1800 | (random() & 0x83FF));  // 0.002 to 0.004
    std::memcpy(block + scale_at, &scale, sizeof scale);
    if (has_offset) {
      const auto offset = static_cast<std::uint16_t>(0x1800 | (random() & 0x3FF));
      std::memcpy(block + 2, &offset, sizeof offset);
    }
  }
  return {.format = &format, .bytes = bytes};
}

}  // namespace ogam::test

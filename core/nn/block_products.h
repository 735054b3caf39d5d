#pragma once

// Products of packed rows and activations, written once for all instruction sets. A file that
// includes this one gives an `Ops`, of internal linkage, and compiles the templates with the
// instructions that it uses; nothing here may be anything but a template over it.

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/nn/block_kernels.h"

namespace ogam::block_products {

// Note: [Whole numbers]
// A product is a sum over groups of 32 columns: weight scale * activation scale * a dot product of
// whole numbers. Activations have 15 bits, not the 8 that llama.cpp rounds to: on AVX2 16-bit
// products cost about the same (no sign to move over, no saturation to avoid), and the error stays
// far below that of float32 sums in bfloat16 models, so that one token gets the same vector as the
// same token among many. |weight| <= 128 of Q8_0, or <= 32 * 128 of Q6_K, whose scales of 16 are
// multiplied in first: 32 * 4096 * 16383 is still below 2^31.
constexpr float kLargestQuant = 16383.0F;

/// Sixteen bytes, which every processor has registers for.
using Bytes [[gnu::vector_size(16)]] = std::uint8_t;
using Words [[gnu::vector_size(16)]] = std::uint16_t;
using ManyBytes [[gnu::vector_size(32)]] = std::uint8_t;

/// One number for each of the eight groups of a large block.
struct Groups {
  using Floats [[gnu::vector_size(32)]] = float;
  Floats numbers{};

  [[gnu::always_inline]] void load(const float* from) {
    std::memcpy(&numbers, from, sizeof numbers);
  }
};

template <typename Ops>
[[gnu::always_inline]] inline Bytes load(const std::byte* from) {
  Bytes bytes;
  std::memcpy(&bytes, from, sizeof bytes);
  return bytes;
}

template <typename Ops>
[[gnu::always_inline]] inline Bytes low_bits(Bytes bytes) {
  return bytes & 0x0F;
}

template <typename Ops>
[[gnu::always_inline]] inline Bytes high_bits(Bytes bytes) {
  return reinterpret_cast<Bytes>(reinterpret_cast<Words>(bytes) >> 4) & 0x0F;
}

template <typename Ops>
[[gnu::always_inline]] inline float half(const std::byte* from) {
  std::uint16_t bits = 0;
  std::memcpy(&bits, from, sizeof bits);
  return Ops::half(bits);
}

/// What one row of a matrix has given so far with `kRows` rows of activations.
template <typename Ops, int kRows>
struct Sums {
  const QuantizedRows& x;
  std::array<typename Ops::Floats, kRows> dots{};
  std::array<Groups, kRows> offsets{};

  /// Adds scale * weights * x for the group.
  [[gnu::always_inline]] void add(const typename Ops::Weights& weights, float scale,
                                  std::int64_t group) {
    for (int r = 0; r < kRows; ++r) {
      Ops::add(weights, x.quants + r * x.columns + group * kActivationGroup,
               scale * x.scales[r * (x.columns / kActivationGroup) + group], dots[r]);
    }
  }

  /// Scales of eight groups of weights times those of the activations, for each row.
  using Scales = std::array<std::array<float, 8>, kRows>;

  /// For the eight groups from `group` on: their scales, and offset * x is taken off.
  [[gnu::always_inline]] void begin(const Groups& weight_scales, const Groups& weight_offsets,
                                    std::int64_t group, Scales& scales) {
    for (int r = 0; r < kRows; ++r) {
      const auto first = r * (x.columns / kActivationGroup) + group;
      Groups of_x;
      of_x.load(x.scales + first);
      const Groups::Floats products = weight_scales.numbers * of_x.numbers;
      std::memcpy(scales[r].data(), &products, sizeof products);
      of_x.load(x.sums + first);
      offsets[r].numbers += weight_offsets.numbers * of_x.numbers;
    }
  }

  /// Adds weights * x for group `g` of the eight from `group` on.
  [[gnu::always_inline]] void add(const typename Ops::Weights& weights, const Scales& scales,
                                  std::int64_t group, std::size_t g) {
    for (int r = 0; r < kRows; ++r) {
      Ops::add(weights,
               x.quants + r * x.columns + (group + static_cast<std::int64_t>(g)) * kActivationGroup,
               scales[r][g], dots[r]);
    }
  }

  [[gnu::always_inline]] float total(int r) const {
    float offset = 0;
    for (std::size_t g = 0; g < 8; ++g) {
      offset += offsets[r].numbers[g];
    }
    return Ops::total(dots[r]) - offset;
  }
};

/// What takes the numbers of one row of a matrix in place of Sums.
template <typename Ops>
struct Writer {
  float* to;
  std::array<float, 8> offsets{};

  using Scales = std::array<float, 8>;

  [[gnu::always_inline]] void add(const typename Ops::Weights& weights, float scale,
                                  std::int64_t group) {
    Ops::write(weights, scale, 0, to + group * kActivationGroup);
  }

  [[gnu::always_inline]] void begin(const Groups& weight_scales, const Groups& weight_offsets,
                                    std::int64_t /*group*/, Scales& scales) {
    std::memcpy(scales.data(), &weight_scales.numbers, sizeof scales);
    std::memcpy(offsets.data(), &weight_offsets.numbers, sizeof offsets);
  }

  [[gnu::always_inline]] void add(const typename Ops::Weights& weights, const Scales& scales,
                                  std::int64_t group, std::size_t g) {
    Ops::write(weights, scales[g], offsets[g],
               to + (group + static_cast<std::int64_t>(g)) * kActivationGroup);
  }
};

// Each format: how many groups and bytes a block has, and what it adds. The blocks themselves are
// described in core/tensor/block_format.cpp.

template <typename Ops>
struct Q8_0 {
  static constexpr std::int64_t kGroups = 1;
  static constexpr std::size_t kBytes = 34;

  template <typename Sink>
  [[gnu::always_inline]] static void add(const std::byte* block, std::int64_t group, Sink& sink) {
    sink.add(Ops::weights(load<Ops>(block + 2), load<Ops>(block + 18)), half<Ops>(block), group);
  }
};

template <typename Ops>
struct Q4_0 {
  static constexpr std::int64_t kGroups = 1;
  static constexpr std::size_t kBytes = 18;

  template <typename Sink>
  [[gnu::always_inline]] static void add(const std::byte* block, std::int64_t group, Sink& sink) {
    const Bytes quants = load<Ops>(block + 2);
    sink.add(Ops::weights(low_bits<Ops>(quants) - 8, high_bits<Ops>(quants) - 8), half<Ops>(block),
             group);
  }
};

template <typename Ops>
struct Q5_0 {
  static constexpr std::int64_t kGroups = 1;
  static constexpr std::size_t kBytes = 22;

  template <typename Sink>
  [[gnu::always_inline]] static void add(const std::byte* block, std::int64_t group, Sink& sink) {
    std::uint32_t fifth = 0;
    std::memcpy(&fifth, block + 2, sizeof fifth);
    using Fours [[gnu::vector_size(32)]] = std::uint32_t;
    const Fours repeated = Fours{} + fifth;
    constexpr ManyBytes kBits = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128,
                                 1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    // Byte i of the block's 32 gets the byte of `fifth` that has its bit.
    const auto bytes = reinterpret_cast<ManyBytes>(repeated);
    const ManyBytes spread =
        __builtin_shufflevector(bytes, bytes, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 18,
                                18, 18, 18, 18, 18, 18, 18, 19, 19, 19, 19, 19, 19, 19, 19);
    // A quant without its fifth bit is 16 too large: as a signed byte, its high bits are set.
    const ManyBytes missing = reinterpret_cast<ManyBytes>((spread & kBits) == ManyBytes{}) & 0xF0;
    const Bytes low = __builtin_shufflevector(missing, missing, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
                                              11, 12, 13, 14, 15);
    const Bytes high = __builtin_shufflevector(missing, missing, 16, 17, 18, 19, 20, 21, 22, 23, 24,
                                               25, 26, 27, 28, 29, 30, 31);
    const Bytes quants = load<Ops>(block + 6);
    sink.add(Ops::weights(low_bits<Ops>(quants) | low, high_bits<Ops>(quants) | high),
             half<Ops>(block), group);
  }
};

/// Scales and offsets of the eight groups of a block of Q4_K or Q5_K.
template <typename Ops>
struct GroupScales {
  Groups scales;
  Groups offsets;

  [[gnu::always_inline]] explicit GroupScales(const std::byte* block) {
    std::array<std::uint32_t, 3> packed{};
    std::memcpy(packed.data(), block + 4, sizeof packed);
    constexpr std::uint32_t kSix = 0x3F3F3F3F;
    constexpr std::uint32_t kFour = 0x0F0F0F0F;
    constexpr std::uint32_t kTop = 0x30303030;
    const std::array<std::uint32_t, 4> whole = {
        packed[0] & kSix, (packed[2] & kFour) | (packed[0] >> 2 & kTop), packed[1] & kSix,
        (packed[2] >> 4 & kFour) | (packed[1] >> 2 & kTop)};
    Ops::eight_numbers(whole.data(), scales);
    Ops::eight_numbers(whole.data() + 2, offsets);
    scales.numbers *= half<Ops>(block);
    offsets.numbers *= half<Ops>(block + 2);
  }
};

template <typename Ops>
struct Q4_K {
  static constexpr std::int64_t kGroups = 8;
  static constexpr std::size_t kBytes = 144;

  template <typename Sink>
  [[gnu::always_inline]] static void add(const std::byte* block, std::int64_t group, Sink& sink) {
    const GroupScales<Ops> groups(block);
    typename Sink::Scales scales;
    sink.begin(groups.scales, groups.offsets, group, scales);
    for (std::size_t g = 0; g < 8; g += 2) {
      const Bytes first = load<Ops>(block + 16 + g * 16);
      const Bytes second = load<Ops>(block + 32 + g * 16);
      sink.add(Ops::weights(low_bits<Ops>(first), low_bits<Ops>(second)), scales, group, g);
      sink.add(Ops::weights(high_bits<Ops>(first), high_bits<Ops>(second)), scales, group, g + 1);
    }
  }
};

template <typename Ops>
struct Q5_K {
  static constexpr std::int64_t kGroups = 8;
  static constexpr std::size_t kBytes = 176;

  /// Bit `g` of every byte, as 16 or 0.
  [[gnu::always_inline]] static Bytes fifth(Bytes bits, std::size_t g) {
    const auto words = reinterpret_cast<Words>(bits);
    return reinterpret_cast<Bytes>(g < 4 ? words << (4 - g) : words >> (g - 4)) & 0x10;
  }

  template <typename Sink>
  [[gnu::always_inline]] static void add(const std::byte* block, std::int64_t group, Sink& sink) {
    const GroupScales<Ops> groups(block);
    typename Sink::Scales scales;
    sink.begin(groups.scales, groups.offsets, group, scales);
    const Bytes first_bits = load<Ops>(block + 16);
    const Bytes second_bits = load<Ops>(block + 32);
    for (std::size_t g = 0; g < 8; g += 2) {
      const Bytes first = load<Ops>(block + 48 + g * 16);
      const Bytes second = load<Ops>(block + 64 + g * 16);
      sink.add(Ops::weights(low_bits<Ops>(first) | fifth(first_bits, g),
                            low_bits<Ops>(second) | fifth(second_bits, g)),
               scales, group, g);
      sink.add(Ops::weights(high_bits<Ops>(first) | fifth(first_bits, g + 1),
                            high_bits<Ops>(second) | fifth(second_bits, g + 1)),
               scales, group, g + 1);
    }
  }
};

template <typename Ops>
struct Q6_K {
  static constexpr std::int64_t kGroups = 8;
  static constexpr std::size_t kBytes = 210;

  /// The high two bits of run `r`, as bits 4 and 5.
  [[gnu::always_inline]] static Bytes high(Bytes bits, int r) {
    const auto words = reinterpret_cast<Words>(bits);
    return reinterpret_cast<Bytes>(r < 2 ? words << (4 - 2 * r) : words >> (2 * r - 4)) & 0x30;
  }

  template <typename Sink>
  [[gnu::always_inline]] static void add(const std::byte* block, std::int64_t group, Sink& sink) {
    const float scale = half<Ops>(block + 208);
    std::array<std::int8_t, 16> scales{};
    std::memcpy(scales.data(), block + 192, sizeof scales);
    for (int part = 0; part < 2; ++part) {
      const std::byte* const low = block + part * 64;
      const Bytes first_bits = load<Ops>(block + 128 + part * 32);
      const Bytes second_bits = load<Ops>(block + 144 + part * 32);
      for (int r = 0; r < 4; ++r) {
        const Bytes first = load<Ops>(low + r % 2 * 32);
        const Bytes second = load<Ops>(low + r % 2 * 32 + 16);
        const auto weights = Ops::weights(
            ((r < 2 ? low_bits<Ops>(first) : high_bits<Ops>(first)) | high(first_bits, r)) - 32,
            ((r < 2 ? low_bits<Ops>(second) : high_bits<Ops>(second)) | high(second_bits, r)) - 32);
        const auto run = static_cast<std::size_t>(part * 4 + r);
        sink.add(Ops::times(weights, scales[run * 2], scales[run * 2 + 1]), scale,
                 group + part * 4 + r);
      }
    }
  }
};

/// One row of the matrix with the first `kRows` rows of activations.
template <typename Ops, template <typename> typename Format, int kRows>
[[gnu::always_inline]] inline void multiply_row(const std::byte* packed, const QuantizedRows& x,
                                                float* to, std::int64_t stride) {
  Sums<Ops, kRows> sums{x};
  const auto groups = x.columns / kActivationGroup;
  for (std::int64_t g = 0; g < groups; g += Format<Ops>::kGroups, packed += Format<Ops>::kBytes) {
    Format<Ops>::add(packed, g, sums);
  }
  for (int r = 0; r < kRows; ++r) {
    to[r * stride] = sums.total(r);
  }
}

template <typename Ops, template <typename> typename Format, int kRows>
inline void multiply_rows(const PackedRows& matrix, const QuantizedRows& x,
                          const Products& products) {
  for (std::int64_t m = 0; m < matrix.count; ++m) {
    multiply_row<Ops, Format, kRows>(matrix.bytes + static_cast<std::size_t>(m) * matrix.row_bytes,
                                     x, products.to + m, products.stride);
  }
}

/// BlockKernels::Multiply: four rows of activations at a time, which share the unpacking.
template <typename Ops, template <typename> typename Format>
void multiply(const PackedRows& matrix, const QuantizedRows& x, const Products& products) {
  constexpr std::int64_t kMost = 4;
  for (std::int64_t r = 0; r < x.rows;) {
    const auto left = x.rows - r;
    QuantizedRows some = x;
    some.rows = left >= kMost ? kMost : left >= 2 ? 2 : 1;
    some.quants += r * x.columns;
    some.scales += r * (x.columns / kActivationGroup);
    some.sums += r * (x.columns / kActivationGroup);
    const Products to{products.to + r * products.stride, products.stride};
    const auto kernel = some.rows == kMost ? &multiply_rows<Ops, Format, kMost>
                        : some.rows == 2   ? &multiply_rows<Ops, Format, 2>
                                           : &multiply_rows<Ops, Format, 1>;
    kernel(matrix, some, to);
    r += some.rows;
  }
}

/// BlockKernels::Widen.
template <typename Ops, template <typename> typename Format>
void widen(const std::byte* packed, std::int64_t columns, float* to) {
  Writer<Ops> writer{to};
  const auto groups = columns / kActivationGroup;
  for (std::int64_t g = 0; g < groups; g += Format<Ops>::kGroups, packed += Format<Ops>::kBytes) {
    Format<Ops>::add(packed, g, writer);
  }
}

/// BlockKernels::quantize.
template <typename Ops>
void quantize(const float* row, std::int64_t columns, std::int16_t* quants, float* scales,
              float* sums) {
  for (std::int64_t g = 0; g < columns / kActivationGroup; ++g) {
    const float* const x = row + g * kActivationGroup;
    float largest = 0;
    float strange = 0;  // stays 0 when every number is finite
    for (std::int64_t i = 0; i < kActivationGroup; ++i) {
      const float size = x[i] < 0 ? -x[i] : x[i];
      largest = size > largest ? size : largest;
      strange += x[i] * 0.0F;
    }
    constexpr float kSmallest = 1e-30F;  // of which the inverse is finite
    const float inverse = largest > kSmallest && strange == 0 ? kLargestQuant / largest : 0;
    std::int32_t sum = 0;
    for (std::int64_t i = 0; i < kActivationGroup; ++i) {
      // Adding and taking away 1.5 * 2^23 rounds to the nearest whole number.
      constexpr float kRounder = 12582912.0F;
      const float scaled = inverse > 0 ? x[i] * inverse : 0;
      const auto quant = static_cast<std::int32_t>(scaled + kRounder - kRounder);
      quants[g * kActivationGroup + i] = static_cast<std::int16_t>(quant);
      sum += quant;
    }
    scales[g] = inverse > 0 ? largest / kLargestQuant : strange;
    sums[g] = scales[g] * static_cast<float>(sum);
    if (strange != 0) {
      sums[g] = strange;
    }
  }
}

template <typename Ops, template <typename> typename Format>
constexpr BlockKernels::Row row_of(std::string_view name) {
  return {name, &multiply<Ops, Format>, &widen<Ops, Format>};
}

template <typename Ops>
constexpr std::array kRowsOf = {row_of<Ops, Q4_0>("Q4_0"), row_of<Ops, Q5_0>("Q5_0"),
                                row_of<Ops, Q8_0>("Q8_0"), row_of<Ops, Q4_K>("Q4_K"),
                                row_of<Ops, Q5_K>("Q5_K"), row_of<Ops, Q6_K>("Q6_K")};

}  // namespace ogam::block_products

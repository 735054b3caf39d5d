#include "core/nn/block_products.h"

namespace ogam {

namespace {

/// Plain C++, which the compiler may turn into what every processor of the architecture has.
struct Plain {
  using Floats = float;
  using Weights = std::array<std::int16_t, 32>;

  static float half(std::uint16_t bits) {
    return static_cast<float>(c10::Half(bits, c10::Half::from_bits()));
  }
  static void eight_numbers(const std::uint32_t* bytes, block_products::Groups& to) {
    std::array<std::uint8_t, 8> numbers{};
    std::memcpy(numbers.data(), bytes, sizeof numbers);
    for (std::size_t g = 0; g < numbers.size(); ++g) {
      to.numbers[g] = static_cast<float>(numbers[g]);
    }
  }
  static Weights weights(block_products::Bytes first, block_products::Bytes second) {
    Weights wide{};
    for (std::size_t i = 0; i < 16; ++i) {
      wide[i] = static_cast<std::int8_t>(first[i]);
      wide[i + 16] = static_cast<std::int8_t>(second[i]);
    }
    return wide;
  }
  static Weights times(const Weights& weights, int first, int second) {
    Weights scaled{};
    for (std::size_t i = 0; i < 16; ++i) {
      scaled[i] = static_cast<std::int16_t>(weights[i] * first);
      scaled[i + 16] = static_cast<std::int16_t>(weights[i + 16] * second);
    }
    return scaled;
  }
  static void add(const Weights& weights, const std::int16_t* x, float scale, Floats& sum) {
    std::int32_t dot = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      dot += weights[i] * x[i];
    }
    sum += scale * static_cast<float>(dot);
  }
  static float total(Floats sum) { return sum; }
  static void write(const Weights& weights, float scale, float offset, float* to) {
    for (std::size_t i = 0; i < weights.size(); ++i) {
      to[i] = scale * static_cast<float>(weights[i]) - offset;
    }
  }
};

}  // namespace

BlockKernels portable_block_kernels() {
  return {"portable", &block_products::quantize<Plain>, block_products::kRowsOf<Plain>};
}

}  // namespace ogam

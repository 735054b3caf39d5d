#include "core/nn/block_kernels.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include <array>
#include <cmath>
#include <cstring>

// Everything from here on may use these instructions: it is called where the processor has them.
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c")
#endif

#include "core/nn/block_products.h"

namespace ogam {

namespace {

struct Avx2 {
  struct Floats {
    __m256 lanes{};
  };
  struct Weights {
    __m256i first;
    __m256i second;
  };

  [[gnu::always_inline]] static float half(std::uint16_t bits) { return _cvtsh_ss(bits); }

  [[gnu::always_inline]] static void eight_numbers(const std::uint32_t* bytes,
                                                   block_products::Groups& to) {
    to.numbers = _mm256_cvtepi32_ps(
        _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(bytes))));
  }

  [[gnu::always_inline]] static Weights weights(block_products::Bytes first,
                                                block_products::Bytes second) {
    return {_mm256_cvtepi8_epi16(reinterpret_cast<__m128i>(first)),
            _mm256_cvtepi8_epi16(reinterpret_cast<__m128i>(second))};
  }

  [[gnu::always_inline]] static Weights times(const Weights& weights, int first, int second) {
    return {_mm256_mullo_epi16(weights.first, _mm256_set1_epi16(static_cast<short>(first))),
            _mm256_mullo_epi16(weights.second, _mm256_set1_epi16(static_cast<short>(second)))};
  }

  [[gnu::always_inline]] static void add(const Weights& weights, const std::int16_t* x, float scale,
                                         Floats& sum) {
    const auto* const halves = reinterpret_cast<const __m256i*>(x);
    const __m256i dots =
        _mm256_add_epi32(_mm256_madd_epi16(weights.first, _mm256_loadu_si256(halves)),
                         _mm256_madd_epi16(weights.second, _mm256_loadu_si256(halves + 1)));
    sum.lanes = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dots), _mm256_set1_ps(scale), sum.lanes);
  }

  [[gnu::always_inline]] static void write_eight(__m128i weights, float scale, float offset,
                                                 float* to) {
    const __m256 numbers = _mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(weights));
    _mm256_storeu_ps(to, _mm256_fmsub_ps(numbers, _mm256_set1_ps(scale), _mm256_set1_ps(offset)));
  }

  [[gnu::always_inline]] static void write(const Weights& weights, float scale, float offset,
                                           float* to) {
    write_eight(_mm256_castsi256_si128(weights.first), scale, offset, to);
    write_eight(_mm256_extracti128_si256(weights.first, 1), scale, offset, to + 8);
    write_eight(_mm256_castsi256_si128(weights.second), scale, offset, to + 16);
    write_eight(_mm256_extracti128_si256(weights.second, 1), scale, offset, to + 24);
  }

  [[gnu::always_inline]] static float total(const Floats& sum) {
    const __m128 four =
        _mm_add_ps(_mm256_castps256_ps128(sum.lanes), _mm256_extractf128_ps(sum.lanes, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
  }
};

}  // namespace

BlockKernels avx2_block_kernels() {
  return {"AVX2", &block_products::quantize<Avx2>, block_products::kRowsOf<Avx2>};
}

}  // namespace ogam

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#else

namespace ogam {

BlockKernels avx2_block_kernels() { return {}; }

}  // namespace ogam

#endif

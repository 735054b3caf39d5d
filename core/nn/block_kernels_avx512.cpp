#include "core/nn/block_kernels.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include <array>
#include <cmath>
#include <cstring>

// Everything from here on may use these instructions: it is called where the processor has them.
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx2,fma,f16c"))), \
                             apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512vl,avx2,fma,f16c")
#endif

#include "core/nn/block_products.h"

namespace ogam {

namespace {

struct Avx512 {
  struct Floats {
    __m512 lanes{};
  };
  using Weights = __m512i;

  [[gnu::always_inline]] static float half(std::uint16_t bits) { return _cvtsh_ss(bits); }

  [[gnu::always_inline]] static void eight_numbers(const std::uint32_t* bytes,
                                                   block_products::Groups& to) {
    to.numbers = _mm256_cvtepi32_ps(
        _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(bytes))));
  }

  [[gnu::always_inline]] static Weights weights(block_products::Bytes first,
                                                block_products::Bytes second) {
    return _mm512_cvtepi8_epi16(
        _mm256_set_m128i(reinterpret_cast<__m128i>(second), reinterpret_cast<__m128i>(first)));
  }

  [[gnu::always_inline]] static Weights times(const Weights& weights, int first, int second) {
    const __m512i scales =
        _mm512_inserti64x4(_mm512_castsi256_si512(_mm256_set1_epi16(static_cast<short>(first))),
                           _mm256_set1_epi16(static_cast<short>(second)), 1);
    return _mm512_mullo_epi16(weights, scales);
  }

  [[gnu::always_inline]] static void add(const Weights& weights, const std::int16_t* x, float scale,
                                         Floats& sum) {
    const __m512i dots = _mm512_madd_epi16(weights, _mm512_loadu_si512(x));
    sum.lanes = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dots), _mm512_set1_ps(scale), sum.lanes);
  }

  [[gnu::always_inline]] static void write_half(__m256i weights, float scale, float offset,
                                                float* to) {
    const __m512 numbers = _mm512_cvtepi32_ps(_mm512_cvtepi16_epi32(weights));
    _mm512_storeu_ps(to, _mm512_fmsub_ps(numbers, _mm512_set1_ps(scale), _mm512_set1_ps(offset)));
  }

  [[gnu::always_inline]] static void write(const Weights& weights, float scale, float offset,
                                           float* to) {
    write_half(_mm512_castsi512_si256(weights), scale, offset, to);
    write_half(_mm512_extracti64x4_epi64(weights, 1), scale, offset, to + 16);
  }

  [[gnu::always_inline]] static float total(const Floats& sum) {
    return _mm512_reduce_add_ps(sum.lanes);
  }
};

}  // namespace

BlockKernels avx512_block_kernels() {
  return {"AVX-512", &block_products::quantize<Avx512>, block_products::kRowsOf<Avx512>};
}

}  // namespace ogam

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#else

namespace ogam {

BlockKernels avx512_block_kernels() { return {}; }

}  // namespace ogam

#endif

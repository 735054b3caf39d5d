#pragma once

#include <ATen/core/ScalarType.h>

#include <cstdint>

namespace ogam {

/// How fast the calling thread multiplies matrices, in multiply-adds a second.
struct MatmulSpeed {
  double many_tokens = 0;  ///< of a layer by some hundred tokens
  double one_token = 0;    ///< of layers by one token, which waits for memory
};

/// Measures for about a tenth of a second; what else the machine does counts.
/// @param precision float32 or bfloat16.
MatmulSpeed measure_matmul_speed(at::ScalarType precision);

/// Bytes of memory that this process can have at most: the machine's, or less where a control
/// group limits it.
std::uint64_t machine_memory();

}  // namespace ogam

#include "core/nn/block_kernels.h"

#include <algorithm>

#include "core/base/error.h"

namespace ogam {

const BlockKernels::Row& BlockKernels::row(const BlockFormat& format) const {
  const auto found =
      std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.format == format.name; });
  require(found != rows.end(), ErrorCode::internal, "there is no {} kernel for {}", name,
          format.name);
  return *found;
}

const std::vector<BlockKernels>& block_kernels() {
  static const std::vector<BlockKernels> kernels = [] {
    std::vector<BlockKernels> found;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("f16c")) {
      found.push_back(avx512_block_kernels());
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
        __builtin_cpu_supports("f16c")) {
      found.push_back(avx2_block_kernels());
    }
#endif
    found.push_back(portable_block_kernels());
    return found;
  }();
  return kernels;
}

}  // namespace ogam

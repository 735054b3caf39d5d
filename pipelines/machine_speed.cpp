#include "pipelines/machine_speed.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <vector>

namespace ogam {

namespace {

using Clock = std::chrono::steady_clock;

// A layer of a model of middle size, and as many of them as no cache holds.
constexpr std::int64_t kIn = 768;
constexpr std::int64_t kOut = 3072;
constexpr std::int64_t kTokens = 197;
constexpr int kLayers = 8;
constexpr double kSeconds = 0.05;

/// The best speed of some rounds over all layers, at least two of them.
double best_speed(const std::vector<at::Tensor>& layers, const at::Tensor& input, double seconds) {
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  double best = 0;
  for (int round = 0; round < 2 || Clock::now() < end; ++round) {
    const auto start = Clock::now();
    for (const auto& layer : layers) {
      at::linear(input, layer);
    }
    const std::chrono::duration<double> taken = Clock::now() - start;
    const auto multiply_adds =
        static_cast<double>(layers.size()) * static_cast<double>(input.size(0) * kIn * kOut);
    best = std::max(best, multiply_adds / taken.count());
  }
  return best;
}

}  // namespace

MatmulSpeed measure_matmul_speed(at::ScalarType precision) {
  const c10::InferenceMode inference;
  const at::TensorOptions options(precision);
  std::vector<at::Tensor> layers;
  for (int i = 0; i < kLayers; ++i) {
    layers.push_back(at::full({kOut, kIn}, 0.01, options));
  }
  const std::vector<at::Tensor> one(layers.begin(), layers.begin() + 1);
  return {.many_tokens = best_speed(one, at::full({kTokens, kIn}, 0.1, options), kSeconds),
          .one_token = best_speed(layers, at::full({1, kIn}, 0.1, options), kSeconds)};
}

std::uint64_t machine_memory() {
  const auto pages = ::sysconf(_SC_PHYS_PAGES);
  const auto page = ::sysconf(_SC_PAGESIZE);
  auto bytes = static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page);
  // "max" where there is no limit, which is no number.
  std::uint64_t limit = 0;
  if (std::ifstream file("/sys/fs/cgroup/memory.max"); file >> limit) {
    bytes = std::min(bytes, limit);
  }
  return bytes;
}

}  // namespace ogam

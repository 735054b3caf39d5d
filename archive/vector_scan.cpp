#include "archive/vector_scan.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <future>
#include <thread>

#include "core/base/error.h"

namespace ogam {

namespace {

constexpr std::size_t kLanes = 16;
using Floats [[gnu::vector_size(kLanes * sizeof(float))]] = float;

[[gnu::always_inline]] inline void load(const float* from, Floats& to) {
  std::memcpy(&to, from, sizeof to);
}

/// Two accumulators hide the latency of the additions; the rest is for the compiler.
[[gnu::always_inline]] inline void dot_products_generic(const float* values, const float* query,
                                                        std::size_t dimension, float* scores,
                                                        std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const float* const row = values + i * dimension;
    Floats first{};
    Floats second{};
    Floats a;
    Floats b;
    std::size_t k = 0;
    for (; k + 2 * kLanes <= dimension; k += 2 * kLanes) {
      load(row + k, a);
      load(query + k, b);
      first += a * b;
      load(row + k + kLanes, a);
      load(query + k + kLanes, b);
      second += a * b;
    }
    first += second;
    float sum = 0;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      sum += first[lane];
    }
    for (; k < dimension; ++k) {
      sum += row[k] * query[k];
    }
    scores[i] = sum;
  }
}

using DotProducts = void (*)(const float*, const float*, std::size_t, float*, std::size_t);

void dot_products_plain(const float* values, const float* query, std::size_t dimension,
                        float* scores, std::size_t count) {
  dot_products_generic(values, query, dimension, scores, count);
}

#if defined(__x86_64__)
[[gnu::target("avx2,fma")]] void dot_products_avx2(const float* values, const float* query,
                                                   std::size_t dimension, float* scores,
                                                   std::size_t count) {
  dot_products_generic(values, query, dimension, scores, count);
}

[[gnu::target("avx512f")]] void dot_products_avx512(const float* values, const float* query,
                                                    std::size_t dimension, float* scores,
                                                    std::size_t count) {
  dot_products_generic(values, query, dimension, scores, count);
}
#endif

DotProducts choose_dot_products() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) {
    return &dot_products_avx512;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    return &dot_products_avx2;
  }
#endif
  return &dot_products_plain;
}

/// Scans blocks [from, to). An asset has one block in a space, so two scans never meet in a
/// segment.
void scan_blocks(const Snapshot& snapshot, const SpaceContent& content,
                 std::span<const float> query, const std::vector<bool>& allowed,
                 std::pair<std::size_t, std::size_t> range, std::vector<SegmentHit>& hits) {
  std::vector<float> scores;
  for (std::size_t b = range.first; b < range.second; ++b) {
    const SpaceContent::Block& block = content.blocks[b];
    if (!allowed[block.asset]) {
      continue;
    }
    const Snapshot::Asset& asset = snapshot.assets[block.asset];
    scores.resize(block.vectors.rows.size());
    dot_products(block.vectors.values, query, scores);
    for (std::size_t i = 0; i < scores.size(); ++i) {
      const VectorRow& row = block.vectors.rows[i];
      require(std::isfinite(scores[i]) && row.segment < asset.segments, ErrorCode::corrupt_data,
              "the vector file {} is damaged at the vectors of {}; run `ogam archive verify`",
              block.file, asset.id);
      SegmentHit& hit = hits[asset.first_segment + row.segment];
      if (!hit.found() || scores[i] > hit.score) {
        hit = {scores[i], static_cast<std::uint32_t>(b), static_cast<std::uint32_t>(i)};
      }
    }
  }
}

}  // namespace

void dot_products(std::span<const float> values, std::span<const float> query,
                  std::span<float> scores) {
  static const DotProducts chosen = choose_dot_products();
  require(values.size() == query.size() * scores.size(), ErrorCode::internal,
          "{} values are not {} rows of {}", values.size(), scores.size(), query.size());
  chosen(values.data(), query.data(), query.size(), scores.data(), scores.size());
}

bool are_usable(std::span<const float> values) {
  constexpr float kLargest = 1e6F;
  return std::all_of(values.begin(), values.end(), [](float value) {
    return std::isfinite(value) && std::abs(value) < kLargest;
  });
}

std::vector<SegmentHit> scan_space(const Snapshot& snapshot, const SpaceContent& content,
                                   std::span<const float> query, const std::vector<bool>& allowed) {
  require(query.size() == static_cast<std::size_t>(content.space.dimension),
          ErrorCode::invalid_argument, "a query of the space {} has {} values, got {}",
          content.space.name, content.space.dimension, query.size());
  std::vector<SegmentHit> hits(snapshot.segments);
  constexpr std::size_t kValuesWorthAThread = std::size_t{8} << 20;
  const std::size_t work = content.rows * query.size() / kValuesWorthAThread;
  const std::size_t threads = std::clamp<std::size_t>(
      work, 1, std::max(1U, std::min(8U, std::thread::hardware_concurrency())));
  std::vector<std::future<void>> parts;
  for (std::size_t t = 0; t < threads; ++t) {
    const std::pair range{content.blocks.size() * t / threads,
                          content.blocks.size() * (t + 1) / threads};
    const auto scan = [&, range] { scan_blocks(snapshot, content, query, allowed, range, hits); };
    parts.push_back(std::async(threads > 1 ? std::launch::async : std::launch::deferred, scan));
  }
  for (std::future<void>& part : parts) {
    part.get();  // every future waits in its destructor, so an early error leaves no thread behind
  }
  return hits;
}

}  // namespace ogam

#include "decoders/text/repetition.h"

#include <zlib.h>

#include <algorithm>

#include "core/base/error.h"

namespace ogam {
namespace {

constexpr std::size_t kLongestPeriod = 20;

/// Items from `start` on that equal the item `period` before them, and those before them.
template <typename T>
std::size_t loop_length(std::span<const T> items, std::size_t start, std::size_t period) {
  auto end = start + period;
  while (end < items.size() && items[end] == items[end - period]) {
    ++end;
  }
  return end - start;
}

template <typename T>
Loop first_loop(std::span<const T> items) {
  for (std::size_t start = 0; start < items.size(); ++start) {
    for (std::size_t period = 1; period <= kLongestPeriod && start + period < items.size();
         ++period) {
      const auto length = loop_length(items, start, period);
      if (length >= 4 * period && length >= 8) {
        return {start, period, length};
      }
    }
  }
  return {};
}

}  // namespace

double compression_ratio(std::string_view text) {
  if (text.empty()) {
    return 0;
  }
  uLongf size = compressBound(static_cast<uLong>(text.size()));
  std::vector<Bytef> compressed(size);
  const int status = compress(compressed.data(), &size, reinterpret_cast<const Bytef*>(text.data()),
                              static_cast<uLong>(text.size()));
  require(status == Z_OK, ErrorCode::internal, "zlib failed with status {}", status);
  return static_cast<double>(text.size()) / static_cast<double>(size);
}

Loop find_loop(std::span<const std::int32_t> items) { return first_loop(items); }
Loop find_loop(std::span<const std::string> items) { return first_loop(items); }

bool is_stuck(std::span<const std::int32_t> items) {
  for (std::size_t period = 1; period <= kLongestPeriod; ++period) {
    const auto needed = std::max<std::size_t>(8 * period, 24);
    if (items.size() >= needed && loop_length(items.last(needed), 0, period) == needed) {
      return true;
    }
  }
  return false;
}

}  // namespace ogam

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ogam {

/// How many times smaller zlib makes `text`: text that repeats itself is above 2.4. 0 for no text.
double compression_ratio(std::string_view text);

/// Where a sequence falls into a loop: the same 1 to 20 items again and again.
struct Loop {
  std::size_t start = 0;   ///< index of the first item of the first round
  std::size_t period = 0;  ///< items in one round
  std::size_t length = 0;  ///< items from `start` to the end of the last, perhaps partial, round
};

/// The first loop of at least four rounds and eight items; period 0 when there is none.
Loop find_loop(std::span<const std::int32_t> items);
Loop find_loop(std::span<const std::string> items);

/// Whether the sequence ends within a loop of at least eight rounds and 24 items: it will not get
/// out of it.
bool is_stuck(std::span<const std::int32_t> items);

}  // namespace ogam

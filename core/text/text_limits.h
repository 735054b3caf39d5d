#pragma once

#include <cstddef>

#include "core/base/error.h"

namespace ogam {

/// Of any one file of a tokenizer.
constexpr std::size_t kMaxTokenizerBytes = std::size_t{64} << 20;

/// A tokenizer's file may say that every character becomes many, again and again: a text that is
/// rewritten may grow so far and no further.
/// @throws Error{resource_exhausted}.
inline void require_text_fits(std::size_t bytes) {
  constexpr std::size_t kMaxTextBytes = std::size_t{64} << 20;
  require(bytes <= kMaxTextBytes, ErrorCode::resource_exhausted,
          "the tokenizer makes more than {} bytes of a text", kMaxTextBytes);
}

}  // namespace ogam

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipelines/understanding/context.h"

namespace ogam {

/// A sentence that is quoted, and where it stands.
struct Quote {
  std::size_t asset = 0;  ///< index into the assets
  const TimedSentence* sentence = nullptr;
  double score = 0;  ///< how central it is, 0 to 1
};

/// "0:12:34-0:12:40": whole seconds within the span's own, for citations.
std::string cite(const TimeSpan& span);

/// The `most` sentences of a context that say most of it, in their order: central ones that tell
/// different things, those that open a part a little before others. Nothing is written anew, so
/// nothing is said that is not in the sources.
std::vector<Quote> summarize_by_quoting(const Context& context, std::size_t most);

}  // namespace ogam

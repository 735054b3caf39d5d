#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipelines/understanding/answer.h"
#include "pipelines/understanding/context.h"

namespace ogam {

/// How much a language model is given to read.
struct SourceBudget {
  std::int64_t tokens = 0;
  std::function<std::int64_t(std::string_view)> count;  ///< the tokens of a text
};

/// What a text is written from: places in assets. Number n of the written text is list[n - 1].
struct Sources {
  std::vector<Citation> list;  ///< by asset, those of each in order of time
  std::int64_t tokens = 0;     ///< of all their lines
  std::size_t left_out = 0;    ///< places that the budget had no room for
};

/// "[3] 0:09 The library opens at nine.": how a language model is shown a source.
std::string source_line(std::size_t number, const Citation& source);

/// All sources as a language model is shown them; where they are of several assets, each under its
/// file's name.
std::string source_lines(const Sources& sources);

/// The texts that written sentences are checked against: what a source says, its time and its
/// file's name.
std::vector<std::string> source_texts(const Sources& sources);

/// Places that may answer a question, and what is said or written right before and behind them, the
/// likeliest first, as many as fit. The latter have the score 0: no search found them.
/// @param found of answer_by_quoting, best first.
Sources gather_sources(const Archive& archive, const Pack& pack, std::span<const Citation> found,
                       const SourceBudget& budget, const CancellationToken& cancellation = {});

/// The most central sentences of assets, as many as fit.
/// @param language of the sentences to take; empty: any.
Sources draw_sources(std::span<const AssetMaterial> assets, const SourceBudget& budget,
                     std::string_view language = "");

}  // namespace ogam

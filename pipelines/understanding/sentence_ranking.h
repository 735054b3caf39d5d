#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "pipelines/understanding/sentences.h"

namespace ogam {

/// How central each sentence is among the others: 1 for the most central one.
///
/// The stationary distribution of a walk over the sentences that goes where they are alike, by
/// their vectors; short sentences count less. Without vectors all are equal but for their length.
/// Source: Erkan and Radev 2004 (LexRank), with cosines of sentence vectors above their mean as
/// weights. Time grows with the square of the number of sentences.
std::vector<double> centrality(std::span<const TimedSentence* const> sentences);

/// Positions of up to `most` sentences, each the best by its score less its likeness to those
/// chosen before, ascending. Source: Carbonell and Goldstein 1998 (maximal marginal relevance).
std::vector<std::size_t> choose_diverse(std::span<const TimedSentence* const> sentences,
                                        std::span<const double> scores, std::size_t most);

}  // namespace ogam

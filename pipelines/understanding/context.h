#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/base/time.h"
#include "pipelines/understanding/material.h"

namespace ogam {

/// How much of the material a method looks at once.
struct ContextBudget {
  std::size_t characters = 24'000;
};

/// A part of an asset, about a chapter long, and the sentences of it that fit the budget.
struct ContextPart {
  std::size_t asset = 0;  ///< index into the assets
  TimeSpan span;          ///< from the first of its sentences to the end of the last
  std::vector<const TimedSentence*> sentences;
  std::size_t left_out = 0;
};

/// Material that fits a budget, whatever the length of the assets.
struct Context {
  std::vector<ContextPart> parts;
  std::size_t characters = 0;        ///< of the sentences that are in it
  std::size_t characters_total = 0;  ///< of all sentences
};

/// Draws the sentences of assets together, first within parts, then over the whole.
///
/// A timed asset's parts are its chapters, others' are runs of sentences. When all of it exceeds
/// the budget, every part keeps its share by its length, and of its sentences the most central ones
/// that tell different things; their order stays. No part is more than 200 sentences.
/// @param assets must outlive the context.
/// @param language of the sentences to take, where it is known; empty: any.
Context draw_context(std::span<const AssetMaterial> assets, const ContextBudget& budget,
                     std::string_view language = "");

}  // namespace ogam

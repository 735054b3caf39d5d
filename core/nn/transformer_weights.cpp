#include "core/nn/transformer_weights.h"

#include <array>

namespace ogam {

namespace {

/// Heads for other tasks than embedding, by the names that transformers gives them.
constexpr std::array kHeads = {"classifier", "cls",    "decoder",   "head",
                               "lm_head",    "pooler", "qa_outputs"};

}  // namespace

WeightScope transformer_weights(Checkpoint& checkpoint, const std::string& prefix) {
  const auto top = checkpoint.weights();
  const auto weights = top.scope(prefix).empty() ? top : top.scope(prefix);
  for (const auto* const head : kHeads) {
    top.ignore(head);
    weights.ignore(head);
  }
  return weights;
}

}  // namespace ogam

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

WeightScope weights_under_first(Checkpoint& checkpoint,
                                std::initializer_list<const char*> prefixes) {
  for (const char* const prefix : prefixes) {
    const auto weights = checkpoint.weights(prefix);
    if (!weights.empty()) {
      return weights;
    }
  }
  return checkpoint.weights(*(prefixes.end() - 1));
}

}  // namespace ogam

#include "decoders/text/grammar_token_constraint.h"

#include <bit>
#include <cstddef>
#include <utility>

namespace ogam {

GrammarTokenConstraint::GrammarTokenConstraint(std::shared_ptr<const Grammar> grammar,
                                               std::shared_ptr<const TokenTable> tokens)
    : constraint_(std::move(grammar), std::move(tokens)) {}

void GrammarTokenConstraint::mask(std::vector<bool>& allowed, std::int64_t tokens_left) {
  const auto words = constraint_.allowed(static_cast<std::size_t>(tokens_left));
  for (std::size_t i = 0; i < words.size(); ++i) {
    for (auto word = words[i]; word != 0; word &= word - 1) {
      const auto id = i * 64 + static_cast<std::size_t>(std::countr_zero(word));
      if (id < allowed.size()) {  // a tokenizer may know more tokens than its model
        allowed[id] = true;
      }
    }
  }
}

}  // namespace ogam

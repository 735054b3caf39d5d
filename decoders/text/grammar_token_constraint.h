#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/text/grammar/constraint.h"
#include "decoders/text/token_constraint.h"

namespace ogam {

/// Keeps a generated text within a grammar: whatever the model prefers and wherever max_tokens
/// ends, the text is one of the grammar's. See docs/constrained_decoding.md.
class GrammarTokenConstraint : public TokenConstraint {
 public:
  /// @param tokens of the model's tokenizer; its ends are the model's.
  GrammarTokenConstraint(std::shared_ptr<const Grammar> grammar,
                         std::shared_ptr<const TokenTable> tokens);

  /// @throws Error{invalid_argument} when no text that fits is so short as what is left.
  void mask(std::vector<bool>& allowed, std::int64_t tokens_left) override;
  void accept(std::int32_t token) override { constraint_.accept(token); }
  bool finished() const override { return constraint_.finished(); }

 private:
  GrammarConstraint constraint_;
};

}  // namespace ogam

#pragma once

#include <cstdint>
#include <vector>

namespace ogam {

/// What limits the tokens that a language model may generate, such as a grammar. It is asked before
/// every token and told of every one that was chosen.
class TokenConstraint {
 public:
  virtual ~TokenConstraint() = default;

  /// Says which tokens may come next.
  /// @param allowed has an element for each logit, all false; those of allowed ids are set. An end
  ///     of text is allowed where what was accepted may end there.
  /// @param tokens_left how many tokens may still come, the end of text not counted.
  virtual void mask(std::vector<bool>& allowed, std::int64_t tokens_left) = 0;

  /// `token`, one of those allowed and no end of text, comes next.
  virtual void accept(std::int32_t token) = 0;

  /// Nothing can follow: generation ends without asking for another token.
  virtual bool finished() const = 0;
};

}  // namespace ogam

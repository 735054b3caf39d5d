#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/text/grammar/automaton.h"
#include "core/text/grammar/grammar.h"
#include "core/text/grammar/token_table.h"

namespace ogam {

/// Keeps a text that is written token by token within a grammar: says which tokens may come next.
/// Whatever is chosen of them, the text can be finished, and within the tokens that are left. Not
/// safe to use from several threads at once; grammar and tokens may be shared.
class GrammarConstraint {
 public:
  static constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

  GrammarConstraint(std::shared_ptr<const Grammar> grammar,
                    std::shared_ptr<const TokenTable> tokens);

  /// The tokens that may come next: bit i % 64 of word i / 64 for the token i. Those that end a
  /// text are among them where it is complete. Valid until the next call.
  ///
  /// @param tokens_left how many tokens may still be written, the one that ends the text not
  ///     counted.
  /// @throws Error{invalid_argument} when no text that fits is so short, Error{resource_exhausted}
  ///     when the grammar is too large.
  std::span<const std::uint64_t> allowed(std::size_t tokens_left = kNoLimit);

  /// Goes on with a token.
  /// @throws Error{invalid_argument} when it is not allowed.
  void accept(std::int32_t token);

  /// Whether the text may end here.
  bool complete() const { return automaton_.complete(state_); }
  /// Whether it ended, or nothing may follow.
  bool finished() const { return ended_ || automaton_.exhausted(state_); }

  /// The shortest text that makes the text complete.
  std::string shortest_completion() { return automaton_.completion(state_); }
  /// Tokens that write it, as few as possible.
  std::vector<std::int32_t> shortest_completion_tokens();

  /// Begins another text.
  void reset();

 private:
  using State = GrammarAutomaton::State;

  struct Mask {
    std::vector<std::uint64_t> words;
    std::uint64_t longest = 0;  ///< bytes that are missing at most behind an allowed token
  };

  const Mask& mask_of(State state);
  /// Calls `visit(token number, state behind it)` for each token that the grammar allows.
  template <typename Visit>
  void for_each_allowed(State state, Visit visit);
  void set(std::span<const std::int32_t> ids, std::vector<std::uint64_t>& words) const;
  /// For each place in `text`, the fewest tokens that write what follows.
  std::vector<std::uint32_t> fewest_tokens(std::string_view text) const;
  std::uint32_t cost(State state);

  std::shared_ptr<const TokenTable> tokens_;
  GrammarAutomaton automaton_;
  State state_;
  bool ended_ = false;
  std::unordered_map<State, Mask> masks_;
  std::unordered_map<State, std::uint32_t> costs_;  // tokens of the shortest completion
  std::vector<std::uint64_t> narrow_;               // a mask for few tokens
};

}  // namespace ogam

#include "core/text/grammar/constraint.h"

#include <algorithm>
#include <utility>

#include "core/base/error.h"

namespace ogam {

namespace {

constexpr std::size_t kMaxMasks = 512;
constexpr std::size_t kMaxStates = 200'000;  // that are kept between tokens

}  // namespace

GrammarConstraint::GrammarConstraint(std::shared_ptr<const Grammar> grammar,
                                     std::shared_ptr<const TokenTable> tokens)
    : tokens_(std::move(tokens)), automaton_(std::move(grammar)), state_(automaton_.start()) {}

template <typename Visit>
void GrammarConstraint::for_each_allowed(State state, Visit visit) {
  const auto& trie = tokens_->trie();
  std::vector<std::pair<ByteTrie::Place, State>> pending = {{ByteTrie::kRoot, state}};
  while (!pending.empty()) {
    const auto [place, at] = pending.back();
    pending.pop_back();
    trie.for_each_child(place, [&, from = at](unsigned char label, ByteTrie::Place child) {
      const State reached = automaton_.next(from, label);
      if (reached == GrammarAutomaton::kDead) {
        return;
      }
      if (trie.number(child) >= 0) {
        visit(trie.number(child), reached);
      }
      pending.emplace_back(child, reached);
    });
  }
}

void GrammarConstraint::set(std::span<const std::int32_t> ids,
                            std::vector<std::uint64_t>& words) const {
  for (const auto id : ids) {
    const auto bit = static_cast<std::size_t>(id);
    words[bit / 64] |= std::uint64_t{1} << (bit % 64);
  }
}

const GrammarConstraint::Mask& GrammarConstraint::mask_of(State state) {
  const auto known = masks_.find(state);
  if (known != masks_.end()) {
    return known->second;
  }
  if (masks_.size() >= kMaxMasks) {
    masks_.clear();
  }
  Mask mask;
  mask.words.assign(tokens_->mask_words(), 0);
  for_each_allowed(state, [&](std::int32_t number, State reached) {
    set(tokens_->ids(number), mask.words);
    mask.longest = std::max(mask.longest, automaton_.distance(reached));
  });
  if (automaton_.complete(state)) {
    set(tokens_->ends(), mask.words);
  }
  return masks_.emplace(state, std::move(mask)).first->second;
}

/// Note: [Room to finish] Of each state one text is known that completes it: the shortest one, the
/// first of those in the order of bytes. What is left of it behind its first token is that text of
/// the state reached, so its tokens can be written one after the other, and their number falls by
/// one each time. A token is allowed when that number, behind it, is at most what is left.
std::span<const std::uint64_t> GrammarConstraint::allowed(std::size_t tokens_left) {
  if (ended_) {
    narrow_.assign(tokens_->mask_words(), 0);
    return narrow_;
  }
  const auto& mask = mask_of(state_);
  if (tokens_left == kNoLimit || (tokens_left > 0 && mask.longest <= tokens_left - 1)) {
    return mask.words;
  }
  const auto needed = cost(state_);
  require(needed <= tokens_left, ErrorCode::invalid_argument,
          "the shortest text that fits takes {} more tokens and {} are left", needed, tokens_left);
  narrow_.assign(tokens_->mask_words(), 0);
  if (tokens_left > 0) {
    for_each_allowed(state_, [&](std::int32_t number, State reached) {
      if (automaton_.distance(reached) <= tokens_left - 1 || cost(reached) <= tokens_left - 1) {
        set(tokens_->ids(number), narrow_);
      }
    });
  }
  if (automaton_.complete(state_)) {
    set(tokens_->ends(), narrow_);
  }
  return narrow_;
}

void GrammarConstraint::accept(std::int32_t token) {
  const auto& bytes = tokens_->bytes(token);
  require(!ended_, ErrorCode::invalid_argument, "the text ended before the token {}", token);
  if (tokens_->is_end(token)) {
    require(complete(), ErrorCode::invalid_argument,
            "the token {} would end a text that is not complete", token);
    ended_ = true;
    return;
  }
  State state = bytes.empty() ? GrammarAutomaton::kDead : state_;
  for (const char byte : bytes) {
    state = automaton_.next(state, static_cast<unsigned char>(byte));
  }
  require(state != GrammarAutomaton::kDead, ErrorCode::invalid_argument,
          "the token {} does not fit the grammar here", token);
  state_ = state;
  if (automaton_.size() > kMaxStates) {
    state_ = automaton_.forget_all_but(state_);
    masks_.clear();
    costs_.clear();
  }
}

std::vector<std::uint32_t> GrammarConstraint::fewest_tokens(std::string_view text) const {
  std::vector<std::uint32_t> fewest(text.size() + 1, std::numeric_limits<std::uint32_t>::max());
  fewest.back() = 0;
  for (std::size_t at = text.size(); at-- > 0;) {
    tokens_->trie().for_each_prefix(text.substr(at), [&](std::size_t size, std::int32_t) {
      fewest[at] = std::min(fewest[at], fewest[at + size] + 1);
    });
  }
  return fewest;
}

std::uint32_t GrammarConstraint::cost(State state) {
  const auto known = costs_.find(state);
  if (known != costs_.end()) {
    return known->second;
  }
  const auto fewest = fewest_tokens(automaton_.completion(state)).front();
  costs_.emplace(state, fewest);
  return fewest;
}

std::vector<std::int32_t> GrammarConstraint::shortest_completion_tokens() {
  const auto text = shortest_completion();
  const auto fewest = fewest_tokens(text);
  std::vector<std::int32_t> ids;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t taken = 0;
    std::int32_t number = -1;
    tokens_->trie().for_each_prefix(std::string_view(text).substr(at),
                                    [&](std::size_t size, std::int32_t found) {
                                      if (fewest[at + size] + 1 == fewest[at]) {
                                        taken = size;
                                        number = found;
                                      }
                                    });
    ids.push_back(tokens_->ids(number).front());
    at += taken;
  }
  return ids;
}

void GrammarConstraint::reset() {
  state_ = automaton_.start();
  ended_ = false;
}

}  // namespace ogam

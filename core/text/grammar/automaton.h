#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/text/grammar/grammar.h"

namespace ogam {

/// A grammar as a deterministic automaton whose states are made when they are first reached.
///
/// A state is a set of places in the grammar, each a position and the positions that the rules
/// around it go on at. Not safe to use from several threads at once.
class GrammarAutomaton {
 public:
  using State = std::uint32_t;
  static constexpr State kDead = 0;  ///< no text of the grammar begins like this

  explicit GrammarAutomaton(std::shared_ptr<const Grammar> grammar);

  State start() const { return start_; }
  /// @throws Error{resource_exhausted} when there are too many states.
  State next(State state, unsigned char byte) {
    const State known = transitions_[state * classes_ + grammar_->byte_classes()[byte]];
    return known != kUnknown ? known : make_next(state, byte);
  }

  /// Whether the text so far is part of the language.
  bool complete(State state) const { return states_[state].complete; }
  /// Whether no byte may follow.
  bool exhausted(State state) const { return states_[state].places.empty(); }
  /// Bytes that are missing at least; of a living state.
  std::uint64_t distance(State state) const { return states_[state].distance; }
  /// The shortest text that completes it: of those, the first one in the order of bytes.
  std::string completion(State state);

  std::size_t size() const { return states_.size(); }
  /// Forgets all states but this one, which gets the number that is returned.
  State forget_all_but(State state);

 private:
  static constexpr State kUnknown = ~State{0};
  using Place = std::uint32_t;

  struct PlaceData {
    std::uint32_t position = 0;
    Place around = 0;  // where the rule around this one goes on; 0 for the outermost
    std::uint64_t distance = 0;
  };
  struct StateData {
    std::vector<Place> places;  // sorted; those with edges that take bytes
    bool complete = false;
    std::uint64_t distance = 0;
  };
  struct PlacesHash {
    std::size_t operator()(const std::vector<Place>& places) const;
  };

  void clear();
  State make_next(State state, unsigned char byte);
  Place place(std::uint32_t position, Place around);
  /// The state in which one may be at any of these places, or at any that lead on from them.
  State state_of(std::vector<Place> places);

  std::shared_ptr<const Grammar> grammar_;
  std::size_t classes_ = 0;
  std::vector<PlaceData> places_;
  std::unordered_map<std::uint64_t, Place> place_numbers_;
  std::vector<StateData> states_;
  std::vector<State> transitions_;  // by state and class of byte
  std::unordered_map<std::vector<Place>, State, PlacesHash> state_numbers_;
  State start_ = kDead;
};

}  // namespace ogam

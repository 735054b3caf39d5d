#include "core/text/grammar/automaton.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "core/base/error.h"

namespace ogam {

namespace {

constexpr std::size_t kMaxStates = 1'000'000;
constexpr std::size_t kMaxPlaces = 20'000;  // of one state

}  // namespace

std::size_t GrammarAutomaton::PlacesHash::operator()(const std::vector<Place>& places) const {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const Place place : places) {
    hash = (hash ^ place) * 0x100000001b3;
  }
  return static_cast<std::size_t>(hash);
}

GrammarAutomaton::GrammarAutomaton(std::shared_ptr<const Grammar> grammar)
    : grammar_(std::move(grammar)), classes_(grammar_->class_count()) {
  clear();
  start_ = state_of({place(grammar_->start(), 0)});
}

void GrammarAutomaton::clear() {
  places_.assign(1, {});
  place_numbers_.clear();
  states_.assign(1, {});
  transitions_.assign(classes_, kDead);
  state_numbers_.clear();
}

GrammarAutomaton::Place GrammarAutomaton::place(std::uint32_t position, Place around) {
  const auto key = (std::uint64_t{position} << 32) | around;
  const auto [found, is_new] = place_numbers_.emplace(key, static_cast<Place>(places_.size()));
  if (is_new) {
    places_.push_back(
        {position, around, grammar_->position(position).distance + places_[around].distance});
  }
  return found->second;
}

GrammarAutomaton::State GrammarAutomaton::state_of(std::vector<Place> places) {
  std::unordered_set<Place> seen(places.begin(), places.end());
  StateData state;
  state.distance = ~std::uint64_t{0};
  const auto reach = [&](Place reached) {
    if (seen.insert(reached).second) {
      require(seen.size() <= kMaxPlaces, ErrorCode::resource_exhausted,
              "the pattern or schema may be read in more than {} ways at once; make its parts "
              "tell each other apart earlier",
              kMaxPlaces);
      places.push_back(reached);
    }
  };
  bool dead = true;
  while (!places.empty()) {
    const Place at = places.back();
    places.pop_back();
    const auto data = places_[at];
    const auto& position = grammar_->position(data.position);
    if (position.ends_rule && data.around != 0) {
      reach(data.around);
    } else if (position.ends_rule) {
      state.complete = true;
      dead = false;
      state.distance = 0;
    }
    bool takes_bytes = false;
    const auto* const edges = grammar_->edges(position);
    for (std::uint32_t i = 0; i < position.edges; ++i) {
      if (edges[i].rule < 0) {
        takes_bytes = true;
        continue;
      }
      // Where nothing is left to do behind the rule, its end is that of the rule around.
      const auto& target = grammar_->position(edges[i].target);
      const bool is_last = target.ends_rule && target.edges == 0 && data.around != 0;
      const Place around = is_last ? data.around : place(edges[i].target, data.around);
      reach(place(grammar_->rule_start(edges[i].rule), around));
    }
    if (takes_bytes) {
      state.places.push_back(at);
      state.distance = std::min(state.distance, data.distance);
      dead = false;
    }
  }
  if (dead) {
    return kDead;
  }
  std::sort(state.places.begin(), state.places.end());
  auto key = state.places;
  key.push_back(state.complete ? 1 : 0);
  const auto [found, is_new] =
      state_numbers_.emplace(std::move(key), static_cast<State>(states_.size()));
  if (is_new) {
    require(states_.size() < kMaxStates, ErrorCode::resource_exhausted,
            "the pattern or schema has more than {} states; ask for less", kMaxStates);
    states_.push_back(std::move(state));
    transitions_.resize(transitions_.size() + classes_, kUnknown);
  }
  return found->second;
}

GrammarAutomaton::State GrammarAutomaton::make_next(State state, unsigned char byte) {
  std::vector<Place> reached;
  for (const Place at : states_[state].places) {
    const auto data = places_[at];
    const auto& position = grammar_->position(data.position);
    const auto* const edges = grammar_->edges(position);
    for (std::uint32_t i = 0; i < position.edges; ++i) {
      if (edges[i].rule < 0 && edges[i].first <= byte && byte <= edges[i].last) {
        reached.push_back(place(edges[i].target, data.around));
      }
    }
  }
  std::sort(reached.begin(), reached.end());
  reached.erase(std::unique(reached.begin(), reached.end()), reached.end());
  const State next = state_of(std::move(reached));
  transitions_[state * classes_ + grammar_->byte_classes()[byte]] = next;
  return next;
}

std::string GrammarAutomaton::completion(State state) {
  std::string text;
  while (distance(state) > 0) {
    for (int byte = 0; byte < 256; ++byte) {
      const State after = next(state, static_cast<unsigned char>(byte));
      if (after != kDead && distance(after) + 1 == distance(state)) {
        text += static_cast<char>(byte);
        state = after;
        break;
      }
    }
  }
  return text;
}

GrammarAutomaton::State GrammarAutomaton::forget_all_but(State state) {
  const auto kept = states_[state].places;
  const bool complete = states_[state].complete;
  std::vector<std::vector<std::uint32_t>> chains;  // of positions, the innermost one first
  for (Place at : kept) {
    auto& chain = chains.emplace_back();
    for (; at != 0; at = places_[at].around) {
      chain.push_back(places_[at].position);
    }
  }
  clear();
  std::vector<Place> places;
  for (const auto& chain : chains) {
    Place at = 0;
    for (auto position = chain.rbegin(); position != chain.rend(); ++position) {
      at = place(*position, at);
    }
    places.push_back(at);
  }
  State result = state_of(places);
  if (result == kDead || states_[result].complete != complete) {
    // That the text is complete does not follow from the places that take bytes.
    StateData data{places, complete, complete ? 0 : states_[result].distance};
    std::sort(data.places.begin(), data.places.end());
    auto key = data.places;
    key.push_back(complete ? 1 : 0);
    result = static_cast<State>(states_.size());
    state_numbers_.emplace(std::move(key), result);
    states_.push_back(std::move(data));
    transitions_.resize(transitions_.size() + classes_, kUnknown);
  }
  start_ = state_of({place(grammar_->start(), 0)});
  return result;
}

}  // namespace ogam

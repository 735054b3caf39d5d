#include "core/text/word_splitting.h"

#include <algorithm>
#include <array>

#include "core/base/error.h"

namespace ogam {

namespace {

/// A part of a word, which is a match or lies between two.
struct Part {
  SplitText::Word place;
  bool match = false;
};

/// The parts of a word; together they are the whole word.
std::vector<Part> parts_of(std::string_view word, const SplitRule& rule) {
  std::vector<Part> parts;
  std::size_t done = 0;
  for (const auto& match : rule.find(word)) {
    if (match.begin > done) {
      parts.push_back({{done, match.begin}, rule.invert});
    }
    parts.push_back({{match.begin, match.end}, !rule.invert});
    done = match.end;
  }
  if (done < word.size()) {
    parts.push_back({{done, word.size()}, rule.invert});
  }
  return parts;
}

/// Joins a part with the one before it where `joins(part, previous is a match)`.
template <typename Iterator, typename Joins>
std::vector<SplitText::Word> join_parts(Iterator begin, Iterator end, const Joins& joins) {
  std::vector<SplitText::Word> places;
  bool previous = false;
  for (auto part = begin; part != end; ++part) {
    if (!places.empty() && joins(part->match, previous)) {
      auto& last = places.back();
      last = {std::min(last.begin, part->place.begin), std::max(last.end, part->place.end)};
    } else {
      places.push_back(part->place);
    }
    previous = part->match;
  }
  return places;
}

std::vector<SplitText::Word> places_of(const std::vector<Part>& parts, SplitBehavior behavior) {
  const auto merge = [](bool match, bool previous) { return match && !previous; };
  const auto equal = [](bool match, bool previous) { return match == previous; };
  switch (behavior) {
    case SplitBehavior::merged_with_previous:
      return join_parts(parts.begin(), parts.end(), merge);
    case SplitBehavior::merged_with_next: {
      auto places = join_parts(parts.rbegin(), parts.rend(), merge);
      std::reverse(places.begin(), places.end());
      return places;
    }
    case SplitBehavior::contiguous:
      return join_parts(parts.begin(), parts.end(), equal);
    default:
      break;
  }
  std::vector<SplitText::Word> places;
  for (const auto& part : parts) {
    if (!part.match || behavior == SplitBehavior::isolated) {
      places.push_back(part.place);
    }
  }
  return places;
}

}  // namespace

SplitBehavior parse_split_behavior(const std::string& name, const std::string& origin) {
  constexpr std::array<std::pair<std::string_view, SplitBehavior>, 5> kBehaviors = {
      {{"Removed", SplitBehavior::removed},
       {"Isolated", SplitBehavior::isolated},
       {"MergedWithPrevious", SplitBehavior::merged_with_previous},
       {"MergedWithNext", SplitBehavior::merged_with_next},
       {"Contiguous", SplitBehavior::contiguous}}};
  const auto* const row = std::find_if(kBehaviors.begin(), kBehaviors.end(),
                                       [&](const auto& r) { return r.first == name; });
  require(row != kBehaviors.end(), ErrorCode::unsupported,
          "{}: the split behaviour '{}' is not implemented", origin, name);
  return row->second;
}

void split_words(SplitText& text, const SplitRule& rule) {
  std::vector<SplitText::Word> words;
  for (const auto& word : text.words) {
    for (const auto& place : places_of(parts_of(text.word(word), rule), rule.behavior)) {
      if (place.begin < place.end) {
        words.push_back({word.begin + place.begin, word.begin + place.end});
      }
    }
  }
  text.words = std::move(words);
}

}  // namespace ogam

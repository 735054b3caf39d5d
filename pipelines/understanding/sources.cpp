#include "pipelines/understanding/sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "core/base/files.h"
#include "pipelines/understanding/material.h"

namespace ogam {

namespace {

/// How many sentences on each side of a found one may be read too.
constexpr std::size_t kNeighbours = 2;

/// "0:09", "1:02:03".
std::string short_clock(Time time) {
  const std::int64_t seconds = time / kSecond;
  return seconds < 3600
             ? fmt::format("{}:{:02}", seconds / 60, seconds % 60)
             : fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

std::string_view manner(Lane lane) {
  switch (lane) {
    case Lane::visual:
      return "(seen) ";
    case Lane::sound:
      return "(heard) ";
    default:
      return "";
  }
}

std::string on_one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  return text;
}

std::string asset_line(const Citation& source) {
  return display_path(source.path.filename()) + ":\n";
}

Citation cite_sentence(const AssetSummary& asset, const TimedSentence& sentence, double score) {
  return {.asset = asset.id,
          .path = asset.path,
          .span = sentence.span,
          .lane = sentence.lane,
          .text = sentence.text,
          .score = score};
}

/// Takes places until the budget is used up, then puts them in order.
class Gatherer {
 public:
  explicit Gatherer(const SourceBudget& budget) : budget_(budget) {}

  /// @param order among the places of the same time.
  void add(Citation place, std::size_t order) {
    const bool known = std::any_of(places_.begin(), places_.end(), [&](const Place& other) {
      return other.citation.asset == place.asset && other.citation.span == place.span &&
             other.citation.text == place.text;
    });
    if (known) {
      return;
    }
    const bool is_new = std::find(assets_.begin(), assets_.end(), place.asset) == assets_.end();
    // Numbers have few digits, which two stand for; the file's name stands above its places.
    auto tokens = budget_.count(source_line(10, place) + "\n");
    tokens += is_new ? budget_.count(asset_line(place)) : 0;
    if (sources_.tokens + tokens > budget_.tokens) {
      ++sources_.left_out;
      return;
    }
    if (is_new) {
      assets_.push_back(place.asset);
    }
    sources_.tokens += tokens;
    places_.push_back({std::move(place), order});
  }

  Sources finish() && {
    const auto rank = [&](const std::string& asset) {
      return std::find(assets_.begin(), assets_.end(), asset) - assets_.begin();
    };
    std::stable_sort(places_.begin(), places_.end(), [&](const Place& a, const Place& b) {
      return std::tuple(rank(a.citation.asset), a.citation.span.start, a.order) <
             std::tuple(rank(b.citation.asset), b.citation.span.start, b.order);
    });
    for (Place& place : places_) {
      sources_.list.push_back(std::move(place.citation));
    }
    return std::move(sources_);
  }

 private:
  struct Place {
    Citation citation;
    std::size_t order = 0;
  };

  const SourceBudget& budget_;
  std::vector<Place> places_;
  std::vector<std::string> assets_;  // in the order in which they came
  Sources sources_;
};

/// Where a found sentence stands among those of its lane.
struct Position {
  const AssetMaterial* material = nullptr;
  const std::vector<TimedSentence>* sentences = nullptr;
  std::size_t index = 0;
};

std::optional<Position> position_of(const AssetMaterial& material, const Citation& citation) {
  const auto& sentences = citation.lane == Lane::speech ? material.spoken : material.written;
  const auto found =
      std::find_if(sentences.begin(), sentences.end(), [&](const TimedSentence& sentence) {
        return sentence.span == citation.span && sentence.text == citation.text;
      });
  if (found == sentences.end()) {
    return std::nullopt;
  }
  return Position{&material, &sentences, static_cast<std::size_t>(found - sentences.begin())};
}

}  // namespace

std::string source_line(std::size_t number, const Citation& source) {
  const auto time = source.span.duration() > 0 ? short_clock(source.span.start) + " " : "";
  return fmt::format("[{}] {}{}{}", number, time, manner(source.lane), on_one_line(source.text));
}

std::string source_lines(const Sources& sources) {
  const auto& list = sources.list;
  const bool several = std::any_of(list.begin(), list.end(), [&](const Citation& source) {
    return source.asset != list.front().asset;
  });
  std::string lines;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (several && (i == 0 || list[i].asset != list[i - 1].asset)) {
      lines += asset_line(list[i]);
    }
    lines += source_line(i + 1, list[i]) + "\n";
  }
  return lines;
}

std::vector<std::string> source_texts(const Sources& sources) {
  std::vector<std::string> texts;
  for (const Citation& source : sources.list) {
    texts.push_back(fmt::format("{} {} {}", source.text, short_clock(source.span.start),
                                display_path(source.path.filename())));
  }
  return texts;
}

Sources gather_sources(const Archive& archive, const Pack& pack, std::span<const Citation> found,
                       const SourceBudget& budget, const CancellationToken& cancellation) {
  std::map<std::string, AssetMaterial> materials;
  std::vector<Position> positions;
  Gatherer gatherer(budget);
  for (const Citation& citation : found) {
    if (!materials.contains(citation.asset)) {
      materials.emplace(citation.asset, read_material(archive, pack, citation.asset,
                                                      {.sentence_vectors = false}, cancellation));
    }
    const auto position = position_of(materials.at(citation.asset), citation);
    gatherer.add(citation, position ? position->index : 0);
    if (position) {
      positions.push_back(*position);
    }
  }
  for (std::size_t distance = 1; distance <= kNeighbours; ++distance) {
    for (const Position& at : positions) {
      for (const auto index : {at.index - distance, at.index + distance}) {
        if (index < at.sentences->size()) {  // below zero it is a very large number
          gatherer.add(cite_sentence(at.material->asset, (*at.sentences)[index], 0), index);
        }
      }
    }
  }
  return std::move(gatherer).finish();
}

Sources draw_sources(std::span<const AssetMaterial> assets, const SourceBudget& budget,
                     std::string_view language) {
  // A token is a character at least, and seldom more than four.
  auto characters = static_cast<std::size_t>(std::max<std::int64_t>(budget.tokens, 1)) * 4;
  while (true) {
    const Context context = draw_context(assets, {.characters = characters}, language);
    Gatherer gatherer(budget);
    std::size_t order = 0;
    std::size_t unread = 0;
    for (const ContextPart& part : context.parts) {
      unread += part.left_out;
      for (const TimedSentence* sentence : part.sentences) {
        gatherer.add(cite_sentence(assets[part.asset].asset, *sentence, 1), order++);
      }
    }
    Sources sources = std::move(gatherer).finish();
    // What does not fit is its end: fewer sentences of each part are better.
    if (sources.left_out == 0 || characters < 100) {
      sources.left_out += unread;
      return sources;
    }
    characters = characters * 4 / 5;
  }
}

}  // namespace ogam

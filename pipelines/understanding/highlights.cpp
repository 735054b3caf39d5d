#include "pipelines/understanding/highlights.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string_view>

#include "core/base/error.h"
#include "core/text/word_count.h"
#include "pipelines/understanding/directions.h"

namespace ogam {

namespace {

// Set by hand, not fitted: how far each reason alone may go.
constexpr double kRateWeight = 0.4;
constexpr double kLoudWeight = 0.5;
constexpr double kNovelWeight = 0.4;
constexpr double kSoundWeight = 0.8;

constexpr double kFastest = 2;         // times the usual rate of speech that counts in full
constexpr double kLoudest = 12;        // decibels above the median that count in full
constexpr double kMostNovel = 2;       // deviations below the usual likeness that count in full
constexpr double kWorthSaying = 0.25;  // of a reason's full value
constexpr Time kReach = 5 * kSecond;   // that a highlight may grow to end a sentence

/// How the names of sounds begin by which people show that something happens, in AudioSet.
constexpr std::array<std::string_view, 12> kTellingSounds = {
    "Laughter",  "Applause", "Cheering",  "Crowd",     "Clapping", "Shout",
    "Screaming", "Whoop",    "Fireworks", "Explosion", "Gunshot",  "Bellow"};

/// What one segment has, where it can be said.
struct Measures {
  std::optional<double> rate;      // words a second, of speech
  std::optional<double> loudness;  // decibels
  std::optional<double> likeness;  // of its pictures to all others
};

double median(std::vector<double> values) {
  if (values.empty()) {
    return 0;
  }
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

template <typename Member>
std::vector<double> known(const std::vector<Measures>& all, Member member) {
  std::vector<double> values;
  for (const Measures& measures : all) {
    if (measures.*member) {
      values.push_back(*(measures.*member));
    }
  }
  return values;
}

void measure_rates(const AssetMaterial& material, std::vector<Measures>& all) {
  constexpr double kEnoughSpeech = 1;  // second, before a rate means anything
  std::vector<double> words(all.size(), 0);
  std::vector<double> seconds(all.size(), 0);
  for (const TimedSentence& sentence : material.spoken) {
    const double length = to_seconds(sentence.span.duration());
    if (length <= 0) {
      continue;
    }
    const auto first = std::partition_point(
        material.segments.begin(), material.segments.end(),
        [&](const SegmentMaterial& segment) { return segment.span.end <= sentence.span.start; });
    for (auto segment = first;
         segment != material.segments.end() && segment->span.start < sentence.span.end; ++segment) {
      const auto i = static_cast<std::size_t>(segment - material.segments.begin());
      const double shared = to_seconds(segment->span.overlap(sentence.span));
      words[i] += static_cast<double>(count_words(sentence.text)) * shared / length;
      seconds[i] += shared;
    }
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (seconds[i] >= kEnoughSpeech) {
      all[i].rate = words[i] / seconds[i];
    }
  }
}

void measure_likeness(const AssetMaterial& material, std::vector<Measures>& all) {
  if (material.pictures.empty()) {
    return;
  }
  std::vector<float> mean(material.pictures.front().values.size(), 0.0F);
  for (const TimedDirection& picture : material.pictures) {
    for (std::size_t i = 0; i < mean.size(); ++i) {
      mean[i] += picture.values[i] / static_cast<float>(material.pictures.size());
    }
  }
  std::vector<double> sums(all.size(), 0);
  std::vector<double> counts(all.size(), 0);
  for (const TimedDirection& picture : material.pictures) {
    sums[picture.segment] += dot(picture.values, mean);
    ++counts[picture.segment];
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (counts[i] > 0) {
      all[i].likeness = sums[i] / counts[i];
    }
  }
}

/// Collects what speaks for a segment; each part adds to the score as an independent chance.
class Case {
 public:
  void add(HighlightReason reason, double weight, double full) {
    const double part = std::clamp(full, 0.0, 1.0);
    if (part < kWorthSaying) {
      return;
    }
    missed_ *= 1 - weight * part;
    parts_.emplace_back(weight * part, std::move(reason));
  }

  Highlight highlight(const TimeSpan& span) && {
    std::stable_sort(parts_.begin(), parts_.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    Highlight result{.span = span, .score = 1 - missed_, .reasons = {}};
    for (auto& [part, reason] : parts_) {
      result.reasons.push_back(std::move(reason));
    }
    return result;
  }

 private:
  double missed_ = 1;
  std::vector<std::pair<double, HighlightReason>> parts_;
};

/// A span that cuts into no sentence, as far as `kReach` allows.
TimeSpan to_sentence_ends(const AssetMaterial& material, TimeSpan span) {
  for (const TimedSentence& sentence : material.spoken) {
    const TimeSpan& said = sentence.span;
    if (said.start < span.start && span.start < said.end && span.start - said.start <= kReach) {
      span.start = said.start;
    }
    if (said.start < span.end && span.end < said.end && said.end - span.end <= kReach) {
      span.end = said.end;
    }
  }
  return {std::max<Time>(0, span.start), std::min(span.end, material.asset.duration)};
}

/// The best of `found`, best first, which do not overlap.
std::vector<Highlight> choose(const AssetMaterial& material, std::vector<Highlight> found,
                              const HighlightChoice& choice) {
  require(material.asset.duration > 0, ErrorCode::invalid_argument,
          "a {} has no time to choose from; highlights are of videos and sounds",
          material.asset.kind);
  std::stable_sort(found.begin(), found.end(),
                   [](const Highlight& a, const Highlight& b) { return a.score > b.score; });
  std::vector<Highlight> chosen;
  Time length = 0;
  for (Highlight& highlight : found) {
    highlight.span = to_sentence_ends(material, highlight.span);
    const bool overlaps = std::any_of(chosen.begin(), chosen.end(), [&](const Highlight& other) {
      return other.span.overlap(highlight.span) > 0;
    });
    const bool fits = choice.total == 0 || length + highlight.span.duration() <= choice.total;
    if (chosen.size() < choice.most && !overlaps && fits && highlight.span.duration() > 0) {
      length += highlight.span.duration();
      chosen.push_back(std::move(highlight));
    }
  }
  return chosen;
}

}  // namespace

std::vector<Highlight> find_salient(const AssetMaterial& material, std::span<const double> loudness,
                                    const HighlightChoice& choice) {
  std::vector<Measures> all(material.segments.size());
  require(loudness.empty() || loudness.size() == all.size(), ErrorCode::internal,
          "{} segments have {} measures of loudness", all.size(), loudness.size());
  measure_rates(material, all);
  measure_likeness(material, all);
  for (std::size_t i = 0; i < loudness.size(); ++i) {
    all[i].loudness = loudness[i];
  }
  const double usual_rate = median(known(all, &Measures::rate));
  const double usual_loudness = median(known(all, &Measures::loudness));
  const auto likenesses = known(all, &Measures::likeness);
  const double usual_likeness = median(likenesses);
  double square = 0;
  for (const double likeness : likenesses) {
    square += (likeness - usual_likeness) * (likeness - usual_likeness);
  }
  const double spread = std::max(
      kLeastSpread,
      std::sqrt(square / static_cast<double>(std::max<std::size_t>(1, likenesses.size()))));

  std::vector<Highlight> found;
  for (std::size_t i = 0; i < all.size(); ++i) {
    Case reasons;
    if (all[i].rate && usual_rate > 0) {
      const double times = *all[i].rate / usual_rate;
      reasons.add(
          {"speech rate", times, fmt::format("speaks {:.1f} times as fast as usual", times)},
          kRateWeight, (times - 1) / (kFastest - 1));
    }
    if (all[i].loudness) {
      const double above = *all[i].loudness - usual_loudness;
      reasons.add({"loudness", above, fmt::format("{:.0f} dB louder than usual", above)},
                  kLoudWeight, above / kLoudest);
    }
    if (all[i].likeness) {
      const double novelty = (usual_likeness - *all[i].likeness) / spread;
      reasons.add({"novelty", novelty, "looks unlike the rest"}, kNovelWeight,
                  novelty / kMostNovel);
    }
    for (const Label& label : material.segments[i].sounds) {
      const bool telling =
          std::any_of(kTellingSounds.begin(), kTellingSounds.end(),
                      [&](std::string_view name) { return label.name.starts_with(name); });
      if (telling) {
        reasons.add({"sound", label.probability, label.name}, kSoundWeight,
                    std::sqrt(label.probability));
      }
    }
    Highlight highlight = std::move(reasons).highlight(material.segments[i].span);
    if (!highlight.reasons.empty()) {
      found.push_back(std::move(highlight));
    }
  }
  return choose(material, std::move(found), choice);
}

std::vector<Highlight> highlights_of_moments(const AssetMaterial& material,
                                             std::span<const Moment> moments,
                                             const HighlightChoice& choice) {
  std::vector<Highlight> found;
  for (const Moment& moment : moments) {
    Highlight highlight{.span = moment.span, .score = moment.score, .reasons = {}};
    for (const auto& [lane, evidence] : moment.lanes) {
      std::string text = fmt::format("{} {:.0f}%", Lane(lane).name(), 100 * evidence.score);
      if (!evidence.text.empty()) {
        text += fmt::format(" “{}”", evidence.text);
      }
      highlight.reasons.push_back({std::string(Lane(lane).name()), evidence.score, text});
    }
    std::stable_sort(highlight.reasons.begin(), highlight.reasons.end(),
                     [](const auto& a, const auto& b) { return a.value > b.value; });
    found.push_back(std::move(highlight));
  }
  return choose(material, std::move(found), choice);
}

}  // namespace ogam

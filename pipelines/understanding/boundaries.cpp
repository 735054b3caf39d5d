#include "pipelines/understanding/boundaries.h"

#include <algorithm>
#include <array>
#include <utility>

#include "pipelines/screen_text.h"
#include "pipelines/understanding/directions.h"

namespace ogam {

namespace {

// Set by hand, not fitted: how far each reason alone may go towards a boundary.
constexpr double kPictures = 0.9;
constexpr double kSpeech = 0.9;
constexpr double kSounds = 0.5;
constexpr double kPause = 0.3;
constexpr double kTitle = 0.4;

constexpr double kFullNovelty = 2;            // deviations that count as something wholly new
constexpr Time kFullPause = 4 * kSecond;      // of speech
constexpr Time kSpeechWindow = 30 * kSecond;  // at least: few sentences tell little
constexpr Time kNear = kSecond;               // two places this near are one
constexpr float kSameWords = 0.6F;            // a line that was read a little differently
constexpr Time kTitleReach = 2 * kSecond;     // a title stands soon
constexpr double kTooLong = 1;  // what a part costs for each max length beyond the max

/// The directions of one lane over time.
class Course {
 public:
  void add(Time time, const std::vector<float>& direction) {
    if (!direction.empty()) {
      times_.push_back(time);
      directions_.push_back(&direction);
    }
  }

  /// To be called when all are added, in order of time.
  void measure() { spread_ = spread_of(directions_); }

  /// How much new begins at `time`, 0 to 1.
  double novelty(Time time, Time window) const {
    const auto likeness =
        compare_groups(between(time - window, time), between(time, time + window));
    return std::clamp((likeness.within - likeness.across) / spread_ / kFullNovelty, 0.0, 1.0);
  }

 private:
  std::span<const std::vector<float>* const> between(Time start, Time end) const {
    const auto first = std::lower_bound(times_.begin(), times_.end(), start);
    const auto last = std::lower_bound(first, times_.end(), end);
    return std::span(directions_)
        .subspan(static_cast<std::size_t>(first - times_.begin()),
                 static_cast<std::size_t>(last - first));
  }

  std::vector<Time> times_;
  std::vector<const std::vector<float>*> directions_;
  double spread_ = kLeastSpread;
};

Course course_of(const std::vector<TimedDirection>& directions) {
  Course course;
  for (const TimedDirection& direction : directions) {
    course.add(direction.time, direction.values);
  }
  course.measure();
  return course;
}

Course course_of(const std::vector<TimedSentence>& sentences) {
  Course course;
  for (const TimedSentence& sentence : sentences) {
    course.add(sentence.span.start, sentence.vector);
  }
  course.measure();
  return course;
}

/// The first sentence that ends behind `time`.
std::vector<TimedSentence>::const_iterator sentence_at(const std::vector<TimedSentence>& sentences,
                                                       Time time) {
  return std::partition_point(sentences.begin(), sentences.end(),
                              [&](const TimedSentence& s) { return s.span.end <= time; });
}

double pause_at(const std::vector<TimedSentence>& spoken, Time time) {
  const auto next = sentence_at(spoken, time);
  if (next == spoken.begin() || next == spoken.end() || next->span.start < time) {
    return 0;
  }
  const Time pause = next->span.start - (next - 1)->span.end;
  return std::clamp(to_seconds(pause) / to_seconds(kFullPause), 0.0, 1.0);
}

/// Whether words come on screen at `time` that did not stand there in the window before.
double title_at(const std::vector<TimedSentence>& written, Time time, Time window) {
  const auto first =
      std::partition_point(written.begin(), written.end(),
                           [&](const TimedSentence& s) { return s.span.start < time - kNear; });
  for (auto line = first; line != written.end() && line->span.start < time + kTitleReach; ++line) {
    const bool stood = std::any_of(written.begin(), line, [&](const TimedSentence& before) {
      return before.span.end > time - window &&
             text_similarity(before.text, line->text) > kSameWords;
    });
    if (!stood) {
      return 1;
    }
  }
  return 0;
}

/// Whether a sentence goes on at `time`, well before and behind it.
bool is_within_sentence(const std::vector<TimedSentence>& spoken, Time time) {
  constexpr Time kEdge = 3 * kSecond / 10;
  const auto sentence = sentence_at(spoken, time);
  return sentence != spoken.end() && sentence->span.start + kEdge < time &&
         time + kEdge < sentence->span.end;
}

std::vector<Time> places_of(const AssetMaterial& material) {
  std::vector<Time> places;
  for (const SegmentMaterial& segment : material.segments) {
    places.push_back(segment.span.start);
  }
  const std::size_t cuts = places.size();
  for (const TimedSentence& sentence : material.spoken) {
    const Time time = sentence.span.start;
    const auto end = places.begin() + static_cast<std::ptrdiff_t>(cuts);
    const auto next = std::lower_bound(places.begin(), end, time - kNear);
    if (next == end || *next > time + kNear) {
      places.push_back(time);
    }
  }
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  std::erase_if(places, [&](Time time) { return time <= 0 || time >= material.asset.duration; });
  return places;
}

}  // namespace

double Boundary::score() const {
  double missed = 1;
  for (const auto& [weight, value] :
       std::array<std::pair<double, double>, 5>{{{kPictures, pictures},
                                                 {kSpeech, speech},
                                                 {kSounds, sounds},
                                                 {kPause, pause},
                                                 {kTitle, title}}}) {
    missed *= 1 - weight * value;
  }
  return 1 - missed;
}

std::vector<Boundary> find_boundaries(const AssetMaterial& material, Time window) {
  const Course pictures = course_of(material.pictures);
  const Course sounds = course_of(material.sounds);
  const Course speech = course_of(material.spoken);
  std::vector<Boundary> boundaries;
  for (const Time time : places_of(material)) {
    Boundary boundary{.time = time,
                      .pictures = pictures.novelty(time, window),
                      .title = title_at(material.written, time, window)};
    // Within a sentence only what is seen can have changed.
    if (!is_within_sentence(material.spoken, time)) {
      boundary.speech = speech.novelty(time, std::max(window, kSpeechWindow));
      boundary.sounds = sounds.novelty(time, window);
      boundary.pause = pause_at(material.spoken, time);
    }
    boundaries.push_back(boundary);
  }
  return boundaries;
}

std::vector<Boundary> choose_boundaries(const std::vector<Boundary>& candidates, Time duration,
                                        const ChapterLengths& lengths) {
  // Place 0 is the beginning, place i > 0 candidate i - 1, the last one the end.
  const std::size_t end = candidates.size() + 1;
  const auto time_of = [&](std::size_t place) {
    return place == 0 ? Time{0} : place == end ? duration : candidates[place - 1].time;
  };
  std::vector<double> best(end + 1, 0);
  std::vector<std::size_t> from(end + 1, 0);
  std::vector<bool> reached(end + 1, false);
  reached[0] = true;
  for (std::size_t place = 1; place <= end; ++place) {
    const double gain = place == end ? 0 : candidates[place - 1].score() - kBoundaryThreshold;
    for (std::size_t before = 0; before < place; ++before) {
      const Time length = time_of(place) - time_of(before);
      const bool whole = before == 0 && place == end;  // what is too short to divide stays whole
      if (!reached[before] || (length < lengths.min && !whole)) {
        continue;
      }
      const double excess = to_seconds(length) / to_seconds(lengths.max) - 1;
      const double value = best[before] + gain - kTooLong * std::max(0.0, excess);
      if (!reached[place] || value > best[place]) {
        reached[place] = true;
        best[place] = value;
        from[place] = before;
      }
    }
  }
  std::vector<Boundary> chosen;
  for (std::size_t place = from[end]; place > 0; place = from[place]) {
    chosen.push_back(candidates[place - 1]);
  }
  std::reverse(chosen.begin(), chosen.end());
  return chosen;
}

}  // namespace ogam

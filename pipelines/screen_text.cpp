#include "pipelines/screen_text.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <utility>

#include "core/base/error.h"
#include "core/text/unicode.h"

namespace ogam {
namespace {

/// Lines of one block: like in height, one below the other or side by side, with no more than a
/// line between.
bool stand_together(const TextLine& a, const TextLine& b) {
  const int low = std::min(a.size.height, b.size.height);
  const int high = std::max(a.size.height, b.size.height);
  if (high > 2 * low) {
    return false;
  }
  const auto gap = [](int start_a, int length_a, int start_b, int length_b) {
    return std::max(start_a, start_b) - std::min(start_a + length_a, start_b + length_b);
  };
  const int across = gap(a.left, a.size.width, b.left, b.size.width);
  const int down = gap(a.top, a.size.height, b.top, b.size.height);
  return (across < 0 && down < high) || (down < -low / 2 && across < 2 * high);
}

/// Whether two lines lie at about the same place.
bool same_place(const TextLine& a, const TextLine& b) {
  const int height = std::max(a.size.height, b.size.height);
  return std::abs(a.top - b.top) < height &&
         std::min(a.left + a.size.width, b.left + b.size.width) > std::max(a.left, b.left);
}

/// The number of each line's block; lines that stand together, or are linked through others, share
/// one.
template <typename Item, typename Together>
std::vector<std::vector<Item>> group(std::vector<Item> items, const Together& together) {
  std::vector<std::size_t> leader(items.size());
  std::iota(leader.begin(), leader.end(), std::size_t{0});
  for (std::size_t i = 0; i < items.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (leader[i] != leader[j] && together(items[i], items[j])) {
        std::replace(leader.begin(), leader.end(), leader[i], leader[j]);
      }
    }
  }
  std::vector<std::vector<Item>> groups;
  for (std::size_t i = 0; i < items.size(); ++i) {
    std::vector<Item> members;
    for (std::size_t j = i; j < items.size(); ++j) {
      if (leader[j] == leader[i] && leader[i] != items.size()) {
        members.push_back(items[j]);
        if (j != i) {
          leader[j] = items.size();
        }
      }
    }
    if (!members.empty()) {
      groups.push_back(std::move(members));
    }
  }
  return groups;
}

/// How alike two readings must be to count as one text. Doubtful ones differ because they were
/// misread, clear ones because the words do.
float needed_similarity(float confidence_of_the_weaker) {
  return std::clamp(0.4F + 2 * (confidence_of_the_weaker - 0.7F), 0.4F, 0.85F);
}

/// In reading order: by rows, then from the left.
bool before(const TextLine& a, const TextLine& b) {
  const bool same_row = std::abs(a.top - b.top) * 2 < std::min(a.size.height, b.size.height);
  return same_row ? a.left < b.left : a.top < b.top;
}

}  // namespace

float text_similarity(const std::string& a, const std::string& b) {
  std::vector<char32_t> x = code_points(fold_for_matching(a));
  std::vector<char32_t> y = code_points(fold_for_matching(b));
  std::erase(x, U' ');
  std::erase(y, U' ');
  if (x.empty() || y.empty()) {
    return x.empty() && y.empty() ? 1.0F : 0.0F;
  }
  std::vector<std::size_t> row(y.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= x.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= y.size(); ++j) {
      const std::size_t substituted = diagonal + (x[i - 1] == y[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return 1 - static_cast<float>(row.back()) / static_cast<float>(std::max(x.size(), y.size()));
}

std::vector<std::string> read_screen_text(TesseractReader& reader, const Image& image) {
  std::vector<std::string> texts;
  for (auto& block : group(reader.read(image), [](const ReadLine&a, const ReadLine&b) {
         return stand_together(a.line, b.line);
       })) {
    std::sort(block.begin(), block.end(),
              [](const ReadLine& a, const ReadLine& b) { return before(a.line, b.line); });
    std::string text;
    for (const ReadLine& line : block) {
      text += (text.empty() ? "" : " ") + line.text;
    }
    texts.push_back(std::move(text));
  }
  return texts;
}

ScreenTextReader::ScreenTextReader(TesseractReader reader, const ScreenTextOptions& options)
    : reader_(std::move(reader)), options_(options) {}

const ReadLine& ScreenTextReader::Track::reading() const {
  const auto agreement = [&](const ReadLine& reading) {
    float sum = 0;
    for (const ReadLine& other : readings) {
      sum += other.confidence * text_similarity(reading.text, other.text);
    }
    return reading.confidence * sum;
  };
  return *std::ranges::max_element(readings, {}, agreement);
}

void ScreenTextReader::Track::add(ReadLine reading) {
  constexpr std::size_t kMost = 8;
  if (readings.size() < kMost) {
    readings.push_back(std::move(reading));
    return;
  }
  ReadLine& weakest = *std::ranges::min_element(readings, {}, &ReadLine::confidence);
  if (weakest.confidence < reading.confidence) {
    weakest = std::move(reading);
  }
}

ScreenTextReader::Track* ScreenTextReader::find_same_strokes(const TextLine& line,
                                                             const TextLineSignature& signature,
                                                             Time time) {
  Track* best = nullptr;
  float best_similarity = options_.same_strokes;
  for (Track& track : tracks_) {
    // A track that was already met on this frame is another line with the same words.
    if (track.last_seen == time) {
      continue;
    }
    const float needed = same_place(track.line, line) ? 0 : 0.1F;  // of a line that moved
    const float similarity = track.signature.similarity(signature) - needed;
    if (similarity > best_similarity) {
      best = &track;
      best_similarity = similarity;
    }
  }
  return best;
}

ScreenTextReader::Track* ScreenTextReader::find_same_words(const ReadLine& reading, Time time) {
  for (Track& track : tracks_) {
    if (track.last_seen == time || reading.text.empty() || !same_place(track.line, reading.line)) {
      continue;
    }
    const ReadLine& known = track.reading();
    const float confidence = std::min(known.confidence, reading.confidence);
    if (text_similarity(known.text, reading.text) >= needed_similarity(confidence)) {
      return &track;
    }
  }
  return nullptr;
}

bool ScreenTextReader::must_read_again(const Track& track) const {
  constexpr std::size_t kTries = 3;
  return track.reading().confidence < options_.sure && track.readings.size() < kTries;
}

void ScreenTextReader::push(Time time, const Image& frame) {
  require(time > last_time_, ErrorCode::invalid_argument,
          "frames must come in order of time: {} us after {} us", time, last_time_);
  if (last_time_ >= 0) {
    step_ = time - last_time_;
  }
  for (Track& track : tracks_) {
    if (track.last_seen == last_time_) {
      track.seen_until = time;
    }
  }
  close_tracks(time);
  for (const TextLine& line : find_text_lines(frame)) {
    TextLineSignature signature(frame, line);
    Track* track = find_same_strokes(line, signature, time);
    if (track == nullptr || must_read_again(*track)) {
      ++lines_read_;
      ReadLine reading = reader_.read_line(frame, line).value_or(ReadLine{});
      if (track == nullptr) {
        track = find_same_words(reading, time);
      }
      if (track == nullptr) {
        track = &tracks_.emplace_back(Track{line, signature, {}, time, time, time});
      }
      track->add(std::move(reading));
    }
    track->line = line;
    track->signature = std::move(signature);
    track->last_seen = track->seen_until = time;
  }
  last_time_ = time;
}

void ScreenTextReader::close_tracks(Time time) {
  const auto stays = [&](const Track& track) {
    return time - track.last_seen <= std::max(options_.longest_gap, step_);
  };
  const auto first_gone = std::stable_partition(tracks_.begin(), tracks_.end(), stays);
  for (auto track = first_gone; track != tracks_.end(); ++track) {
    if (!track->reading().text.empty()) {
      gone_.push_back(std::move(*track));
    }
  }
  tracks_.erase(first_gone, tracks_.end());

  // Those that are gone wait until nothing that is still there could belong to their block.
  Time oldest_end = time;
  for (const Track& track : gone_) {
    oldest_end = std::min(oldest_end, track.seen_until);
  }
  if (gone_.empty() || time - oldest_end <= 2 * std::max(options_.longest_gap, step_)) {
    return;
  }
  for (auto& block : group(std::exchange(gone_, {}), [&](const Track&a, const Track&b) {
         const Time longest = std::max(a.seen_until - a.first_seen, b.seen_until - b.first_seen);
         const Time common =
             TimeSpan{a.first_seen, a.seen_until}.overlap({b.first_seen, b.seen_until});
         return stand_together(a.line, b.line) && common * 4 >= longest * 3;
       })) {
    std::sort(block.begin(), block.end(),
              [](const Track& a, const Track& b) { return before(a.line, b.line); });
    TimedText text{{block.front().first_seen, block.front().seen_until}, "", {}, ""};
    for (const Track& track : block) {
      text.span.start = std::min(text.span.start, track.first_seen);
      text.span.end = std::max(text.span.end, track.seen_until);
      text.text += (text.text.empty() ? "" : " ") + track.reading().text;
    }
    texts_.push_back(std::move(text));
  }
}

std::vector<TimedText> ScreenTextReader::finish() {
  for (Track& track : tracks_) {
    if (track.last_seen == last_time_) {
      track.seen_until = last_time_ + step_;
    }
  }
  constexpr Time kEver = std::numeric_limits<Time>::max() / 4;
  close_tracks(last_time_ + kEver);
  std::stable_sort(texts_.begin(), texts_.end(), [](const TimedText& a, const TimedText& b) {
    return a.span.start < b.span.start;
  });
  last_time_ = -1;
  step_ = kSecond;
  return std::exchange(texts_, {});
}

}  // namespace ogam

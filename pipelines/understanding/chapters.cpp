#include "pipelines/understanding/chapters.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/text/unicode.h"
#include "pipelines/understanding/alt_text.h"
#include "pipelines/understanding/key_phrases.h"

namespace ogam {

namespace {

constexpr Time kMinute = 60 * kSecond;
constexpr std::size_t kPhrases = 5;
constexpr int kTitleColumns = 60;
constexpr int kScreenTitleColumns = 40;  // what is longer on screen is no title
constexpr Time kScreenTitleReach = 5 * kSecond;
constexpr Time kScreenTitleStands = 2 * kSecond;
constexpr double kLetters = 0.8;  // what has more signs than that was hardly read right
constexpr float kSureLabel = 0.3F;

ChapterLengths lengths_of(Time duration, const ChapterOptions& options) {
  ChapterLengths lengths{options.min_length, options.max_length};
  if (lengths.min == 0) {
    lengths.min = std::clamp(duration / 30, 10 * kSecond, 3 * kMinute);
  }
  if (lengths.max == 0) {
    lengths.max = std::max({duration / 3, 3 * kMinute, lengths.min});
  }
  require(lengths.min >= kSecond && lengths.max >= lengths.min, ErrorCode::invalid_argument,
          "chapters must last a second at least and their greatest length be no less than their "
          "least, got {} s and {} s",
          to_seconds(lengths.min), to_seconds(lengths.max));
  return lengths;
}

std::string with_capital(const std::string& text) {
  const auto first = first_character(text);
  if (first.code_point < U'a' || first.code_point > U'z') {
    return text;
  }
  return static_cast<char>(first.code_point - U'a' + U'A') + text.substr(1);
}

/// Words of `text` as far as they fit a title, with an ellipsis where some are left out.
std::string shortened(const std::string& text) {
  if (display_width(text) <= kTitleColumns) {
    return text;
  }
  std::string kept;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at + 1), text.size());
    if (display_width(kept) + display_width(text.substr(at, end - at)) >= kTitleColumns) {
      break;
    }
    kept += text.substr(at, end - at);
    at = end;
  }
  for (std::size_t at = 0; kept.empty() && at < text.size();) {  // one endless word
    const std::size_t size = first_character(std::string_view(text).substr(at)).size;
    if (display_width(text.substr(0, at + size)) >= kTitleColumns) {
      kept = text.substr(0, at);
    }
    at += size;
  }
  return kept + "…";
}

std::string on_one_line(const std::string& text) {
  std::string line;
  for (const char32_t point : code_points(repair_utf8(text))) {
    if (is_white_space(point) || is_control(point)) {
      line += line.empty() || line.ends_with(' ') ? "" : " ";
    } else {
      append_utf8(point, line);
    }
  }
  return line.substr(0, line.find_last_not_of(' ') + 1);
}

bool is_readable(const std::string& text) {
  const auto points = code_points(text);
  const auto letters = std::count_if(points.begin(), points.end(), [](char32_t point) {
    return is_letter_or_digit(point) || point == U' ';
  });
  return points.size() >= 4 &&
         static_cast<double>(letters) >= kLetters * static_cast<double>(points.size());
}

/// What comes on screen as the chapter begins, short and long enough to be read.
std::string screen_title(const AssetMaterial& material, const TimeSpan& span) {
  const Time reach = std::min(span.end, span.start + kScreenTitleReach);
  for (const TimedSentence& line : sentences_in(material.written, {span.start - kSecond, reach})) {
    const std::string text = on_one_line(line.text);
    if (line.span.duration() >= kScreenTitleStands && display_width(text) <= kScreenTitleColumns &&
        is_readable(text)) {
      return text;
    }
  }
  return "";
}

/// The label that is surest on average over the chapter's segments.
std::string label_title(const AssetMaterial& material, const TimeSpan& span) {
  for (const auto labels : {&SegmentMaterial::pictures, &SegmentMaterial::sounds}) {
    const auto found = labels_in(material, span, labels);
    if (!found.empty() && found.front().probability >= kSureLabel) {
      return found.front().name;
    }
  }
  return "";
}

void name_chapter(const AssetMaterial& material, const WordCounts& counts, std::size_t number,
                  Chapter& chapter) {
  const auto spoken = sentences_in(material.spoken, chapter.span);
  const auto said = spoken.empty() ? sentences_in(material.written, chapter.span) : spoken;
  for (const KeyPhrase& phrase : key_phrases(said, counts, kPhrases)) {
    chapter.phrases.push_back(on_one_line(phrase.text));
  }
  std::string two = chapter.phrases.empty() ? "" : chapter.phrases.front();
  if (chapter.phrases.size() > 1 &&
      display_width(two) + display_width(chapter.phrases[1]) + 2 <= kTitleColumns) {
    two += ", " + chapter.phrases[1];
  }
  const std::pair<TitleSource, std::string> titles[] = {
      {TitleSource::screen, screen_title(material, chapter.span)},
      {TitleSource::phrases, two},
      {TitleSource::sentence, said.empty() ? "" : on_one_line(said.front().text)},
      {TitleSource::labels, label_title(material, chapter.span)},
      {TitleSource::number, fmt::format("Chapter {}", number)}};
  for (const auto& [source, title] : titles) {
    if (!title.empty()) {
      chapter.title = with_capital(shortened(title));
      chapter.title_source = source;
      return;
    }
  }
}

}  // namespace

std::string_view title_source_name(TitleSource source) {
  constexpr std::string_view kNames[] = {"screen", "phrases", "sentence",
                                         "labels", "number",  "writer"};
  return kNames[static_cast<std::size_t>(source)];
}

std::span<const TimedSentence> sentences_in(const std::vector<TimedSentence>& sentences,
                                            const TimeSpan& span) {
  const auto begins_before = [](Time time) {
    return [time](const TimedSentence& sentence) { return sentence.span.start < time; };
  };
  const auto first =
      std::partition_point(sentences.begin(), sentences.end(), begins_before(span.start));
  const auto last = std::partition_point(first, sentences.end(), begins_before(span.end));
  return {first, last};
}

std::vector<Chapter> find_chapters(const AssetMaterial& material, const ChapterOptions& options) {
  const Time duration = material.asset.duration;
  require(duration > 0, ErrorCode::invalid_argument,
          "a {} has no time to divide; chapters are of videos and sounds", material.asset.kind);
  const ChapterLengths lengths = lengths_of(duration, options);
  const Time window = std::clamp(lengths.min, 10 * kSecond, kMinute);
  const auto boundaries = choose_boundaries(find_boundaries(material, window), duration, lengths);

  std::vector<Chapter> chapters(boundaries.size() + 1);
  WordCounts counts;
  for (std::size_t i = 0; i < chapters.size(); ++i) {
    chapters[i].span = {i == 0 ? 0 : boundaries[i - 1].time,
                        i == boundaries.size() ? duration : boundaries[i].time};
    if (i > 0) {
      chapters[i].boundary = boundaries[i - 1];
    }
    counts.add_part(sentences_in(material.sentences(), chapters[i].span));
  }
  for (std::size_t i = 0; i < chapters.size(); ++i) {
    name_chapter(material, counts, i + 1, chapters[i]);
  }
  return chapters;
}

}  // namespace ogam

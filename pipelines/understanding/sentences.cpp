#include "pipelines/understanding/sentences.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/text/unicode.h"
#include "decoders/text/word_alignment.h"
#include "pipelines/timed_units.h"

namespace ogam {

namespace {

constexpr Time kPause = 1'500'000;
constexpr std::size_t kLongest = 300;  // characters

bool has_letters(const std::string& text) {
  const auto points = code_points(repair_utf8(text));
  return std::any_of(points.begin(), points.end(), is_letter_or_digit);
}

/// "Mr." and single letters ("J.") end no sentence.
bool is_abbreviation(std::string_view word) {
  constexpr std::array<std::string_view, 12> kShort = {
      "Mr.", "Mrs.", "Ms.", "Dr.", "St.", "Jr.", "Prof.", "vs.", "No.", "e.g.", "i.e.", "a.m."};
  return std::find(kShort.begin(), kShort.end(), word) != kShort.end() ||
         (word.size() == 2 && word[1] == '.');
}

bool ends_with_mark(std::string_view word) {
  constexpr std::array<std::string_view, 6> kMarks = {".", "?", "!", "。", "？", "！"};
  constexpr std::array<std::string_view, 5> kClosing = {"\"", "'", ")", "”", "’"};
  for (const auto closing : kClosing) {
    if (word.ends_with(closing)) {
      word.remove_suffix(closing.size());
      break;
    }
  }
  return std::any_of(kMarks.begin(), kMarks.end(),
                     [&](std::string_view mark) { return word.ends_with(mark); });
}

TimeSpan within(const TimeSpan& span, Time duration) {
  const Time start = std::clamp<Time>(span.start, 0, duration);
  return {start, std::clamp<Time>(span.end, start, duration)};
}

/// Puts words together to sentences.
class SentenceBuilder {
 public:
  SentenceBuilder(Lane lane, Time duration) : lane_(lane), duration_(duration) {}

  void add(TimedText utterance, std::size_t record) {
    utterance.text = repair_utf8(utterance.text);
    bool spaced = is_written_with_spaces(language_of(utterance));  // from the utterance before
    for (const TimedUnit& unit : timed_units(utterance)) {
      if (!open_.text.empty() && unit.span.start - open_.span.end >= kPause) {
        close();
      }
      if (open_.text.empty()) {
        open_.span = unit.span;
        open_.language = language_of(utterance);
        open_.record = record;
      } else {
        open_.text += spaced || unit.spaced ? " " : "";
      }
      spaced = false;
      open_.text += unit.text;
      open_.span.end = std::max(open_.span.end, unit.span.end);
      if (open_.record != record) {
        open_.record.reset();  // of several
      }
      if (ends_with_mark(unit.text) && !is_abbreviation(unit.text)) {
        part_of(utterance.text);
        close();
      }
    }
    part_of(utterance.text);
    if (ends_sentence(open_.text) || code_points(open_.text).size() >= kLongest) {
      close();
    }
  }

  std::vector<TimedSentence> finish() {
    close();
    return std::move(sentences_);
  }

 private:
  /// What is less than its utterance is no record of the archive.
  void part_of(const std::string& utterance) {
    if (open_.text != utterance) {
      open_.record.reset();
    }
  }

  void close() {
    if (has_letters(open_.text)) {
      open_.lane = lane_;
      open_.span = within(open_.span, duration_);
      sentences_.push_back(std::move(open_));
    }
    open_ = {};
  }

  const Lane lane_;
  const Time duration_;
  TimedSentence open_;
  std::vector<TimedSentence> sentences_;
};

}  // namespace

bool has_hangul(std::string_view text) {
  const auto points = code_points(repair_utf8(text));
  return std::any_of(points.begin(), points.end(), is_hangul_syllable);
}

std::string language_of(const TimedText& text) {
  return text.language.empty() && has_hangul(text.text) ? "ko" : text.language;
}

bool ends_sentence(std::string_view text) {
  constexpr std::array<std::string_view, 6> kKoreanEnds = {"다", "요", "까", "죠", "네", "오"};
  return ends_with_mark(text) ||
         std::any_of(kKoreanEnds.begin(), kKoreanEnds.end(),
                     [&](std::string_view end) { return text.ends_with(end); });
}

bool is_in_language(const TimedSentence& sentence, std::string_view language) {
  return sentence.language.empty() ? language != "ko" : sentence.language == language;
}

std::vector<TimedSentence> make_sentences(const std::vector<WordsRecord>& words, Lane lane,
                                          Time duration) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i].lane == lane) {
      order.push_back(i);
    }
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return words[a].text.span.start < words[b].text.span.start;
  });
  if (lane == Lane::speech) {
    SentenceBuilder builder(lane, duration);
    for (const std::size_t i : order) {
      builder.add(words[i].text, i);
    }
    return builder.finish();
  }
  std::vector<TimedSentence> texts;
  for (const std::size_t i : order) {
    const TimedText& text = words[i].text;
    if (has_letters(text.text)) {
      texts.push_back({.span = within(text.span, duration),
                       .text = text.text,
                       .language = language_of(text),
                       .lane = lane,
                       .vector = {},
                       .record = i});
    }
  }
  return texts;
}

}  // namespace ogam

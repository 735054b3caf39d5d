#include "pipelines/spoken_words.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/text/unicode.h"
#include "decoders/text/repetition.h"

namespace ogam {
namespace {

constexpr std::int64_t kMillisecond = SileroVad::kSampleRate / 1000;
constexpr std::int64_t kTolerance =
    200 * kMillisecond;  // detected speech may miss so much at its ends
constexpr std::int64_t kMargin =
    60 * kMillisecond;  // left around speech when words are fitted to it
constexpr std::int64_t kShortestWord = 40 * kMillisecond;
// The recogniser does not hear what was cut out between two spans of speech and may make one
// utterance of both; one with a longer pause in the stream is two.
constexpr Time kLongestPause = 3 * kSecond;

std::int64_t overlap(const SampleSpan& a, const SampleSpan& b) {
  return std::max<std::int64_t>(0, std::min(a.end, b.end) - std::max(a.start, b.start));
}

bool is_spoken(const SampleSpan& span, std::span<const SampleSpan> speech) {
  const SampleSpan wide = {span.start - kTolerance, span.end + kTolerance};
  return std::any_of(speech.begin(), speech.end(),
                     [&](const auto& spoken) { return overlap(wide, spoken) > 0; });
}

/// The span within the speech that it shares most with; unchanged when it shares none.
SampleSpan fitted(const SampleSpan& span, std::span<const SampleSpan> speech) {
  const SampleSpan* best = nullptr;
  for (const auto& spoken : speech) {
    if (overlap(span, spoken) > (best == nullptr ? 0 : overlap(span, *best))) {
      best = &spoken;
    }
  }
  if (best == nullptr) {
    return span;
  }
  const SampleSpan result = {std::max(span.start, best->start - kMargin),
                             std::min(span.end, best->end + kMargin)};
  return result.size() >= kShortestWord ? result : span;
}

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\n");
  return first == std::string::npos
             ? std::string()
             : text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

bool has_letter_or_digit(const std::string& text) {
  const auto points = code_points(repair_utf8(text));
  return std::any_of(points.begin(), points.end(), is_letter_or_digit);
}

/// Puts text and span together anew after words have gone or moved.
void renew_from_words(SpokenText& utterance) {
  utterance.text.clear();
  for (const auto& word : utterance.words) {
    utterance.text += word.text;
  }
  utterance.span = {utterance.words.front().span.start, utterance.words.back().span.end};
}

void erase_words(std::vector<SpokenText>& utterances, const std::vector<bool>& keep) {
  std::size_t index = 0;
  for (auto& utterance : utterances) {
    const auto before = utterance.words.size();
    std::erase_if(utterance.words, [&](const auto&) { return !keep[index++]; });
    if (utterance.words.size() == before) {
      continue;
    }
    if (utterance.words.empty()) {
      utterance.text.clear();
    } else {
      renew_from_words(utterance);
    }
  }
  std::erase_if(utterances, [](const auto& utterance) { return utterance.text.empty(); });
}

}  // namespace

void drop_where_silent(std::vector<SpokenText>& utterances, std::span<const SampleSpan> speech) {
  std::vector<bool> keep;
  for (auto& utterance : utterances) {
    for (const auto& word : utterance.words) {
      keep.push_back(is_spoken(word.span, speech));
    }
    if (utterance.words.empty() && !is_spoken(utterance.span, speech)) {
      utterance.text.clear();
    }
  }
  erase_words(utterances, keep);
}

void fit_to_speech(std::vector<SpokenText>& utterances, std::span<const SampleSpan> speech) {
  for (auto& utterance : utterances) {
    if (utterance.words.empty()) {
      utterance.span = fitted(utterance.span, speech);
      continue;
    }
    for (auto& word : utterance.words) {
      word.span = fitted(word.span, speech);
    }
    renew_from_words(utterance);
  }
}

void cut_loops(std::vector<SpokenText>& utterances) {
  std::vector<std::string> words;
  for (const auto& utterance : utterances) {
    std::transform(utterance.words.begin(), utterance.words.end(), std::back_inserter(words),
                   [](const auto& word) { return fold_for_matching(trimmed(word.text)); });
  }
  std::vector<bool> keep(words.size(), true);
  for (std::size_t from = 0; from < words.size();) {
    const auto loop = find_loop(std::span<const std::string>(words).subspan(from));
    if (loop.period == 0) {
      break;
    }
    const auto start = from + loop.start;
    std::fill_n(keep.begin() + static_cast<std::ptrdiff_t>(start + loop.period),
                loop.length - loop.period, false);
    from = start + loop.length;
  }
  erase_words(utterances, keep);
}

std::vector<TimedText> to_timed_text(const std::vector<SpokenText>& utterances,
                                     const SpeechWindow& window, const std::string& language) {
  std::vector<TimedText> result;
  const auto empty_text = [&] {
    return TimedText{.span = {}, .text = {}, .words = {}, .language = language};
  };
  const auto add = [&](TimedText text) {
    text.text = trimmed(repair_utf8(text.text));
    if (!has_letter_or_digit(text.text)) {
      return;
    }
    if (!text.words.empty()) {
      text.span = {text.words.front().span.start, text.words.back().span.end};
    }
    result.push_back(std::move(text));
  };
  for (const auto& utterance : utterances) {
    TimedText text = empty_text();
    text.span = window.stream_time(utterance.span);
    if (utterance.words.empty()) {
      text.text = utterance.text;
    }
    for (const auto& word : utterance.words) {
      const auto span = window.stream_time(word.span);
      if (!text.words.empty() && span.start - text.words.back().span.end > kLongestPause) {
        add(std::exchange(text, empty_text()));
      }
      text.text += word.text;
      if (auto written = trimmed(repair_utf8(word.text)); !written.empty()) {
        text.words.push_back({.span = span,
                              .text = std::move(written),
                              .probability = static_cast<float>(word.probability)});
      }
    }
    add(std::move(text));
  }
  return result;
}

}  // namespace ogam

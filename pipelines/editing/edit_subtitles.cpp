#include "pipelines/editing/edit_subtitles.h"

#include <algorithm>
#include <utility>

#include "pipelines/subtitle_writer.h"

namespace ogam {

namespace {

/// Less of an utterance than this, at a clip's edge, cannot be read.
constexpr Time kShortest = kSecond / 5;

/// What of an utterance is said within a span; nothing where that is too little.
TimedText cut_utterance(const TimedText& utterance, const TimeSpan& span) {
  TimedText part{
      .span = {std::max(utterance.span.start, span.start), std::min(utterance.span.end, span.end)},
      .text = utterance.text,
      .words = {},
      .language = utterance.language};
  if (part.span.duration() < kShortest) {
    return {};
  }
  if (utterance.words.empty() || part.span == utterance.span) {
    part.words = utterance.words;
    return part;
  }
  part.text.clear();
  for (const TimedWord& word : utterance.words) {
    if (span.contains(word.span.middle())) {
      part.text += (part.text.empty() ? "" : " ") + word.text;
      part.words.push_back(word);
    }
  }
  return part;
}

}  // namespace

std::vector<TimedText> edit_subtitles(const EditPlan& plan) {
  std::vector<TimedText> subtitles;
  for (const PlannedClip& clip : plan.clips) {
    const Time at = plan.rate.time_of(clip.first);
    const TimeSpan span = clip.source.span;
    SubtitleLayout layout;
    std::vector<TimedText> said;
    if (!clip.source.caption.empty()) {
      layout.max_duration = std::max(layout.max_duration, span.duration());  // it stands all along
      said.push_back({.span = span, .text = clip.source.caption, .words = {}, .language = {}});
    } else {
      for (const TimedText& utterance : clip.source.speech) {
        said.push_back(cut_utterance(utterance, span));
      }
    }
    std::erase_if(said, [](const TimedText& text) { return text.text.empty(); });
    for (TimedText& text : lay_out_subtitles(said, layout)) {
      text.span = {text.span.start + at - span.start, text.span.end + at - span.start};
      text.words.clear();
      subtitles.push_back(std::move(text));
    }
  }
  std::ranges::stable_sort(subtitles, {}, [](const TimedText& text) { return text.span.start; });
  for (std::size_t i = 1; i < subtitles.size(); ++i) {
    TimeSpan& before = subtitles[i - 1].span;
    before.end = std::min(before.end, subtitles[i].span.start);
  }
  std::erase_if(subtitles, [](const TimedText& text) { return text.span.duration() <= 0; });
  return subtitles;
}

}  // namespace ogam

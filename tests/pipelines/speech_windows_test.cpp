#include "pipelines/speech_windows.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <iterator>

#include "pipelines/spoken_words.h"
#include "tests/support/golden.h"
#include "tests/support/speech_clips.h"

namespace ogam {
namespace {

using Samples = std::vector<float>;

Samples joined(const std::vector<Samples>& parts) {
  Samples all;
  for (const auto& part : parts) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

Samples silence(double seconds) { return Samples(static_cast<std::size_t>(seconds * 16000)); }

std::vector<SpeechWindow> windows_of(const Samples& stream, std::size_t at_once) {
  at::set_num_threads(1);  // these matrices are small
  Checkpoint checkpoint(test::pack_folder() / "models" / "silero-vad");
  const SileroVad model(checkpoint);
  SpeechWindowBuilder builder(model);
  std::vector<SpeechWindow> windows;
  const auto keep = [&](std::vector<SpeechWindow> more) {
    std::move(more.begin(), more.end(), std::back_inserter(windows));
  };
  for (std::size_t i = 0; i < stream.size(); i += at_once) {
    keep(builder.push(std::span(stream).subspan(i, std::min(at_once, stream.size() - i))));
  }
  keep(builder.finish());
  return windows;
}

TEST(SpeechWindowBuilderTest, PacksSparseSpeechIntoOneWindow) {
  const auto clip = test::speech_clip("0880");
  const auto windows = windows_of(joined({silence(20), clip, silence(60), clip, silence(5)}), 4000);
  ASSERT_EQ(windows.size(), 1U);
  ASSERT_EQ(windows[0].pieces.size(), 2U);
  EXPECT_LT(windows[0].samples.size(), 2 * clip.size() + 16000);
  const auto second = windows[0].speech[1];
  const auto time = windows[0].stream_time(second);
  EXPECT_NEAR(to_seconds(time.start), 20 + 2.99 + 60, 0.4);
}

TEST(SpeechWindowBuilderTest, WindowsHoldTheSamplesOfTheStreamAndNoMoreThanTheLimit) {
  std::vector<Samples> parts;
  for (int i = 0; i < 12; ++i) {
    parts.push_back(test::speech_clip(i % 2 == 0 ? "0870" : "0920"));
    parts.push_back(silence(i % 3));
  }
  const auto stream = joined(parts);
  const auto windows = windows_of(stream, 16000);
  EXPECT_GE(windows.size(), 3U);
  std::int64_t last_end = 0;
  for (const auto& window : windows) {
    EXPECT_LE(window.samples.size(), 480000U);
    for (const auto& piece : window.pieces) {
      EXPECT_GE(piece.stream_start, last_end);
      last_end = piece.stream_start + piece.size;
      ASSERT_TRUE(std::equal(window.samples.begin() + piece.window_start,
                             window.samples.begin() + piece.window_start + piece.size,
                             stream.begin() + piece.stream_start));
    }
  }
}

TEST(SpeechWindowBuilderTest, DoesNotDependOnHowTheStreamIsDivided) {
  const auto stream = joined({test::speech_clip("0870"), silence(2), test::speech_clip("0930")});
  const auto whole = windows_of(stream, stream.size());
  const auto parts = windows_of(stream, 777);
  ASSERT_EQ(whole.size(), parts.size());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    EXPECT_EQ(whole[i].speech, parts[i].speech);
    EXPECT_EQ(whole[i].samples, parts[i].samples);
  }
}

TEST(SpeechWindowTest, TimesAreThoseOfThePieceThatHoldsTheMiddle) {
  SpeechWindow window;
  window.pieces = {{.window_start = 0, .stream_start = 16000, .size = 16000},
                   {.window_start = 16000, .stream_start = 160000, .size = 16000}};
  EXPECT_EQ(window.stream_time({8000, 12000}), (TimeSpan{1'500'000, 1'750'000}));
  EXPECT_EQ(window.stream_time({17600, 32000}), (TimeSpan{10'100'000, 11'000'000}));
  EXPECT_EQ(window.stream_time({15000, 20000}), (TimeSpan{10'000'000, 10'250'000}));
}

SpokenText utterance(const std::vector<std::string>& words, std::int64_t start) {
  SpokenText text;
  for (const auto& word : words) {
    text.words.push_back({.span = {start, start + 8000}, .text = " " + word});
    text.text += " " + word;
    start += 8000;
  }
  text.span = {text.words.front().span.start, text.words.back().span.end};
  return text;
}

TEST(SpokenWordsTest, WordsWhereNobodySpeaksAreDropped) {
  std::vector<SpokenText> texts = {utterance({"good", "morning"}, 0),
                                   utterance({"Thank", "you"}, 160000)};
  drop_where_silent(texts, std::vector<SampleSpan>{{0, 16000}});
  ASSERT_EQ(texts.size(), 1U);
  EXPECT_EQ(texts[0].text, " good morning");
}

TEST(SpokenWordsTest, WordsEndWhereTheSpeechEnds) {
  std::vector<SpokenText> texts = {utterance({"good", "morning"}, 0)};
  fit_to_speech(texts, std::vector<SampleSpan>{{4000, 12000}});
  EXPECT_EQ(texts[0].words[0].span, (SampleSpan{3040, 8000}));
  EXPECT_EQ(texts[0].words[1].span, (SampleSpan{8000, 12960}));
  EXPECT_EQ(texts[0].span, (SampleSpan{3040, 12960}));
}

TEST(SpokenWordsTest, LoopsAreCutToOneRound) {
  std::vector<SpokenText> texts = {utterance({"so", "I", "said"}, 0)};
  for (int i = 0; i < 6; ++i) {
    texts.push_back(utterance({"Come", "on."}, 24000 + i * 16000));
  }
  texts.push_back(utterance({"Right"}, 130000));
  cut_loops(texts);
  ASSERT_EQ(texts.size(), 3U);
  EXPECT_EQ(texts[1].text, " Come on.");
  EXPECT_EQ(texts[2].text, " Right");
}

TEST(SpokenWordsTest, AnUtteranceWithALongPauseInTheStreamIsParted) {
  SpeechWindow window;
  window.pieces = {{.window_start = 0, .stream_start = 16000, .size = 16000},
                   {.window_start = 16000, .stream_start = 160000, .size = 16000}};
  const auto texts = to_timed_text({utterance({"good", "morning", "how", "are"}, 0)}, window, "en");
  ASSERT_EQ(texts.size(), 2U);
  EXPECT_EQ(texts[0].text, "good morning");
  EXPECT_EQ(texts[0].span, (TimeSpan{1'000'000, 2'000'000}));
  EXPECT_EQ(texts[1].text, "how are");
  EXPECT_EQ(texts[1].span, (TimeSpan{10'000'000, 11'000'000}));
  ASSERT_EQ(texts[1].words.size(), 2U);
  EXPECT_EQ(texts[1].words[0].text, "how");
}

TEST(SpokenWordsTest, AShortPauseDoesNotPartAnUtterance) {
  SpeechWindow window;
  window.pieces = {{.window_start = 0, .stream_start = 16000, .size = 16000},
                   {.window_start = 16000, .stream_start = 64000, .size = 16000}};
  EXPECT_EQ(to_timed_text({utterance({"good", "morning", "all"}, 0)}, window, "en").size(), 1U);
}

TEST(SpokenWordsTest, TextWithoutAnyLetterIsLeftOut) {
  SpeechWindow window;
  window.pieces = {{.window_start = 0, .stream_start = 0, .size = 160000}};
  EXPECT_TRUE(to_timed_text({utterance({"...", "-"}, 0)}, window, "en").empty());
  EXPECT_EQ(to_timed_text({utterance({"네", "."}, 0)}, window, "ko").size(), 1U);
}

}  // namespace
}  // namespace ogam

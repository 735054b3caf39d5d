#include "pipelines/speech_generation.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/media/audio_writer.h"
#include "core/text/sentences.h"

namespace ogam {
namespace {

constexpr double kSentencePause = 0.3;   // seconds
constexpr double kParagraphPause = 0.8;  // seconds
constexpr float kLoudest = 0.95F;        // so that lossy formats do not go beyond full scale

void soften(std::vector<float>& samples) {
  float peak = 0;
  for (const float sample : samples) {
    peak = std::max(peak, std::abs(sample));
  }
  if (peak > kLoudest) {
    for (float& sample : samples) {
      sample *= kLoudest / peak;
    }
  }
}

void add_left_out(const std::vector<std::string>& characters, SpeechReport& report) {
  for (const auto& character : characters) {
    if (std::find(report.left_out.begin(), report.left_out.end(), character) ==
        report.left_out.end()) {
      report.left_out.push_back(character);
    }
  }
}

}  // namespace

SpeechReport generate_speech(const SpeechVoice& voice, std::string_view text,
                             const std::filesystem::path& out,
                             const CancellationToken& cancellation,
                             const std::function<void(const SpeechProgress&)>& on_progress) {
  const auto sentences = split_sentences(text);
  require(!sentences.empty(), ErrorCode::invalid_argument, "the text is empty");
  AudioWriter writer(out, voice.sample_rate());
  SpeechReport report;
  std::size_t written = 0;  // samples
  double pause = 0;         // before the next sentence, seconds
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    cancellation.check();
    auto spoken = voice.speak(sentences[i].text, i);
    add_left_out(spoken.left_out, report);
    if (spoken.samples.empty()) {
      ++report.silent;
    } else {
      soften(spoken.samples);
      const auto silence = static_cast<std::size_t>(pause * voice.sample_rate());
      writer.write(std::vector<float>(silence));
      writer.write(spoken.samples);
      written += silence + spoken.samples.size();
      pause = 0;
      ++report.sentences;
    }
    pause = std::max(pause, sentences[i].ends_paragraph ? kParagraphPause : kSentencePause);
    report.duration = from_seconds(static_cast<double>(written) / voice.sample_rate());
    if (on_progress) {
      on_progress({.spoken = report.duration,
                   .share = static_cast<double>(i + 1) / static_cast<double>(sentences.size())});
    }
  }
  require(report.sentences > 0, ErrorCode::invalid_argument,
          "there is nothing in the text that the voice {} can speak{}", voice.name(),
          report.left_out.empty()
              ? ""
              : fmt::format("; it does not know {}", fmt::join(report.left_out, " ")));
  cancellation.check();
  writer.finish();
  return report;
}

}  // namespace ogam

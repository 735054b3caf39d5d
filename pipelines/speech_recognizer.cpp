#include "pipelines/speech_recognizer.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <utility>

#include "core/base/error.h"
#include "core/tensor/checkpoint.h"
#include "core/text/unicode.h"
#include "decoders/text/whisper_fallback.h"
#include "decoders/text/whisper_segments.h"
#include "decoders/text/word_alignment.h"
#include "pipelines/spoken_words.h"
#include "pipelines/whisper_model.h"

namespace ogam {
namespace {

constexpr std::int64_t kSampleRate = SileroVad::kSampleRate;
constexpr std::int64_t kSamplesPerTimestamp = kSampleRate / WhisperTokens::kTimestampsPerSecond;

// Speech that the model passed over for the window to be heard again from there.
constexpr std::int64_t kMinLeftOver = kSampleRate / 2;
// A pass that gets less far is a short step, and a window is given up after so many of them.
constexpr std::int64_t kMinProgress = kSampleRate;
constexpr int kMaxShortSteps = 3;

/// Samples of speech after `sample`.
std::int64_t speech_after(std::int64_t sample, std::span<const SampleSpan> speech) {
  std::int64_t sum = 0;
  for (const auto& span : speech) {
    sum += std::max<std::int64_t>(0, span.end - std::max(span.start, sample));
  }
  return sum;
}

void shift(SampleSpan& span, std::int64_t by) {
  span.start += by;
  span.end += by;
}

}  // namespace

struct SpeechRecognizer::State {
  State(Checkpoint& whisper, Checkpoint& voice)
      : model(whisper),
        search(model.decoder, model.tokens),
        aligner(model.decoder, model.tokens),
        vad(voice) {
    whisper.finish();
    voice.finish();
  }

  WhisperDecoding decode(const std::vector<KeyValues>& sound,
                         const std::vector<std::int32_t>& prompt,
                         const TranscriptionOptions& options,
                         const CancellationToken& cancellation) const;

  struct Heard {
    const std::vector<WhisperSegment>& segments;
    const std::vector<KeyValues>& sound;
    const std::vector<std::int32_t>& prompt;
    const std::string& language;
    double seconds = 0;  ///< of sound in the window
  };
  /// The segments as utterances.
  std::vector<SpokenText> utterances(const Heard& heard, bool word_times) const;

  WhisperModel model;
  WhisperSearch search;
  WordAligner aligner;
  SileroVad vad;
};

WhisperDecoding SpeechRecognizer::State::decode(const std::vector<KeyValues>& sound,
                                                const std::vector<std::int32_t>& prompt,
                                                const TranscriptionOptions& options,
                                                const CancellationToken& cancellation) const {
  const auto at_temperature = [&](double temperature) {
    return search.decode(
        sound, prompt,
        {.beam_size = options.beam_size, .temperature = temperature, .cancellation = cancellation});
  };
  return decode_with_fallback(at_temperature, [&](auto ids) { return model.text_of(ids); });
}

std::vector<SpokenText> SpeechRecognizer::State::utterances(const Heard& heard,
                                                            bool word_times) const {
  std::vector<std::int32_t> text;
  for (const auto& segment : heard.segments) {
    text.insert(text.end(), segment.text.begin(), segment.text.end());
  }
  const auto times =
      word_times ? aligner.align(heard.sound, heard.prompt, text, heard.seconds) : TokenTimes{};
  const auto sample = [&](std::size_t token) {
    return std::llround(times.starts[token] * static_cast<double>(kSampleRate));
  };
  std::vector<SpokenText> result;
  std::size_t first = 0;  // token of the segment
  for (const auto& segment : heard.segments) {
    SpokenText utterance{
        .span = {segment.start * kSamplesPerTimestamp, segment.end * kSamplesPerTimestamp},
        .text = model.text_of(segment.text),
        .words = {}};
    if (word_times) {
      const auto decode_text = [&](auto ids) {
        return model.tokenizer.decode(ids, {.repair = false});
      };
      for (auto& word : split_words(segment.text, heard.language, decode_text)) {
        const auto token = first + word.first;
        const auto begin = times.probabilities.begin() + static_cast<std::ptrdiff_t>(token);
        const auto sum =
            std::accumulate(begin, begin + static_cast<std::ptrdiff_t>(word.spoken), 0.0);
        utterance.words.push_back({.span = {sample(token), sample(token + word.spoken)},
                                   .text = std::move(word.text),
                                   .probability = sum / static_cast<double>(word.spoken)});
      }
    }
    first += segment.text.size();
    result.push_back(std::move(utterance));
  }
  return result;
}

SpeechRecognizer::SpeechRecognizer(const std::filesystem::path& whisper_folder,
                                   const std::filesystem::path& vad_folder) {
  const c10::InferenceMode inference;
  Checkpoint whisper(whisper_folder);
  Checkpoint voice(vad_folder);
  state_ = std::make_unique<const State>(whisper, voice);
}

SpeechRecognizer::~SpeechRecognizer() = default;

const SileroVad& SpeechRecognizer::voice_activity() const { return state_->vad; }

std::int64_t SpeechRecognizer::window_samples() const {
  return state_->model.features.window_samples();
}

void SpeechRecognizer::check(const TranscriptionOptions& options) const {
  require(options.beam_size >= 1 && options.beam_size <= 16, ErrorCode::invalid_argument,
          "the number of beams must be 1 to 16, got {}", options.beam_size);
  require(options.workers >= 0 && options.workers <= 64, ErrorCode::invalid_argument,
          "the number of speech workers must be 0 to 64, got {}", options.workers);
  // A model of English alone has no languages to listen for, but options that it may refuse.
  if (options.language != "auto" || state_->model.tokens.languages.empty()) {
    state_->model.tokens.prompt(options.language, options.translate);
  }
}

std::vector<KeyValues> SpeechRecognizer::listen(std::span<const float> samples) const {
  const c10::InferenceMode inference;
  return state_->model.listen(samples);
}

std::vector<LanguageProbability> SpeechRecognizer::detect_language(
    const std::vector<KeyValues>& sound) const {
  const c10::InferenceMode inference;
  return state_->search.detect_language(sound);
}

std::vector<TimedText> SpeechRecognizer::recognize(const SpeechWindow& window,
                                                   std::vector<KeyValues> sound,
                                                   const std::string& language,
                                                   const TranscriptionOptions& options,
                                                   const CancellationToken& cancellation) const {
  const c10::InferenceMode inference;
  const auto prompt = state_->model.tokens.prompt(language, options.translate);
  const std::string written = options.translate ? "en" : language;
  const std::span<const float> samples = window.samples;
  const auto size = static_cast<std::int64_t>(samples.size());
  std::vector<SpokenText> spoken;
  int short_steps = 0;
  // The model may stop before the end of the window; what it left is heard again from there.
  for (std::int64_t from = 0; speech_after(from, window.speech) > 0;) {
    cancellation.check();
    if (sound.empty()) {
      sound = listen(samples.subspan(from));
    }
    const auto decoding = state_->decode(sound, prompt, options, cancellation);
    if (decoding.silent()) {
      break;
    }
    auto heard = split_segments(decoding.sequence.tokens, state_->model.tokens,
                                static_cast<std::int32_t>((size - from) / kSamplesPerTimestamp));
    const auto progress = heard.heard * kSamplesPerTimestamp;
    short_steps += progress < kMinProgress ? 1 : 0;
    const bool again = progress > 0 && short_steps <= kMaxShortSteps &&
                       speech_after(from + progress, window.speech) >= kMinLeftOver;
    if (!again && heard.unfinished && !decoding.repeats()) {
      heard.segments.push_back(*std::move(heard.unfinished));
    }
    auto utterances = state_->utterances(
        {.segments = heard.segments,
         .sound = sound,
         .prompt = prompt,
         .language = written,
         .seconds = static_cast<double>(size - from) / static_cast<double>(kSampleRate)},
        options.word_times);
    for (auto& utterance : utterances) {
      shift(utterance.span, from);
      for (auto& word : utterance.words) {
        shift(word.span, from);
      }
      spoken.push_back(std::move(utterance));
    }
    if (!again) {
      break;
    }
    from += progress;
    sound.clear();
  }
  cut_loops(spoken);
  drop_where_silent(spoken, window.speech);
  fit_to_speech(spoken, window.speech);
  return to_timed_text(spoken, window, written);
}

}  // namespace ogam

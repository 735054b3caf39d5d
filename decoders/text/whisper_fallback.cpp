#include "decoders/text/whisper_fallback.h"

#include <array>
#include <utility>

#include "decoders/text/repetition.h"

namespace ogam {
namespace {

constexpr std::array kTemperatures = {0.0, 0.2, 0.4, 0.6, 0.8, 1.0};
constexpr double kMaxCompressionRatio = 2.4;
constexpr double kMinLogProbability = -1.0;
constexpr double kMaxNoSpeech = 0.6;

/// What is compared: the larger, the better.
std::pair<bool, double> merit(const WhisperDecoding& decoding) {
  return {!decoding.repeats(), decoding.sequence.average_log_probability};
}

}  // namespace

bool WhisperDecoding::repeats() const {
  return sequence.stuck || compression > kMaxCompressionRatio;
}

bool WhisperDecoding::unlikely() const {
  return sequence.average_log_probability < kMinLogProbability;
}

bool WhisperDecoding::silent() const {
  return unlikely() && sequence.no_speech_probability > kMaxNoSpeech;
}

WhisperDecoding decode_with_fallback(
    const std::function<WhisperSequence(double)>& decode,
    const std::function<std::string(std::span<const std::int32_t>)>& text_of) {
  WhisperDecoding best;
  for (const double temperature : kTemperatures) {
    WhisperDecoding decoding;
    decoding.sequence = decode(temperature);
    decoding.compression = compression_ratio(text_of(decoding.sequence.tokens));
    if (decoding.silent() || (!decoding.repeats() && !decoding.unlikely())) {
      return decoding;
    }
    if (temperature == kTemperatures.front() || merit(decoding) > merit(best)) {
      best = std::move(decoding);
    }
  }
  return best;
}

}  // namespace ogam

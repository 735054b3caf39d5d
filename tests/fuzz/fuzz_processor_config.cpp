#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/nn/gemma_media_sequence.h"
#include "core/nn/processor_config.h"
#include "encoders/audio/clap_features.h"
#include "encoders/audio/gemma4_audio_features.h"
#include "encoders/audio/waveform_features.h"
#include "encoders/audio/whisper_features.h"
#include "encoders/image/image_processor.h"
#include "encoders/image/patch_processor.h"
#include "encoders/image/pixel_values.h"
#include "encoders/video/frame_sampling.h"

namespace {

using ogam::ProcessorConfig;

/// Reads a configuration as one model would, where that is what it is.
template <typename Parse>
void attempt(const ProcessorConfig& config, const Parse& parse) {
  try {
    parse(config);
  } catch (const ogam::Error&) {  // NOLINT(bugprone-empty-catch): refused, as it may be
  }
}

/// What an accepted processor makes of a picture has the size that was asked for.
void prepare_picture(const ProcessorConfig& config) {
  constexpr int kMost = 64;  // pixels of a side; more only takes longer
  const auto parsed = ogam::ImageProcessorConfig::parse(config);
  const auto exact =
      parsed.do_center_crop ? parsed.crop_size : parsed.size.exact.value_or(ogam::Size());
  const auto resized =
      parsed.size.exact.value_or(ogam::Size{parsed.size.shortest_edge, parsed.size.shortest_edge});
  for (const int side : {exact.width, exact.height, resized.width, resized.height}) {
    if (side > kMost) {
      return;
    }
  }
  const ogam::Image picture = {
      .width = 5, .height = 3, .pixels = std::vector<std::uint8_t>(std::size_t{5} * 3 * 3, 7)};
  const auto pixels = ogam::ImageProcessor(parsed)(std::span(&picture, 1));
  const bool fits =
      exact == ogam::Size() || (pixels.size(2) == exact.height && pixels.size(3) == exact.width);
  if (pixels.dim() != 4 || pixels.size(1) != 3 || !fits) {
    std::abort();
  }
}

/// Frames that are chosen are frames that there are, in order.
void choose_frames(const ProcessorConfig& config) {
  constexpr std::int64_t kFrames = 90;
  const auto sampling = ogam::FrameSampling::parse(config);
  std::int64_t last = 0;
  for (const auto frame :
       ogam::sample_frames(sampling, {.frames = kFrames, .fps = 30, .duration = 3})) {
    if (frame < last || frame >= kFrames) {
      std::abort();
    }
    last = frame;
  }
}

}  // namespace

/// Whatever the bytes, a preprocessor's configuration is read or refused.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const ProcessorConfig config(ogam::parse_json(text, "input"), "input");
    attempt(config, &prepare_picture);
    attempt(config, &choose_frames);
    attempt(config, [](const auto& c) { ogam::PixelConfig::parse(c, {}); });
    attempt(config, &ogam::NaflexProcessor::Config::parse);
    attempt(config, &ogam::Gemma4Processor::Config::parse);
    attempt(config, &ogam::QwenProcessor::Config::parse);
    attempt(config, &ogam::GemmaVideoSettings::parse);
    attempt(config, &ogam::WhisperFeatures::Config::parse);
    attempt(config, &ogam::ClapFeatures::Config::parse);
    attempt(config, &ogam::Gemma4AudioFeatures::Config::parse);
    attempt(config, &ogam::WaveformFeatures::Config::parse);
  } catch (const ogam::Error&) {
    return 0;
  }
  return 0;
}

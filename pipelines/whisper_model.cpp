#include "pipelines/whisper_model.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/nn/processor_config.h"
#include "decoders/text/whisper_generation.h"
#include "encoders/audio/silero_vad.h"

namespace ogam {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSampleRate = SileroVad::kSampleRate;  // of what finds the speech

WhisperTokens read_tokens(const Checkpoint& checkpoint, const WhisperDecoderConfig& config,
                          const Tokenizer& tokenizer) {
  const auto& folder = checkpoint.folder();
  return WhisperTokens::parse(whisper_generation_config(folder, checkpoint.config(), tokenizer),
                              config, display_path(folder / "generation_config.json"));
}

/// A folder that does not describe the features has those of the class in transformers, as every
/// published Whisper does.
WhisperFeatures::Config read_features(const fs::path& folder, const WhisperEncoderConfig& encoder) {
  WhisperFeatures::Config config{.feature_size = static_cast<int>(encoder.num_mel_bins)};
  auto origin = display_path(folder);
  std::error_code ignored;
  if (fs::exists(folder / "preprocessor_config.json", ignored) ||
      fs::exists(folder / "processor_config.json", ignored)) {
    const auto file = ProcessorConfig::read(folder, ProcessorKind::audio);
    config = WhisperFeatures::Config::parse(file);
    origin = file.origin();
  }
  require(config.sampling_rate == kSampleRate && config.feature_size == encoder.num_mel_bins &&
              config.frames() == 2 * encoder.max_source_positions,
          ErrorCode::corrupt_data,
          "{} makes {} frames of {} bands from {} Hz, the encoder takes {} of {} from {} Hz",
          origin, config.frames(), config.feature_size, config.sampling_rate,
          2 * encoder.max_source_positions, encoder.num_mel_bins, kSampleRate);
  return config;
}

}  // namespace

WhisperModel::WhisperModel(Checkpoint& checkpoint)
    : encoder_config(WhisperEncoderConfig::parse(checkpoint.config(), checkpoint.origin())),
      decoder_config(WhisperDecoderConfig::parse(checkpoint.config(), checkpoint.origin())),
      tokenizer(checkpoint.folder()),
      tokens(read_tokens(checkpoint, decoder_config, tokenizer)),
      features(read_features(checkpoint.folder(), encoder_config)),
      encoder(encoder_config, checkpoint.weights("model.encoder.")),
      decoder(decoder_config, checkpoint.weights("model.decoder.")) {
  checkpoint.weights().ignore("proj_out");  // the table of tokens once more
}

std::vector<KeyValues> WhisperModel::listen(std::span<const float> samples) const {
  return decoder.project(encoder.forward(features(samples).unsqueeze(0)));
}

std::string WhisperModel::text_of(std::span<const std::int32_t> ids) const {
  std::vector<std::int32_t> text;
  std::copy_if(ids.begin(), ids.end(), std::back_inserter(text),
               [&](auto id) { return tokens.is_text(id); });
  return tokenizer.decode(text);
}

}  // namespace ogam

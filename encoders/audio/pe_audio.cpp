#include "encoders/audio/pe_audio.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <span>
#include <utility>

#include "core/base/error.h"
#include "core/nn/normalize_rows.h"
#include "encoders/text/pe_text.h"

namespace ogam {
namespace {

constexpr double kWindowSeconds = 10;

/// `PeAudioEncoderConfig` has these where its `dac_config` says nothing.
DacEncoderConfig default_dac() {
  return {.encoder_hidden_size = 64,
          .downsampling_ratios = {2, 8, 10, 12},
          .hidden_size = 0,
          .codebook_dim = 128};
}

}  // namespace

PeAudioTower::Config PeAudioTower::Config::parse(const ConfigReader& config) {
  config.demand_or_absent<std::string>("model_type", "pe_audio_encoder");
  const Config parsed = {
      .dac = DacEncoderConfig::parse(config.section("dac_config"), default_dac()),
      .encoder = PeEncoderConfig::parse(config)};
  config.refuse_unread();
  return parsed;
}

PeAudioTower::PeAudioTower(const WeightScope& weights, const Config& config,
                           const ProcessorConfig& processor)
    : features_(WaveformFeatures::Config::parse(processor)),
      dac_(weights.scope("embedder.dac_encoder"), config.dac),
      bottleneck_(weights.scope("embedder.bottleneck"),
                  {.in = config.dac.hidden_size, .out = config.dac.codebook_dim, .kernel = {1}}),
      data_proj_(weights.scope("embedder.data_proj"),
                 {.in = config.dac.codebook_dim, .out = config.encoder.hidden_size}),
      encoder_(weights, config.encoder) {
  require(features_.config().hop_length == config.dac.hop_length(), ErrorCode::unsupported,
          "sound is filled to a multiple of {} samples, but the codec's frames have {}; another "
          "way of filling is not implemented",
          features_.config().hop_length, config.dac.hop_length());
}

PeEncoder::Output PeAudioTower::forward(const std::vector<float>& samples) const {
  const auto sound = features_(std::span(&samples, 1)).input_values.flatten();
  require(at::isfinite(sound).all().item<bool>(), ErrorCode::corrupt_data,
          "the sound has samples that are not finite numbers; convert it to 16-bit samples first");
  const auto features = bottleneck_(dac_.forward(sound).unsqueeze(0)).transpose(1, 2);
  return encoder_.forward(data_proj_(features));
}

Time PeAudioTower::frame() const { return kSecond * features_.config().hop_length / sample_rate(); }

PeAudioEncoder::PeAudioEncoder(std::shared_ptr<const PeAudioTower> tower, PeHead head,
                               Config config)
    : tower_(std::move(tower)), head_(std::move(head)), config_(std::move(config)) {}

std::vector<EncoderOutputInfo> PeAudioEncoder::outputs() const {
  return {{config_.output, config_.dimension}};
}

Time PeAudioEncoder::window() const { return from_seconds(kWindowSeconds); }

std::vector<EncoderOutput> PeAudioEncoder::encode(std::span<const std::vector<float>> clips) const {
  const c10::InferenceMode no_gradients;
  auto vectors = at::empty({static_cast<std::int64_t>(clips.size()), config_.dimension});
  for (std::size_t i = 0; i < clips.size(); ++i) {
    vectors[static_cast<std::int64_t>(i)].copy_(head_(tower_->forward(clips[i]).pooled)[0]);
  }
  return {{config_.output, normalize_rows(vectors)}};
}

Encoders make_pe_audio(Checkpoint& checkpoint) {
  const ConfigReader config(checkpoint.config(), checkpoint.origin());
  config.demand<std::string>("model_type", "pe_audio");
  const auto text_config = parse_pe_text_config(config.section("text_config"));
  const auto tower_config = PeAudioTower::Config::parse(config.section("audio_config"));
  config.refuse_unread();

  const auto weights = checkpoint.weights();
  const auto tower = std::make_shared<const PeAudioTower>(
      weights.scope("audio_encoder"), tower_config,
      ProcessorConfig::read(checkpoint.folder(), ProcessorKind::audio));
  const auto size = text_config.hidden_size;
  // The trained score is of vectors at their own length.
  weights.ignore("text_audio_logit_scale");
  weights.ignore("text_audio_logit_bias");
  return {.text = std::make_shared<PeTextEncoder>(
              checkpoint.folder(), weights.scope("text_model"), text_config,
              std::vector<PeTextEncoder::Output>{
                  {"embedding", {weights.scope("text_audio_head"), {.in = size, .out = size}}}}),
          .audio = std::make_shared<PeAudioEncoder>(
              tower,
              PeHead(weights.scope("audio_head"), {.in = tower->config().hidden_size, .out = size}),
              PeAudioEncoder::Config{.output = "embedding", .dimension = static_cast<int>(size)})};
}

}  // namespace ogam

#include "encoders/audio/clap.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/nn/config_reader.h"
#include "core/nn/normalize_rows.h"
#include "encoders/text/token_batches.h"
#include "encoders/text/xlm_roberta.h"

namespace ogam {
namespace {

constexpr std::int64_t kMaxProjection = 65536;
constexpr std::size_t kBatch = 4;  // clips
constexpr auto kOutput = "embedding";

/// A `ClapTextConfig`: RoBERTa's, with the projection's keys repeated from the whole model's.
BertConfig parse_text_config(const ConfigReader& config) {
  Json json = {{"vocab_size", 50265}, {"max_position_embeddings", 514}, {"type_vocab_size", 1}};
  json.update(config.json());
  // The last three stand in older files for nothing.
  for (const char* key : {"projection_dim", "projection_hidden_act", "tie_encoder_decoder",
                          "fusion_hidden_size", "fusion_num_hidden_layers"}) {
    json.erase(key);
  }
  const ConfigReader reader(json, config.origin());
  reader.demand_or_absent<std::string>("model_type", "clap_text_model");
  return parse_xlm_roberta_config(reader);
}

}  // namespace

ClapProjection::ClapProjection(const WeightScope& weights, const Config& config)
    : dimension_(config.out),
      activation_(config.activation),
      linear1_(weights.scope("linear1"), {.in = config.in, .out = config.out}),
      linear2_(weights.scope("linear2"), {.in = config.out, .out = config.out}) {}

ClapTextEncoder::ClapTextEncoder(const std::filesystem::path& folder, const WeightScope& weights,
                                 const BertConfig& config, ClapProjection projection)
    : tokenizer_(folder, {.vocab_size = config.vocab_size, .max_tokens = config.max_tokens()}),
      model_(config, weights),
      pooler_(weights.scope("pooler.dense"), {.in = config.hidden_size, .out = config.hidden_size}),
      projection_(std::move(projection)) {}

std::vector<EncoderOutputInfo> ClapTextEncoder::outputs() const {
  return {{kOutput, static_cast<int>(projection_.dimension())}};
}

std::vector<EncoderOutput> ClapTextEncoder::encode(std::span<const std::string> texts,
                                                   std::string_view prompt) const {
  require_known_prompt(prompt, {});
  const c10::InferenceMode no_gradients;
  const auto vectors =
      encode_equal_lengths(tokenizer_, texts, projection_.dimension(), [&](const at::Tensor& ids) {
        return projection_(pooler_(model_.forward(ids).select(1, 0)).tanh());
      });
  return {{kOutput, normalize_rows(vectors)}};
}

ClapAudioEncoder::ClapAudioEncoder(const ClapFeatures& features, ClapAudioTower tower,
                                   ClapProjection projection)
    : features_(features), tower_(std::move(tower)), projection_(std::move(projection)) {
  const auto& wanted = features.config();
  const bool fusion = wanted.truncation == ClapFeatures::Truncation::fusion;
  require(fusion == tower_.config().enable_fusion, ErrorCode::corrupt_data,
          "sounds are prepared as {} views of each, but the model takes {}; \"truncation\" and "
          "\"enable_fusion\" do not fit each other",
          fusion ? "several" : "single", tower_.config().views());
  require(wanted.feature_size == tower_.config().num_mel_bins &&
              wanted.frames() <= tower_.config().frames(),
          ErrorCode::corrupt_data,
          "sounds are prepared as {} frames of {} mel bins, but the model takes at most {} of {}",
          wanted.frames(), wanted.feature_size, tower_.config().frames(),
          tower_.config().num_mel_bins);
}

std::vector<EncoderOutputInfo> ClapAudioEncoder::outputs() const {
  return {{kOutput, static_cast<int>(projection_.dimension())}};
}

int ClapAudioEncoder::sample_rate() const { return features_.config().sampling_rate; }

Time ClapAudioEncoder::window() const { return from_seconds(features_.config().max_length_s); }

std::vector<EncoderOutput> ClapAudioEncoder::encode(
    std::span<const std::vector<float>> clips) const {
  const c10::InferenceMode no_gradients;
  std::vector<at::Tensor> vectors = {at::empty({0, projection_.dimension()})};
  for (std::size_t first = 0; first < clips.size(); first += kBatch) {
    std::vector<at::Tensor> batch;
    for (const auto& clip : clips.subspan(first, std::min(kBatch, clips.size() - first))) {
      batch.push_back(features_(clip).input_features);  // [views, T, mel]
      require(at::isfinite(batch.back()).all().item<bool>(), ErrorCode::corrupt_data,
              "the sound has samples that are not finite numbers; convert it to 16-bit samples "
              "first");
    }
    vectors.push_back(projection_(tower_.forward(at::stack(batch))).to(at::kFloat));
  }
  return {{kOutput, normalize_rows(at::cat(vectors))}};
}

Encoders make_clap(Checkpoint& checkpoint) {
  const ConfigReader config(checkpoint.config(), checkpoint.origin());
  config.demand<std::string>("model_type", "clap");
  const auto text_config = parse_text_config(config.section("text_config"));
  const auto audio_config = ClapAudioConfig::parse(config.section("audio_config"));
  const auto size = config.size("projection_dim", kMaxProjection, 512);
  const auto activation =
      find_activation(config.text("projection_hidden_act", "relu"), config.origin());
  // Counted from the towers, or of older files and for nothing.
  config.refuse_unread({"hidden_size", "num_hidden_layers", "fusion_num_hidden_layers",
                        "tie_encoder_decoder", "tie_word_embeddings"});

  const auto weights = checkpoint.weights();
  // Scores of the training: positive factors, which change no order.
  weights.ignore("logit_scale_a");
  weights.ignore("logit_scale_t");
  const auto projection = [&](const char* name, std::int64_t in) {
    return ClapProjection(weights.scope(name), {.in = in, .out = size, .activation = activation});
  };
  const ClapFeatures features(ClapFeatures::Config::parse(
      ProcessorConfig::read(checkpoint.folder(), ProcessorKind::audio)));
  return {.text = std::make_shared<ClapTextEncoder>(
              checkpoint.folder(), weights.scope("text_model"), text_config,
              projection("text_projection", text_config.hidden_size)),
          .audio = std::make_shared<ClapAudioEncoder>(
              features, ClapAudioTower(audio_config, weights.scope("audio_model.audio_encoder")),
              projection("audio_projection", audio_config.hidden_size()))};
}

}  // namespace ogam

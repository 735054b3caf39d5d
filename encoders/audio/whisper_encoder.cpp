#include "encoders/audio/whisper_encoder.h"

#include <ATen/ATen.h>

#include "core/base/error.h"
#include "core/nn/config_reader.h"

namespace ogam {

WhisperEncoderConfig WhisperEncoderConfig::parse(const Json& config, const std::string& origin) {
  const ConfigReader reader(config, origin);
  reader.demand<std::string>("model_type", "whisper");
  const WhisperEncoderConfig parsed = {
      .num_mel_bins = reader.size("num_mel_bins", 1024),
      .max_source_positions = reader.size("max_source_positions", 65536),
      .d_model = reader.size("d_model", 16384),
      .encoder_layers = reader.size("encoder_layers", 512),
      .encoder_attention_heads = reader.size("encoder_attention_heads", 1024),
      .encoder_ffn_dim = reader.size("encoder_ffn_dim", 65536),
  };
  require(parsed.d_model % parsed.encoder_attention_heads == 0, ErrorCode::corrupt_data,
          "{}: {} attention heads do not divide d_model {}", origin, parsed.encoder_attention_heads,
          parsed.d_model);
  reader.demand_or_absent<std::string>("activation_function", "gelu");
  reader.demand_or_absent("scale_embedding", false);
  return parsed;
}

WhisperEncoder::Layer::Layer(const WeightScope& weights, const WhisperEncoderConfig& config)
    : self_attn(
          weights.scope("self_attn"),
          {.size = config.d_model, .heads = config.encoder_attention_heads, .key_bias = false}),
      self_attn_layer_norm(weights.scope("self_attn_layer_norm"), {.size = config.d_model}),
      fc1(weights.scope("fc1"), {.in = config.d_model, .out = config.encoder_ffn_dim}),
      fc2(weights.scope("fc2"), {.in = config.encoder_ffn_dim, .out = config.d_model}),
      final_layer_norm(weights.scope("final_layer_norm"), {.size = config.d_model}) {}

at::Tensor WhisperEncoder::Layer::operator()(const at::Tensor& x) const {
  const auto normed = self_attn_layer_norm(x);
  const auto attended = x + self_attn.attend(normed, self_attn.project(normed));
  return attended + fc2(at::gelu(fc1(final_layer_norm(attended))));
}

WhisperEncoder::WhisperEncoder(const WhisperEncoderConfig& config, const WeightScope& weights)
    : config_(config),
      conv1_(weights.scope("conv1"),
             {.in = config.num_mel_bins, .out = config.d_model, .kernel = {3}, .padding = {1}}),
      conv2_(weights.scope("conv2"), {.in = config.d_model,
                                      .out = config.d_model,
                                      .kernel = {3},
                                      .stride = {2},
                                      .padding = {1}}),
      positions_(weights.scope("embed_positions")
                     .get("weight", {config.max_source_positions, config.d_model})),
      layer_norm_(weights.scope("layer_norm"), {.size = config.d_model}) {
  const auto layers = weights.scope("layers");
  for (std::int64_t i = 0; i < config.encoder_layers; ++i) {
    layers_.emplace_back(layers.scope(std::to_string(i)), config);
  }
}

at::Tensor WhisperEncoder::forward(const at::Tensor& features) const {
  const auto frames = 2 * config_.max_source_positions;
  require(
      features.dim() == 3 && features.size(1) == config_.num_mel_bins && features.size(2) == frames,
      ErrorCode::invalid_argument, "features must be [B, {}, {}], got {}", config_.num_mel_bins,
      frames, fmt::join(features.sizes(), " x "));
  auto x = at::gelu(conv1_(features));      // [B, D, 2S]
  x = at::gelu(conv2_(x)).transpose(1, 2);  // [B, S, D]
  x = x + positions_;
  for (const auto& layer : layers_) {
    x = layer(x);
  }
  return layer_norm_(x);
}

}  // namespace ogam

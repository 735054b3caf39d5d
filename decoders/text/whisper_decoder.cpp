#include "decoders/text/whisper_decoder.h"

#include <ATen/ATen.h>

#include "core/base/error.h"
#include "core/nn/config_reader.h"

namespace ogam {

WhisperDecoderConfig WhisperDecoderConfig::parse(const Json& config, const std::string& origin) {
  const ConfigReader reader(config, origin);
  reader.demand<std::string>("model_type", "whisper");
  const WhisperDecoderConfig parsed = {
      .vocab_size = reader.size("vocab_size", 1 << 22),
      .max_target_positions = reader.size("max_target_positions", 65536),
      .max_source_positions = reader.size("max_source_positions", 65536),
      .d_model = reader.size("d_model", 16384),
      .decoder_layers = reader.size("decoder_layers", 512),
      .decoder_attention_heads = reader.size("decoder_attention_heads", 1024),
      .decoder_ffn_dim = reader.size("decoder_ffn_dim", 65536),
  };
  require(parsed.d_model % parsed.decoder_attention_heads == 0, ErrorCode::corrupt_data,
          "{}: {} attention heads do not divide d_model {}", origin, parsed.decoder_attention_heads,
          parsed.d_model);
  reader.demand_or_absent<std::string>("activation_function", "gelu");
  reader.demand_or_absent("scale_embedding", false);
  reader.demand_or_absent("tie_word_embeddings", true);
  return parsed;
}

WhisperDecoder::Layer::Layer(const WeightScope& weights, const WhisperDecoderConfig& config)
    : self_attn(
          weights.scope("self_attn"),
          {.size = config.d_model, .heads = config.decoder_attention_heads, .key_bias = false}),
      self_attn_layer_norm(weights.scope("self_attn_layer_norm"), {.size = config.d_model}),
      encoder_attn(
          weights.scope("encoder_attn"),
          {.size = config.d_model, .heads = config.decoder_attention_heads, .key_bias = false}),
      encoder_attn_layer_norm(weights.scope("encoder_attn_layer_norm"), {.size = config.d_model}),
      fc1(weights.scope("fc1"), {.in = config.d_model, .out = config.decoder_ffn_dim}),
      fc2(weights.scope("fc2"), {.in = config.decoder_ffn_dim, .out = config.d_model}),
      final_layer_norm(weights.scope("final_layer_norm"), {.size = config.d_model}) {}

at::Tensor WhisperDecoder::Layer::attend_tokens(const at::Tensor& x, KeyValueCache& tokens) const {
  const auto normed = self_attn_layer_norm(x);
  return x + self_attn.attend(normed, tokens.append(self_attn.project(normed)), /*causal=*/true);
}

at::Tensor WhisperDecoder::Layer::attend_sound(const at::Tensor& x, const KeyValues& sound) const {
  return x + encoder_attn.attend(encoder_attn_layer_norm(x), sound);
}

at::Tensor WhisperDecoder::Layer::feed_forward(const at::Tensor& x) const {
  return x + fc2(at::gelu(fc1(final_layer_norm(x))));
}

WhisperDecoder::WhisperDecoder(const WhisperDecoderConfig& config, const WeightScope& weights)
    : config_(config),
      token_embeddings_(
          weights.scope("embed_tokens").get("weight", {config.vocab_size, config.d_model})),
      positions_(weights.scope("embed_positions")
                     .get("weight", {config.max_target_positions, config.d_model})),
      layer_norm_(weights.scope("layer_norm"), {.size = config.d_model}) {
  const auto layers = weights.scope("layers");
  for (std::int64_t i = 0; i < config.decoder_layers; ++i) {
    layers_.emplace_back(layers.scope(std::to_string(i)), config);
  }
}

void WhisperDecoder::State::select_beams(const at::Tensor& beams) {
  for (auto& cache : tokens) {
    cache.select_rows(beams);
  }
}

std::vector<KeyValues> WhisperDecoder::project(const at::Tensor& sound) const {
  require(sound.dim() == 3 && sound.size(0) == 1 && sound.size(2) == config_.d_model,
          ErrorCode::invalid_argument, "the sound must be [1, S, {}], got [{}]", config_.d_model,
          fmt::join(sound.sizes(), ", "));
  std::vector<KeyValues> projected;
  projected.reserve(layers_.size());
  for (const auto& layer : layers_) {
    const auto [keys, values] = layer.encoder_attn.project(sound);
    projected.push_back({keys.contiguous(), values.contiguous()});
  }
  return projected;
}

WhisperDecoder::State WhisperDecoder::start(std::vector<KeyValues> sound) const {
  State state{.sound = std::move(sound), .tokens = {}};
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    state.tokens.emplace_back(
        KeyValueCache::Config{.batch = 1,
                              .heads = config_.decoder_attention_heads,
                              .capacity = config_.max_target_positions,
                              .head_size = config_.d_model / config_.decoder_attention_heads});
  }
  return state;
}

at::Tensor WhisperDecoder::embed(const at::Tensor& tokens, std::int64_t position) const {
  const auto count = tokens.size(1);
  require(position + count <= config_.max_target_positions, ErrorCode::invalid_argument,
          "a sequence of {} tokens is longer than the {} that the model can hold", position + count,
          config_.max_target_positions);
  return at::embedding(token_embeddings_, tokens) + positions_.narrow(0, position, count);
}

at::Tensor WhisperDecoder::step(const at::Tensor& tokens, State& state) const {
  auto x = embed(tokens, state.length());  // [B, T, D]
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const auto& layer = layers_[i];
    x = layer.attend_sound(layer.attend_tokens(x, state.tokens[i]), state.sound[i]);
    x = layer.feed_forward(x);
  }
  return at::linear(layer_norm_(x.select(1, x.size(1) - 1)), token_embeddings_);
}

WhisperDecoder::Aligned WhisperDecoder::align(const at::Tensor& tokens,
                                              const std::vector<KeyValues>& sound,
                                              const std::vector<AttentionHead>& heads) const {
  auto state = start(sound);
  auto x = embed(tokens.unsqueeze(0), 0);  // [1, T, D]
  std::vector<at::Tensor> attentions(heads.size());
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const auto& layer = layers_[i];
    x = layer.attend_tokens(x, state.tokens[i]);
    at::Tensor probabilities;  // [1, H, T, S], made only where a head asks for it
    for (std::size_t h = 0; h < heads.size(); ++h) {
      if (heads[h].layer != static_cast<std::int64_t>(i)) {
        continue;
      }
      if (!probabilities.defined()) {
        probabilities =
            layer.encoder_attn.probabilities(layer.encoder_attn_layer_norm(x), sound[i]);
      }
      attentions[h] = probabilities[0][heads[h].head];
    }
    x = layer.feed_forward(layer.attend_sound(x, sound[i]));
  }
  return {.logits = at::linear(layer_norm_(x[0]), token_embeddings_),
          .attentions = at::stack(attentions)};
}

}  // namespace ogam

#include "encoders/image/siglip_text.h"

#include <ATen/ATen.h>

#include <cmath>
#include <utility>

#include "core/base/error.h"
#include "encoders/batching.h"

namespace ogam {

namespace {

constexpr std::size_t kTextBatch = 32;
constexpr std::int64_t kMaxProjection = 65536;

}  // namespace

double SiglipScore::probability(double cosine) const {
  return 1 / (1 + std::exp(-(scale * cosine + bias)));
}

SiglipText::Config SiglipText::Config::parse(const ConfigReader& reader,
                                             const std::string& model_type) {
  reader.demand_or_absent<std::string>("model_type", model_type);
  const auto tower = TextTowerConfig::parse(reader, {.layers = {.hidden_size = 768,
                                                                .intermediate_size = 3072,
                                                                .num_attention_heads = 12,
                                                                .layer_norm_eps = 1e-6,
                                                                .hidden_act = "gelu_pytorch_tanh"},
                                                     .vocab_size = 32000,
                                                     .max_position_embeddings = 64});
  return {
      .tower = tower,
      .projection_size = reader.size("projection_size", kMaxProjection, tower.layers.hidden_size)};
}

void SiglipText::Config::require_joint_space(std::int64_t image_size,
                                             const std::string& origin) const {
  require(projection_size == image_size, ErrorCode::corrupt_data,
          "{}: texts get vectors of {} dimensions and pictures of {}; both must lie in one space",
          origin, projection_size, image_size);
}

SiglipText::SiglipText(const WeightScope& weights, const Config& config, SiglipTokenizer tokenizer)
    : config_(config),
      tower_(weights.scope("text_model"), config.tower),
      head_(weights.scope("text_model").scope("head"),
            {.in = config.tower.layers.hidden_size, .out = config.projection_size}),
      score_{.scale = std::exp(weights.get("logit_scale", {1}).item<double>()),
             .bias = weights.get("logit_bias", {1}).item<double>()},
      tokenizer_(std::move(tokenizer)) {}

std::vector<EncoderOutputInfo> SiglipText::outputs() const {
  return {{"embedding", static_cast<int>(config_.projection_size)}};
}

at::Tensor SiglipText::embed(const at::Tensor& ids) const {
  const auto states = tower_.forward(ids, /*causal=*/false);  // [N, T, D]
  return head_(states.select(1, states.size(1) - 1));
}

std::vector<EncoderOutput> SiglipText::encode(std::span<const std::string> texts,
                                              std::string_view prompt) const {
  require_known_prompt(prompt, {});
  const auto length = config_.tower.max_position_embeddings;
  return embed_in_batches(texts, kTextBatch, config_.projection_size,
                          [&](std::span<const std::string> batch) {
                            std::vector<std::int64_t> ids;
                            for (const auto& text : batch) {
                              const auto padded = tokenizer_.encode(text, length);
                              ids.insert(ids.end(), padded.begin(), padded.end());
                            }
                            return embed(at::tensor(ids, at::kLong).view({-1, length}));
                          });
}

}  // namespace ogam

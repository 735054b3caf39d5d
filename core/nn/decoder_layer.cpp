#include "core/nn/decoder_layer.h"

#include <ATen/ATen.h>

#include <type_traits>

namespace ogam {

namespace {

/// The layer of `Layers` that the config in `config` is of.
template <typename Layers, typename Configs>
Layers make_part(const WeightScope& weights, const Configs& config) {
  return std::visit(
      [&](const auto& chosen) -> Layers {
        using First = std::variant_alternative_t<0, Layers>;
        using Second = std::variant_alternative_t<1, Layers>;
        using Chosen = std::decay_t<decltype(chosen)>;
        using Part =
            std::conditional_t<std::is_same_v<Chosen, typename First::Config>, First, Second>;
        return Part(weights, chosen);
      },
      config);
}

std::optional<RmsNorm> make_norm(const WeightScope& weights, const char* name,
                                 const DecoderLayer::Config& config) {
  if (name == nullptr) {
    return {};
  }
  return RmsNorm(weights.scope(name),
                 {.size = config.size, .eps = config.eps, .centered = config.centered_norms});
}

at::Tensor normed(const at::Tensor& x, const std::optional<RmsNorm>& norm) {
  return norm ? (*norm)(x) : x;
}

}  // namespace

DecoderLayer::DecoderLayer(const WeightScope& weights, const Config& config)
    : attention_(make_part<Attention>(weights.scope("self_attn"), config.attention)),
      mlp_(make_part<AnyMlp>(weights.scope("mlp"), config.mlp)),
      before_attention_(make_norm(weights, config.norms.before_attention, config)),
      after_attention_(make_norm(weights, config.norms.after_attention, config)),
      before_mlp_(make_norm(weights, config.norms.before_mlp, config)),
      after_mlp_(make_norm(weights, config.norms.after_mlp, config)),
      residual_multiplier_(config.residual_multiplier) {}

at::Tensor DecoderLayer::operator()(const at::Tensor& x, const CausalContext& context,
                                    KeyValueCache* cache) const {
  const auto attended = std::visit(
      [&](const auto& part) { return part(normed(x, before_attention_), context, cache); },
      attention_);
  const auto seen = at::add(x, normed(attended, after_attention_), residual_multiplier_);
  const auto thought =
      std::visit([&](const auto& part) { return part(normed(seen, before_mlp_)); }, mlp_);
  return at::add(seen, normed(thought, after_mlp_), residual_multiplier_);
}

KeyValueCache DecoderLayer::make_cache(std::int64_t batch, std::int64_t capacity) const {
  auto config = std::visit([](const auto& part) { return part.cache_config(); }, attention_);
  config.batch = batch;
  config.capacity = capacity;
  return KeyValueCache(config);
}

}  // namespace ogam

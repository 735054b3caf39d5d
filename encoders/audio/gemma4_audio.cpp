#include "encoders/audio/gemma4_audio.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <string>

#include "core/base/error.h"
#include "core/tensor/shape.h"

namespace ogam {

namespace {

constexpr std::int64_t kMaxSize = 1 << 16;
constexpr std::int64_t kMaxLayers = 1024;
constexpr std::int64_t kMaxChunk = 1024;
constexpr std::int64_t kExpansion = 4;  // of the feed-forward layers
// The norms of these layers are built without the configuration's epsilon in the reference.
constexpr double kNormEps = 1e-6;

/// Half sines and half cosines of the distances 0 to count - 1, at frequencies that fall from 1 to
/// 1 / 10000: [count, size].
at::Tensor distance_waves(std::int64_t count, std::int64_t size) {
  constexpr double kLongest = 10000;
  const auto timescales = size / 2;
  const double step =
      std::log(kLongest) / static_cast<double>(std::max<std::int64_t>(timescales - 1, 1));
  const auto frequencies = at::exp(at::arange(timescales, at::kFloat) * -step);
  const auto angles = at::arange(count, at::kFloat).unsqueeze(1) * frequencies;
  return at::cat({angles.sin(), angles.cos()}, -1);
}

/// The largest value of the precision.
double largest(at::ScalarType precision) {
  return precision == at::kBFloat16 ? static_cast<double>(std::numeric_limits<c10::BFloat16>::max())
                                    : static_cast<double>(std::numeric_limits<float>::max());
}

}  // namespace

Gemma4AudioConfig Gemma4AudioConfig::parse(const ConfigReader& config) {
  Gemma4AudioConfig parsed;
  config.demand_or_absent("model_type", std::string("gemma4_audio"));
  parsed.hidden_size = config.size("hidden_size", kMaxSize, 1024);
  parsed.num_hidden_layers = config.size("num_hidden_layers", kMaxLayers, 12);
  parsed.num_attention_heads = config.size("num_attention_heads", kMaxSize, 8);
  require(parsed.hidden_size % parsed.num_attention_heads == 0 && parsed.hidden_size % 2 == 0,
          ErrorCode::corrupt_data,
          "{}: a size of {} cannot have {} heads; expected an even multiple", config.origin(),
          parsed.hidden_size, parsed.num_attention_heads);
  if (config.has("subsampling_conv_channels")) {
    const auto channels = config.sizes("subsampling_conv_channels", kMaxSize);
    require(channels.size() == 2, ErrorCode::corrupt_data,
            "{}: \"subsampling_conv_channels\" must have 2 values, got {}", config.origin(),
            channels.size());
    parsed.subsampling_conv_channels = {channels[0], channels[1]};
  } else {
    parsed.subsampling_conv_channels = {128, 32};
  }
  // The reference takes a quarter of it for the number of bands that the convolutions leave.
  require(parsed.mel_bands() % 4 == 0, ErrorCode::corrupt_data,
          "{}: {} convolution channels; expected as many as mel bands, a multiple of 4",
          config.origin(), parsed.mel_bands());
  parsed.conv_kernel_size = config.size("conv_kernel_size", kMaxChunk, 5);
  parsed.attention_chunk_size = config.size("attention_chunk_size", kMaxChunk, 12);
  const auto context = config.size("attention_context_left", kMaxChunk + 1, 13);
  require(
      context == parsed.attention_chunk_size + 1, ErrorCode::unsupported,
      "{}: \"attention_context_left\" is {}; only {}, one more than \"attention_chunk_size\", is "
      "implemented",
      config.origin(), context, parsed.attention_chunk_size + 1);
  config.demand_or_absent<std::int64_t>("attention_context_right", 0);
  parsed.output_proj_dims = config.size("output_proj_dims", kMaxSize, 1536);
  constexpr double kLargest = std::numeric_limits<double>::max();
  parsed.attention_logit_cap = config.number("attention_logit_cap", 1e-3, 1e6, 50.0);
  parsed.gradient_clipping = config.number("gradient_clipping", 1e-3, kLargest, 1e10);
  parsed.residual_weight = config.number("residual_weight", -1e3, 1e3, 0.5);
  parsed.rms_norm_eps = config.number("rms_norm_eps", 0, 1, kNormEps);
  // What is not seen weighs nothing; any value so far below the cap does that.
  config.number("attention_invalid_logits_value", -kLargest, -parsed.attention_logit_cap - 1e3,
                -1e9);
  parsed.activation = find_activation(config.text("hidden_act", "silu"), config.origin());
  parsed.form =
      config.flag("use_clipped_linears", true) ? LinearForm::clipped : LinearForm::wrapped;
  config.refuse_unread();
  return parsed;
}

at::Tensor Gemma4Audio::Subsampling::operator()(const at::Tensor& x) const {
  const auto normed = norm(conv(x).permute({0, 2, 3, 1}));  // channels last
  return at::relu(normed).permute({0, 3, 1, 2}).contiguous();
}

at::Tensor Gemma4Audio::Limit::operator()(const at::Tensor& x) const {
  const double bound = std::min(magnitude, largest(x.scalar_type()));
  return at::clamp(x, -bound, bound);
}

Gemma4Audio::FeedForward::FeedForward(const WeightScope& weights, const Gemma4AudioConfig& config)
    : first_(
          weights.scope("ffw_layer_1"),
          {.in = config.hidden_size, .out = config.hidden_size * kExpansion, .form = config.form}),
      second_(
          weights.scope("ffw_layer_2"),
          {.in = config.hidden_size * kExpansion, .out = config.hidden_size, .form = config.form}),
      before_(weights.scope("pre_layer_norm"), {.size = config.hidden_size, .eps = kNormEps}),
      after_(weights.scope("post_layer_norm"), {.size = config.hidden_size, .eps = kNormEps}),
      activation_(config.activation),
      residual_weight_(config.residual_weight),
      limit_{config.gradient_clipping} {}

at::Tensor Gemma4Audio::FeedForward::operator()(const at::Tensor& x) const {
  const auto added = second_(activation_(first_(before_(limit_(x)))));
  return after_(limit_(added)) * residual_weight_ + x;
}

Gemma4Audio::Attention::Attention(const WeightScope& weights, const Gemma4AudioConfig& config)
    : heads_(config.num_attention_heads),
      chunk_(config.attention_chunk_size),
      cap_(config.attention_logit_cap),
      query_(weights.scope("q_proj"),
             {.in = config.hidden_size, .out = config.hidden_size, .form = config.form}),
      key_(weights.scope("k_proj"),
           {.in = config.hidden_size, .out = config.hidden_size, .form = config.form}),
      value_(weights.scope("v_proj"),
             {.in = config.hidden_size, .out = config.hidden_size, .form = config.form}),
      out_(weights.scope("post"),
           {.in = config.hidden_size, .out = config.hidden_size, .form = config.form}),
      distance_(weights.scope("relative_k_proj"),
                {.in = config.hidden_size, .out = config.hidden_size, .bias = false}),
      waves_(distance_waves(chunk_, config.hidden_size).to(weights.precision())) {
  const auto head_size = config.hidden_size / heads_;
  const double scale = 1.0 / std::sqrt(static_cast<double>(head_size)) / std::numbers::ln2;
  query_scale_ = at::softplus(weights.get("per_dim_scale", {head_size})).to(at::kFloat) * scale;
}

/// The scores of queries [B, H, N, chunk, d] for the distances of the 2 chunk keys that they are
/// shown: [B, H, N, chunk, 2 chunk]; of keys out of sight they are of no meaning.
at::Tensor Gemma4Audio::Attention::distance_terms(const at::Tensor& queries) const {
  const auto keys = distance_(waves_).to(at::kFloat).view({chunk_, heads_, -1});
  const auto by_distance =
      at::matmul(queries, keys.permute({1, 2, 0}).unsqueeze(1));  // [B, H, N, chunk, chunk]
  const auto query = at::arange(chunk_, at::kLong).unsqueeze(1) + chunk_;
  const auto key = at::arange(2 * chunk_, at::kLong);
  const auto distance = (query - key).clamp(0, chunk_ - 1);  // [chunk, 2 chunk]
  auto shape = by_distance.sizes().vec();
  shape.back() = 2 * chunk_;
  return by_distance.gather(-1, distance.expand(shape));
}

at::Tensor Gemma4Audio::Attention::operator()(const at::Tensor& x) const {
  const auto batch = x.size(0);
  const auto tokens = x.size(1);
  const auto chunks = (tokens + chunk_ - 1) / chunk_;
  // In float32 whatever the precision is.
  const auto heads = [&](const ClippableLinear& projection) {
    return projection(x).to(at::kFloat).view({batch, tokens, heads_, -1}).transpose(1, 2);
  };
  // Every chunk's own tokens and those of the chunk before: [B, H, N, 2 chunk, d].
  const auto context = [&](const at::Tensor& all) {
    const auto padded = at::constant_pad_nd(all, {0, 0, chunk_, chunks * chunk_ - tokens});
    return padded.unfold(2, 2 * chunk_, chunk_).transpose(-1, -2);
  };
  const double key_scale = std::log1p(std::numbers::e) / std::numbers::ln2;
  const auto queries =
      at::constant_pad_nd(heads(query_) * query_scale_, {0, 0, 0, chunks * chunk_ - tokens})
          .unflatten(2, {chunks, chunk_});  // [B, H, N, chunk, d]
  const auto keys = context(heads(key_) * key_scale);
  const auto values = context(heads(value_));

  auto scores = at::matmul(queries, keys.transpose(-1, -2)) + distance_terms(queries);
  scores = at::tanh(scores / cap_) * cap_;  // [B, H, N, chunk, 2 chunk]

  const auto query = at::arange(chunk_, at::kLong).unsqueeze(1);
  const auto key = at::arange(2 * chunk_, at::kLong) - chunk_;  // counted from the chunk's start
  const auto start = at::arange(chunks, at::kLong).view({chunks, 1, 1}) * chunk_;
  const auto distance = query - key;
  const auto hidden = (distance < 0).logical_or(distance >= chunk_).logical_or(start + key < 0);
  scores = scores.masked_fill(hidden, -std::numeric_limits<double>::infinity());

  const auto attended = at::matmul(at::softmax(scores, -1), values)
                            .flatten(2, 3)
                            .narrow(2, 0, tokens)
                            .transpose(1, 2)
                            .flatten(2);
  return out_(attended.to(x.scalar_type()));
}

Gemma4Audio::LightConv::LightConv(const WeightScope& weights, const Gemma4AudioConfig& config)
    : start_(weights.scope("linear_start"),
             {.in = config.hidden_size, .out = 2 * config.hidden_size, .form = config.form}),
      end_(weights.scope("linear_end"),
           {.in = config.hidden_size, .out = config.hidden_size, .form = config.form}),
      depthwise_(weights.scope("depthwise_conv1d"), {.in = config.hidden_size,
                                                     .out = config.hidden_size,
                                                     .kernel = {config.conv_kernel_size},
                                                     .groups = config.hidden_size,
                                                     .bias = false}),
      before_(weights.scope("pre_layer_norm"),
              {.size = config.hidden_size, .eps = config.rms_norm_eps}),
      between_(weights.scope("conv_norm"),
               {.size = config.hidden_size, .eps = config.rms_norm_eps}),
      activation_(config.activation),
      past_(config.conv_kernel_size - 1),
      limit_{config.gradient_clipping} {}

at::Tensor Gemma4Audio::LightConv::operator()(const at::Tensor& x) const {
  const auto gated = at::glu(start_(before_(x)), -1).transpose(1, 2);  // [B, D, T]
  const auto mixed = depthwise_(at::constant_pad_nd(gated, {past_, 0})).transpose(1, 2);
  return end_(activation_(between_(limit_(mixed)))) + x;
}

at::Tensor Gemma4Audio::Layer::operator()(const at::Tensor& x) const {
  auto y = feed_forward1(x);
  y = norm_post_attn(limit(self_attn(norm_pre_attn(limit(y))))) + y;
  y = feed_forward2(lconv1d(y));
  return norm_out(limit(y));
}

Gemma4Audio::Gemma4Audio(const Gemma4AudioConfig& config, const WeightScope& weights)
    : config_(config),
      precision_(weights.precision()),
      subsampling_([&] {
        const auto scope = weights.scope("subsample_conv_projection");
        const auto layer = [&](const char* name, std::int64_t in, std::int64_t out) {
          return Subsampling{.conv = {scope.scope(name).scope("conv"),
                                      {.in = in,
                                       .out = out,
                                       .kernel = {3, 3},
                                       .stride = {2},
                                       .padding = {1},
                                       .bias = false}},
                             .norm = {scope.scope(name).scope("norm"),
                                      {.size = out, .eps = config.rms_norm_eps, .bias = false}}};
        };
        const auto [first, second] = config.subsampling_conv_channels;
        return std::array{layer("layer0", 1, first), layer("layer1", first, second)};
      }()),
      input_(weights.scope("subsample_conv_projection").scope("input_proj_linear"),
             {.in = config.mel_bands() / 4 * config.subsampling_conv_channels[1],
              .out = config.hidden_size,
              .bias = false}),
      output_(weights.scope("output_proj"),
              {.in = config.hidden_size, .out = config.output_proj_dims}) {
  for (std::int64_t i = 0; i < config.num_hidden_layers; ++i) {
    const auto scope = weights.scope("layers").scope(std::to_string(i));
    const auto norm = [&](const char* name) {
      return RmsNorm(scope.scope(name), {.size = config.hidden_size, .eps = kNormEps});
    };
    layers_.push_back({.feed_forward1 = {scope.scope("feed_forward1"), config},
                       .norm_pre_attn = norm("norm_pre_attn"),
                       .self_attn = {scope.scope("self_attn"), config},
                       .norm_post_attn = norm("norm_post_attn"),
                       .lconv1d = {scope.scope("lconv1d"), config},
                       .feed_forward2 = {scope.scope("feed_forward2"), config},
                       .norm_out = norm("norm_out"),
                       .limit = {config.gradient_clipping}});
  }
}

std::int64_t Gemma4Audio::token_count(std::int64_t frames) {
  const auto halved = [](std::int64_t count) { return (count + 1) / 2; };
  return halved(halved(frames));
}

at::Tensor Gemma4Audio::forward(const at::Tensor& features) const {
  require(features.dim() == 3 && features.size(1) > 0 && features.size(2) == config_.mel_bands(),
          ErrorCode::invalid_argument, "features must be [B, T, {}], got {}", config_.mel_bands(),
          shape_string(features));
  auto x = features.unsqueeze(1).to(precision_);
  for (const auto& layer : subsampling_) {
    x = layer(x);
  }
  x = input_(x.permute({0, 2, 3, 1}).flatten(2));  // channels innermost: [B, T / 4, D]
  for (const auto& layer : layers_) {
    x = layer(x);
  }
  return output_(x);
}

}  // namespace ogam

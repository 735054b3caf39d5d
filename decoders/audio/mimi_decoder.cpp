#include "decoders/audio/mimi_decoder.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/nn/activation.h"
#include "core/nn/causal_attention.h"
#include "core/nn/config_reader.h"
#include "core/nn/grouped_attention.h"
#include "core/nn/layers.h"
#include "core/nn/mlp.h"
#include "core/nn/rope.h"
#include "decoders/audio/seanet.h"

namespace ogam {
namespace {

constexpr std::int64_t kMaxSize = 16384;
constexpr std::int64_t kMaxLayers = 512;
constexpr std::int64_t kMaxHeads = 1024;
constexpr std::int64_t kMaxCodebooks = 256;
constexpr std::int64_t kMaxCodes = 1 << 20;
constexpr std::int64_t kMaxStride = 64;
constexpr std::int64_t kMaxWindow = 1 << 20;

struct MimiConfig {
  CodecShape shape;
  SeanetConfig decoder;
  std::int64_t semantic = 0;      // codebooks
  std::int64_t codebook_dim = 0;  // of the codes' vectors
  std::int64_t stride = 0;        // values of the decoder that a frame becomes
  std::int64_t groups = 0;        // of that upsampling
  std::int64_t layers = 0;        // of the transformer
  std::int64_t window = 0;        // values that a value sees, itself among them
  std::int64_t intermediate = 0;
  double norm_eps = 0;
  double rope_theta = 0;
  Activation activation = nullptr;
  GroupedAttention::Config attention;
};

/// How many values of the decoder a frame of codes becomes.
std::int64_t latent_stride(const ConfigReader& config, const MimiConfig& parsed) {
  constexpr double kMaxRate = 1e6;
  const auto hop = parsed.decoder.hop_length();
  const auto rate = (parsed.shape.sample_rate + hop - 1) / hop;  // of the decoder, a second
  // Files of today say nothing and mean a half of it, save for what is rounded.
  const auto usual = static_cast<double>(parsed.shape.sample_rate) / static_cast<double>(2 * hop);
  const auto* const key = config.has("frame_rate") ? "frame_rate" : "_frame_rate";
  const auto frames = config.number(key, 1e-3, kMaxRate, usual);
  const auto stride = static_cast<std::int64_t>(static_cast<double>(rate) / frames);
  require(stride >= 1 && stride <= kMaxStride && static_cast<double>(rate) != frames,
          ErrorCode::unsupported,
          "{}: {} frames a second, which become {} values; only 2 to {} values a frame are "
          "implemented",
          config.origin(), frames, rate, kMaxStride);
  return stride;
}

void parse_transformer(const ConfigReader& config, MimiConfig& parsed) {
  const auto size = parsed.decoder.hidden_size;
  const auto heads = config.size("num_attention_heads", kMaxHeads, 8);
  const bool bias = config.flag("attention_bias", false);
  require(size % heads == 0, ErrorCode::corrupt_data,
          "{}: {} heads do not divide \"hidden_size\" {}", config.origin(), heads, size);
  parsed.attention = {.size = size,
                      .heads = heads,
                      .key_value_heads = config.size("num_key_value_heads", kMaxHeads, 8),
                      .head_size = config.size("head_dim", kMaxSize, size / heads),
                      .bias = bias,
                      .out_bias = bias};
  parsed.layers = config.size("num_hidden_layers", kMaxLayers, 8);
  parsed.window = config.size("sliding_window", kMaxWindow, 250);
  parsed.intermediate = config.size("intermediate_size", kMaxSize, 2048);
  parsed.norm_eps = config.number("norm_eps", 0, 1, 1e-5);
  parsed.activation = find_activation(config.text("hidden_act", "gelu"), config.origin());
  constexpr double kMaxTheta = 1e12;
  const auto rope = config.section("rope_parameters");
  const auto theta = config.number("rope_theta", 1, kMaxTheta, 10000);  // of earlier files
  parsed.rope_theta = rope.number("rope_theta", 1, kMaxTheta, theta);
  rope.demand_or_absent<std::string>("rope_type", "default");
  rope.refuse_unread();
}

MimiConfig parse(const Json& json, const std::string& origin) {
  const ConfigReader config(json, origin);
  config.demand<std::string>("model_type", "mimi");
  MimiConfig parsed;
  parsed.decoder = SeanetConfig::parse(config, {.hidden_size = 512,
                                                .num_filters = 64,
                                                .ratios = {8, 6, 5, 4},
                                                .last_kernel_size = 3,
                                                .pad_mode = "constant",
                                                .conv_shortcut = false});
  require(parsed.decoder.causal, ErrorCode::unsupported,
          "{}: convolutions that see what comes are not implemented for this type", origin);
  parsed.shape = {.codebooks = config.size("num_quantizers", kMaxCodebooks, 32),
                  .codebook_size = config.size("codebook_size", kMaxCodes, 2048),
                  .hop_length = 0,
                  .channels = parsed.decoder.channels,
                  .sample_rate = config.size("sampling_rate", 384'000, 24'000)};
  parsed.stride = latent_stride(config, parsed);
  parsed.shape.hop_length = parsed.stride * parsed.decoder.hop_length();
  parsed.groups = config.size("upsample_groups", kMaxSize, 512);
  require(parsed.decoder.hidden_size % parsed.groups == 0, ErrorCode::corrupt_data,
          "{}: {} \"upsample_groups\" do not divide \"hidden_size\" {}", origin, parsed.groups,
          parsed.decoder.hidden_size);
  parsed.semantic = config.size("num_semantic_quantizers", kMaxCodebooks, 1);
  require(parsed.semantic < parsed.shape.codebooks, ErrorCode::corrupt_data,
          "{}: {} of {} codebooks are semantic, and some must not be", origin, parsed.semantic,
          parsed.shape.codebooks);
  parsed.codebook_dim = config.size("codebook_dim", kMaxSize, 256);
  require(config.size("vector_quantization_hidden_dimension", kMaxSize, 256) == parsed.codebook_dim,
          ErrorCode::unsupported,
          "{}: \"codebook_dim\" is another than \"vector_quantization_hidden_dimension\"", origin);
  parse_transformer(config, parsed);
  // How far positions go matters to no window; the others concern the encoder.
  config.refuse_unread({"max_position_embeddings", "layer_scale_initial_scale", "use_streaming",
                        "normalize", "tie_word_embeddings"});
  return parsed;
}

/// Some of the codebooks, and what brings the sum of their vectors to the decoder's size.
class Codebooks {
 public:
  Codebooks(const WeightScope& weights, const MimiConfig& config, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) {
      const auto codebook = weights.scope("layers").scope(std::to_string(i)).scope("codebook");
      const auto sums =
          codebook.get("embed_sum", {config.shape.codebook_size, config.codebook_dim});
      const auto usage = codebook.get("cluster_usage", {config.shape.codebook_size});
      constexpr double kLeast = 1e-5;  // of how often a code came in training
      vectors_.push_back(sums / usage.clamp_min(kLeast).unsqueeze(1));
      codebook.ignore("initialized");
    }
    if (config.codebook_dim != config.decoder.hidden_size) {
      output_.emplace(
          weights.scope("output_proj"),
          Conv1d::Config{
              .in = config.codebook_dim, .out = config.decoder.hidden_size, .bias = false});
      weights.ignore("input_proj");
    }
  }

  /// @param codes [Q, T]; @return [1, hidden_size, T].
  at::Tensor operator()(const at::Tensor& codes) const {
    const auto latents = sum_of_codes(vectors_, codes).t().unsqueeze(0);
    return output_ ? (*output_)(latents) : latents;
  }

 private:
  std::vector<at::Tensor> vectors_;
  std::optional<Conv1d> output_;
};

/// A layer whose halves are scaled before they are added. Names: as `MimiTransformerLayer`.
class MimiLayer {
 public:
  MimiLayer(const WeightScope& weights, const MimiConfig& config)
      : before_attention_(weights.scope("input_layernorm"), norm(config)),
        attention_(weights.scope("self_attn"), config.attention),
        attention_scale_(
            weights.scope("self_attn_layer_scale").get("scale", {config.decoder.hidden_size})),
        before_mlp_(weights.scope("post_attention_layernorm"), norm(config)),
        mlp_(weights.scope("mlp"), {.size = config.decoder.hidden_size,
                                    .intermediate = config.intermediate,
                                    .activation = config.activation,
                                    .bias = false}),
        mlp_scale_(weights.scope("mlp_layer_scale").get("scale", {config.decoder.hidden_size})) {}

  at::Tensor operator()(const at::Tensor& x, const CausalContext& context) const {
    const auto seen = x + attention_scale_ * attention_(before_attention_(x), context, nullptr);
    return seen + mlp_scale_ * mlp_(before_mlp_(seen));
  }

 private:
  static LayerNorm::Config norm(const MimiConfig& config) {
    return {.size = config.decoder.hidden_size, .eps = config.norm_eps};
  }

  LayerNorm before_attention_;
  GroupedAttention attention_;
  at::Tensor attention_scale_;
  LayerNorm before_mlp_;
  Mlp mlp_;
  at::Tensor mlp_scale_;
};

class MimiDecoder : public CodecDecoder {
 public:
  MimiDecoder(const MimiConfig& config, const WeightScope& weights)
      : shape_(config.shape),
        semantic_count_(config.semantic),
        window_(config.window),
        semantic_(weights.scope("quantizer").scope("semantic_residual_vector_quantizer"), config,
                  config.semantic),
        acoustic_(weights.scope("quantizer").scope("acoustic_residual_vector_quantizer"), config,
                  config.shape.codebooks - config.semantic),
        upsample_(config.decoder, weights.scope("upsample"),
                  {.in = config.decoder.hidden_size,
                   .out = config.decoder.hidden_size,
                   .stride = config.stride,
                   .groups = config.groups,
                   .bias = false}),
        frequencies_(rotary_frequencies(config.attention.head_size, config.rope_theta)),
        decoder_(config.decoder, weights.scope("decoder")) {
    const auto layers = weights.scope("decoder_transformer").scope("layers");
    layers_.reserve(config.layers);
    for (std::int64_t i = 0; i < config.layers; ++i) {
      layers_.emplace_back(layers.scope(std::to_string(i)), config);
    }
    for (const char* const name : {"encoder", "encoder_transformer", "downsample"}) {
      weights.ignore(name);
    }
  }

  const CodecShape& shape() const override { return shape_; }

 private:
  at::Tensor decode_checked(const at::Tensor& codes) const override {
    auto latents = semantic_(codes.slice(0, 0, semantic_count_));
    if (codes.size(0) > semantic_count_) {
      latents = latents + acoustic_(codes.slice(0, semantic_count_));
    }
    auto x = upsample_(latents).transpose(1, 2);  // [1, T, hidden_size]
    auto context = causal_context(x.size(1), /*before=*/0, window_);
    context.rotation = rotation_at(at::arange(x.size(1)), frequencies_);
    for (const MimiLayer& layer : layers_) {
      x = layer(x, context);
    }
    return decoder_(x.transpose(1, 2));
  }

  CodecShape shape_;
  std::int64_t semantic_count_;
  std::int64_t window_;
  Codebooks semantic_;
  Codebooks acoustic_;
  TrimmedConv upsample_;
  at::Tensor frequencies_;
  std::vector<MimiLayer> layers_;
  SeanetDecoder decoder_;
};

}  // namespace

std::unique_ptr<CodecDecoder> make_mimi_decoder(Checkpoint& checkpoint) {
  return std::make_unique<MimiDecoder>(parse(checkpoint.config(), checkpoint.origin()),
                                       checkpoint.weights());
}

}  // namespace ogam

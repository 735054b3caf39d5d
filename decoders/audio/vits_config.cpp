#include "decoders/audio/vits_config.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "core/base/error.h"
#include "core/nn/config_reader.h"

namespace ogam {
namespace {

constexpr std::int64_t kMaxSize = 16384;
constexpr std::int64_t kMaxLayers = 256;
constexpr std::int64_t kMaxKernel = 255;
constexpr std::int64_t kMaxVocabulary = 1 << 20;
constexpr std::int64_t kMaxSpeakers = 1 << 16;
constexpr std::int64_t kMaxHop = 1 << 14;
constexpr std::int64_t kMaxReach = 1 << 20;  // of a dilated kernel
constexpr std::int64_t kMaxStages = 12;

std::vector<std::int64_t> sizes_or(const ConfigReader& config, const char* key, std::int64_t limit,
                                   std::vector<std::int64_t> fallback) {
  return config.has(key) ? config.sizes(key, limit) : std::move(fallback);
}

/// A kernel that keeps the length is odd.
std::int64_t odd(const ConfigReader& config, const char* key, std::int64_t fallback) {
  const auto value = config.size(key, kMaxKernel, fallback);
  require(value % 2 == 1, ErrorCode::unsupported,
          "{}: \"{}\" is {}; only odd kernels are implemented", config.origin(), key, value);
  return value;
}

std::int64_t even(const ConfigReader& config, const char* key, std::int64_t fallback) {
  const auto value = config.size(key, kMaxSize, fallback);
  require(value % 2 == 0, ErrorCode::corrupt_data,
          "{}: \"{}\" is {}, but is halved: expected an even number", config.origin(), key, value);
  return value;
}

/// Dilations that are powers: those of `layers` layers, of which the last must be sane.
void check_reach(const ConfigReader& config, const char* what, std::int64_t base,
                 std::int64_t layers) {
  std::int64_t dilation = 1;
  for (std::int64_t i = 1; i < layers; ++i) {
    dilation *= base;
    require(dilation <= kMaxReach, ErrorCode::corrupt_data, "{}: the dilation of {} grows past {}",
            config.origin(), what, kMaxReach);
  }
}

std::vector<std::vector<std::int64_t>> read_dilations(const ConfigReader& config,
                                                      std::size_t kernels) {
  const char* const key = "resblock_dilation_sizes";
  const auto dilations = json_value_or<std::vector<std::vector<std::int64_t>>>(
      config.json(), key, config.origin(), std::vector<std::vector<std::int64_t>>(3, {1, 3, 5}));
  require(dilations.size() == kernels, ErrorCode::corrupt_data,
          "{}: \"{}\" has {} lists for {} \"resblock_kernel_sizes\"", config.origin(), key,
          dilations.size(), kernels);
  for (const auto& list : dilations) {
    require(!list.empty() && list.size() <= kMaxStages &&
                std::all_of(list.begin(), list.end(),
                            [](auto value) { return value > 0 && value <= kMaxKernel; }),
            ErrorCode::corrupt_data, "{}: \"{}\" must hold 1 to {} numbers from 1 to {} each",
            config.origin(), key, kMaxStages, kMaxKernel);
  }
  return dilations;
}

HifiGanConfig read_decoder(const ConfigReader& config, std::int64_t flow_size,
                           std::int64_t speaker_size) {
  HifiGanConfig decoder = {
      .in_channels = flow_size,
      .initial_channels = config.size("upsample_initial_channel", kMaxSize, 512),
      .upsample_rates = sizes_or(config, "upsample_rates", kMaxKernel, {8, 8, 2, 2}),
      .upsample_kernels = sizes_or(config, "upsample_kernel_sizes", kMaxKernel, {16, 16, 4, 4}),
      .block_kernels = sizes_or(config, "resblock_kernel_sizes", kMaxKernel, {3, 7, 11}),
      .block_dilations = {},
      .leaky_relu_slope = config.number("leaky_relu_slope", 0, 1, 0.1),
      .speaker_size = speaker_size,
  };
  decoder.block_dilations = read_dilations(config, decoder.block_kernels.size());
  const auto block = config.text("resblock", "1");
  require(block == "1" || block == "2", ErrorCode::unsupported,
          "{}: \"resblock\" is \"{}\"; only \"1\" and \"2\" are implemented", config.origin(),
          block);
  decoder.block = block == "1" ? ResidualBlock::paired : ResidualBlock::single;

  const auto& rates = decoder.upsample_rates;
  const auto& kernels = decoder.upsample_kernels;
  require(rates.size() == kernels.size() && rates.size() <= kMaxStages &&
              decoder.block_kernels.size() <= kMaxStages,
          ErrorCode::corrupt_data,
          "{}: {} \"upsample_rates\", {} \"upsample_kernel_sizes\" and {} "
          "\"resblock_kernel_sizes\"; expected as many kernels as rates, and at most {}",
          config.origin(), rates.size(), kernels.size(), decoder.block_kernels.size(), kMaxStages);
  std::int64_t hop = 1;
  for (std::size_t i = 0; i < rates.size(); ++i) {
    // Another kernel would make a frame become more or fewer samples than the rate says.
    require(kernels[i] >= rates[i] && (kernels[i] - rates[i]) % 2 == 0, ErrorCode::unsupported,
            "{}: a kernel of {} does not fit an upsampling by {}; expected one that is larger by "
            "an even number",
            config.origin(), kernels[i], rates[i]);
    hop *= rates[i];
    require(hop <= kMaxHop, ErrorCode::corrupt_data,
            "{}: the product of \"upsample_rates\" is over {}", config.origin(), kMaxHop);
  }
  for (const auto kernel : decoder.block_kernels) {
    require(kernel % 2 == 1, ErrorCode::unsupported,
            "{}: \"resblock_kernel_sizes\" holds {}; only odd kernels are implemented",
            config.origin(), kernel);
  }
  require(decoder.initial_channels >> rates.size() > 0, ErrorCode::corrupt_data,
          "{}: {} \"upsample_initial_channel\" cannot be halved {} times", config.origin(),
          decoder.initial_channels, rates.size());
  return decoder;
}

}  // namespace

std::int64_t HifiGanConfig::hop_length() const {
  return std::accumulate(upsample_rates.begin(), upsample_rates.end(), std::int64_t{1},
                         std::multiplies<>());
}

VitsConfig VitsConfig::parse(const Json& json, const std::string& origin) {
  const ConfigReader config(json, origin);
  config.demand<std::string>("model_type", "vits");
  require(
      !json.contains("window_size") || !json.at("window_size").is_null(), ErrorCode::unsupported,
      "{}: \"window_size\" is null; only attention with relative positions is implemented", origin);
  VitsConfig parsed = {
      .vocab_size = config.size("vocab_size", kMaxVocabulary, 38),
      .hidden_size = config.size("hidden_size", kMaxSize, 192),
      .num_hidden_layers = config.size("num_hidden_layers", kMaxLayers, 6),
      .num_attention_heads = config.size("num_attention_heads", kMaxSize, 2),
      .window_size = config.size("window_size", kMaxKernel, 4),
      .ffn_dim = config.size("ffn_dim", kMaxSize, 768),
      .ffn_kernel_size = config.size("ffn_kernel_size", kMaxKernel, 3),
      .flow_size = even(config, "flow_size", 192),
      .hidden_act = config.text("hidden_act", "relu"),
      .layer_norm_eps = config.number("layer_norm_eps", 0, 1, 1e-5),
      .use_bias = config.flag("use_bias", true),
      .use_stochastic_duration_prediction = config.flag("use_stochastic_duration_prediction", true),
      .depth_separable_num_layers = config.size("depth_separable_num_layers", kMaxLayers, 3),
      .duration_predictor_flow_bins = config.size("duration_predictor_flow_bins", 999, 10),
      .duration_predictor_tail_bound =
          config.number("duration_predictor_tail_bound", 1e-3, 1e6, 5.0),
      .duration_predictor_kernel_size = odd(config, "duration_predictor_kernel_size", 3),
      .duration_predictor_num_flows = config.size("duration_predictor_num_flows", kMaxLayers, 4),
      .duration_predictor_filter_channels =
          config.size("duration_predictor_filter_channels", kMaxSize, 256),
      .prior_encoder_num_flows = config.size("prior_encoder_num_flows", kMaxLayers, 4),
      .prior_encoder_num_wavenet_layers =
          config.size("prior_encoder_num_wavenet_layers", kMaxLayers, 4),
      .wavenet_kernel_size = odd(config, "wavenet_kernel_size", 5),
      .wavenet_dilation_rate = config.size("wavenet_dilation_rate", kMaxKernel, 1),
      .num_speakers = config.size("num_speakers", kMaxSpeakers, 1),
      .speaker_embedding_size = config.id("speaker_embedding_size", kMaxSize, 0),
      .speaking_rate = config.number("speaking_rate", 0.01, 100, 1.0),
      .noise_scale = config.number("noise_scale", 0, 100, 0.667),
      .noise_scale_duration = config.number("noise_scale_duration", 0, 100, 0.8),
      .sampling_rate = config.size("sampling_rate", 384'000, 16'000),
      .decoder = {},
  };
  // The two latents of a duration are what the spline's flows take turns on.
  config.demand_or_absent<std::int64_t>("depth_separable_channels", 2);
  require(parsed.hidden_size % parsed.num_attention_heads == 0, ErrorCode::corrupt_data,
          "{}: {} heads do not divide \"hidden_size\" {}", origin, parsed.num_attention_heads,
          parsed.hidden_size);
  require(parsed.num_speakers == 1 || parsed.speaker_embedding_size > 0, ErrorCode::corrupt_data,
          "{}: {} speakers need a \"speaker_embedding_size\"", origin, parsed.num_speakers);
  check_reach(config, "the WaveNet", parsed.wavenet_dilation_rate,
              parsed.prior_encoder_num_wavenet_layers);
  check_reach(config, "the duration predictor", parsed.duration_predictor_kernel_size,
              parsed.depth_separable_num_layers);
  parsed.decoder = read_decoder(config, parsed.flow_size, parsed.speaker_embedding_size);
  // What remains is dropout, or describes the encoder of recordings that training needs.
  config.refuse_unread({"resblock_dilation_sizes", "spectrogram_bins", "layerdrop",
                        "hidden_dropout", "activation_dropout", "wavenet_dropout",
                        "duration_predictor_dropout", "posterior_encoder_num_wavenet_layers"});
  return parsed;
}

}  // namespace ogam

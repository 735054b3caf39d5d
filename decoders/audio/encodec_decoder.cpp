#include "decoders/audio/encodec_decoder.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/nn/config_reader.h"
#include "core/nn/conv1d.h"

namespace ogam {
namespace {

constexpr std::int64_t kMaxChannels = 16384;
constexpr std::int64_t kMaxKernel = 255;
constexpr std::int64_t kMaxRatios = 8;
constexpr std::int64_t kMaxHop = 1 << 20;
constexpr std::int64_t kMaxLayers = 64;
constexpr std::int64_t kMaxCodebooks = 256;
constexpr std::int64_t kMaxCodes = 1 << 20;
constexpr double kMaxBandwidth = 1e6;  // kilobits a second
constexpr double kGroupNormEps = 1e-5;

struct EncodecConfig {
  CodecShape shape;
  std::int64_t hidden_size = 0;
  std::int64_t num_filters = 0;
  std::int64_t num_residual_layers = 0;
  std::vector<std::int64_t> ratios;
  std::int64_t kernel_size = 0;
  std::int64_t last_kernel_size = 0;
  std::int64_t residual_kernel_size = 0;
  std::int64_t dilation_growth_rate = 0;
  std::int64_t compress = 0;
  std::int64_t num_lstm_layers = 0;
  double trim_right_ratio = 1;
  bool causal = true;
  bool group_norm = false;  // of each convolution, instead of normalised weights
  bool reflects = true;     // at the edges, where zeros stand otherwise
  bool conv_shortcut = true;
};

/// How many codebooks the widest of the bandwidths has room for.
std::int64_t count_codebooks(const ConfigReader& config, const CodecShape& shape) {
  const auto bandwidths = json_value_or<std::vector<double>>(
      config.json(), "target_bandwidths", config.origin(), {1.5, 3.0, 6.0, 12.0, 24.0});
  require(!bandwidths.empty() && bandwidths.back() > 0 && bandwidths.back() <= kMaxBandwidth,
          ErrorCode::corrupt_data, "{}: \"target_bandwidths\" must end with a number from 0 to {}",
          config.origin(), kMaxBandwidth);
  const auto frames = (shape.sample_rate + shape.hop_length - 1) / shape.hop_length;  // a second
  const auto bits = std::ceil(std::log2(static_cast<double>(shape.codebook_size)));
  const auto count = std::floor(1000 * bandwidths.back() / (static_cast<double>(frames) * bits));
  require(count >= 1 && count <= kMaxCodebooks, ErrorCode::corrupt_data,
          "{}: the bandwidths give {} codebooks, expected 1 to {}", config.origin(), count,
          kMaxCodebooks);
  return static_cast<std::int64_t>(count);
}

/// One of the words that are implemented.
std::string choice(const ConfigReader& config, const char* key, const std::string& first,
                   const std::string& second) {
  const auto value = config.text(key, first);
  require(value == first || value == second, ErrorCode::unsupported,
          "{}: \"{}\" is \"{}\"; only \"{}\" and \"{}\" are implemented", config.origin(), key,
          value, first, second);
  return value;
}

EncodecConfig parse(const Json& json, const std::string& origin) {
  const ConfigReader config(json, origin);
  config.demand<std::string>("model_type", "encodec");
  require(!config.has("chunk_length_s"), ErrorCode::unsupported,
          "{}: \"chunk_length_s\": sound coded in chunks is not implemented", origin);
  EncodecConfig parsed = {
      .shape = {},
      .hidden_size = config.size("hidden_size", kMaxChannels, 128),
      .num_filters = config.size("num_filters", kMaxChannels, 32),
      .num_residual_layers = config.size("num_residual_layers", kMaxLayers, 1),
      .ratios = config.has("upsampling_ratios") ? config.sizes("upsampling_ratios", kMaxKernel)
                                                : std::vector<std::int64_t>{8, 5, 4, 2},
      .kernel_size = config.size("kernel_size", kMaxKernel, 7),
      .last_kernel_size = config.size("last_kernel_size", kMaxKernel, 7),
      .residual_kernel_size = config.size("residual_kernel_size", kMaxKernel, 3),
      .dilation_growth_rate = config.size("dilation_growth_rate", kMaxKernel, 2),
      .compress = config.size("compress", kMaxChannels, 2),
      .num_lstm_layers = config.size("num_lstm_layers", kMaxLayers, 2),
      .trim_right_ratio = config.number("trim_right_ratio", 0, 1, 1.0),
      .causal = config.flag("use_causal_conv", true),
      .group_norm = choice(config, "norm_type", "weight_norm", "time_group_norm") != "weight_norm",
      .reflects = choice(config, "pad_mode", "reflect", "constant") == "reflect",
      .conv_shortcut = config.flag("use_conv_shortcut", true),
  };
  std::int64_t hop = 1;
  for (const auto ratio : parsed.ratios) {
    hop *= ratio;
    require(hop <= kMaxHop, ErrorCode::corrupt_data, "{}: the product of the ratios is over {}",
            origin, kMaxHop);
  }
  std::int64_t dilation = 1;
  for (std::int64_t i = 1; i < parsed.num_residual_layers; ++i) {
    dilation *= parsed.dilation_growth_rate;
    require(dilation <= kMaxHop, ErrorCode::corrupt_data, "{}: the dilation grows past {}", origin,
            kMaxHop);
  }
  require(parsed.ratios.size() <= kMaxRatios &&
              parsed.num_filters << parsed.ratios.size() <= kMaxChannels &&
              parsed.compress <= parsed.num_filters,
          ErrorCode::corrupt_data, "{}: {} filters do not fit {} ratios and a compression by {}",
          origin, parsed.num_filters, parsed.ratios.size(), parsed.compress);
  require(config.size("codebook_dim", kMaxChannels, parsed.hidden_size) == parsed.hidden_size,
          ErrorCode::unsupported, "{}: \"codebook_dim\" is another than \"hidden_size\"", origin);
  require(parsed.causal || parsed.trim_right_ratio == 1, ErrorCode::corrupt_data,
          "{}: \"trim_right_ratio\" other than 1 needs causal convolutions", origin);
  parsed.shape = {.codebooks = 0,
                  .codebook_size = config.size("codebook_size", kMaxCodes, 1024),
                  .hop_length = hop,
                  .channels = config.size("audio_channels", 64, 1),
                  .sample_rate = config.size("sampling_rate", 384'000, 24'000)};
  parsed.shape.codebooks = count_codebooks(config, parsed.shape);
  // Loudness that was taken out before is not in the codes; chunks have no overlap without length.
  config.refuse_unread({"target_bandwidths", "normalize", "overlap"});
  return parsed;
}

/// What a group norm over all channels and times does to [1, C, T]. Names: `weight`, `bias` [C].
class TimeNorm {
 public:
  TimeNorm(const WeightScope& weights, std::int64_t channels)
      : weight_(weights.get("weight", {channels})), bias_(weights.get("bias", {channels})) {}
  at::Tensor operator()(const at::Tensor& x) const {
    return at::group_norm(x, /*num_groups=*/1, weight_, bias_, kGroupNormEps);
  }

 private:
  at::Tensor weight_;
  at::Tensor bias_;
};

/// A norm where the model has one.
std::optional<TimeNorm> read_norm(const EncodecConfig& config, const WeightScope& weights,
                                  std::int64_t channels) {
  return config.group_norm ? std::optional(TimeNorm(weights.scope("norm"), channels))
                           : std::nullopt;
}

/// A convolution that keeps the length: it sees only the past, or both sides alike.
class PaddedConv {
 public:
  struct Config {
    std::int64_t in = 0;
    std::int64_t out = 0;
    std::int64_t kernel = 1;
    std::int64_t dilation = 1;
  };
  PaddedConv(const EncodecConfig& model, const WeightScope& weights, const Config& config)
      : total_((config.kernel - 1) * config.dilation),
        causal_(model.causal),
        reflects_(model.reflects),
        conv_(weights.scope("conv"), {.in = config.in,
                                      .out = config.out,
                                      .kernel = config.kernel,
                                      .dilation = config.dilation}),
        norm_(read_norm(model, weights, config.out)) {}

  at::Tensor operator()(const at::Tensor& x) const {
    const auto right = causal_ ? 0 : total_ / 2;
    const auto states = conv_(pad(x, total_ - right, right));
    return norm_ ? (*norm_)(states) : states;
  }

 private:
  at::Tensor pad(const at::Tensor& x, std::int64_t left, std::int64_t right) const {
    if (!reflects_) {
      return at::constant_pad_nd(x, {left, right});
    }
    // Too little to reflect is made longer with zeros, which are taken off again.
    const auto most = std::max(left, right);
    const auto extra = x.size(2) <= most ? most - x.size(2) + 1 : 0;
    const auto padded = at::reflection_pad1d(at::constant_pad_nd(x, {0, extra}), {left, right});
    return padded.narrow(2, 0, padded.size(2) - extra);
  }

  std::int64_t total_;
  bool causal_;
  bool reflects_;
  Conv1d conv_;
  std::optional<TimeNorm> norm_;
};

/// A transposed convolution that makes each value `stride` values.
class TrimmedConv {
 public:
  TrimmedConv(const EncodecConfig& model, const WeightScope& weights, std::int64_t channels,
              std::int64_t stride)
      : conv_(weights.scope("conv"), {.in = channels,
                                      .out = channels / 2,
                                      .kernel = 2 * stride,
                                      .stride = stride,
                                      .transposed = true}),
        norm_(read_norm(model, weights, channels / 2)) {
    const auto total = static_cast<double>(stride);  // of a kernel of twice the stride
    right_ = model.causal ? static_cast<std::int64_t>(std::ceil(total * model.trim_right_ratio))
                          : stride / 2;
    left_ = stride - right_;
  }

  at::Tensor operator()(const at::Tensor& x) const {
    auto states = conv_(x);
    if (norm_) {
      states = (*norm_)(states);
    }
    return states.narrow(2, left_, states.size(2) - left_ - right_);
  }

 private:
  Conv1d conv_;
  std::optional<TimeNorm> norm_;
  std::int64_t left_ = 0;
  std::int64_t right_ = 0;
};

class ResidualLayer {
 public:
  ResidualLayer(const EncodecConfig& config, const WeightScope& weights, std::int64_t channels,
                std::int64_t dilation)
      : narrow_(config, weights.scope("block").scope("1"),
                {.in = channels,
                 .out = channels / config.compress,
                 .kernel = config.residual_kernel_size,
                 .dilation = dilation}),
        widen_(config, weights.scope("block").scope("3"),
               {.in = channels / config.compress, .out = channels}) {
    if (config.conv_shortcut) {
      shortcut_.emplace(config, weights.scope("shortcut"),
                        PaddedConv::Config{.in = channels, .out = channels});
    }
  }
  at::Tensor operator()(const at::Tensor& x) const {
    return (shortcut_ ? (*shortcut_)(x) : x) + widen_(at::elu(narrow_(at::elu(x))));
  }

 private:
  PaddedConv narrow_;
  PaddedConv widen_;
  std::optional<PaddedConv> shortcut_;
};

/// Long short-term memory over the times of [1, C, T], added to its input.
/// Names: `lstm.weight_ih_lN`, `lstm.weight_hh_lN`, `lstm.bias_ih_lN`, `lstm.bias_hh_lN`.
class Memory {
 public:
  Memory(const WeightScope& weights, std::int64_t size, std::int64_t layers)
      : size_(size), layers_(layers) {
    const auto lstm = weights.scope("lstm");
    for (std::int64_t i = 0; i < layers; ++i) {
      const auto of_layer = "_l" + std::to_string(i);
      for (const char* const name : {"weight_ih", "weight_hh"}) {
        weights_.push_back(lstm.get(name + of_layer, {4 * size, size}));
      }
      for (const char* const name : {"bias_ih", "bias_hh"}) {
        weights_.push_back(lstm.get(name + of_layer, {4 * size}));
      }
    }
  }
  at::Tensor operator()(const at::Tensor& x) const {
    const auto in_time = x.permute({2, 0, 1});
    const auto start = at::zeros({layers_, 1, size_}, x.options());
    const auto states = std::get<0>(at::lstm(in_time, {start, start}, weights_, /*has_biases=*/true,
                                             layers_, /*dropout=*/0, /*train=*/false,
                                             /*bidirectional=*/false, /*batch_first=*/false));
    return (states + in_time).permute({1, 2, 0});
  }

 private:
  std::int64_t size_;
  std::int64_t layers_;
  std::vector<at::Tensor> weights_;
};

class EncodecDecoder : public CodecDecoder {
 public:
  EncodecDecoder(const EncodecConfig& config, const WeightScope& weights)
      : shape_(config.shape),
        first_(config, layer(weights, 0),
               {.in = config.hidden_size,
                .out = config.num_filters << config.ratios.size(),
                .kernel = config.kernel_size}),
        memory_(layer(weights, 1), config.num_filters << config.ratios.size(),
                config.num_lstm_layers),
        last_(config, layer(weights, last_index(config)),
              {.in = config.num_filters,
               .out = config.shape.channels,
               .kernel = config.last_kernel_size}) {
    // Activations have indexes of their own among the layers.
    std::int64_t index = 3;
    auto channels = config.num_filters << config.ratios.size();
    for (const auto ratio : config.ratios) {
      stages_.push_back({TrimmedConv(config, layer(weights, index++), channels, ratio), {}});
      channels /= 2;
      std::int64_t dilation = 1;
      for (std::int64_t i = 0; i < config.num_residual_layers; ++i) {
        stages_.back().residual.emplace_back(config, layer(weights, index++), channels, dilation);
        dilation *= config.dilation_growth_rate;
      }
      ++index;
    }
    const auto codebooks = weights.scope("quantizer").scope("layers");
    for (std::int64_t i = 0; i < config.shape.codebooks; ++i) {
      const auto codebook = codebooks.scope(std::to_string(i)).scope("codebook");
      codebooks_.push_back(codebook.get("embed", {config.shape.codebook_size, config.hidden_size}));
      for (const char* const name : {"inited", "cluster_size", "embed_avg"}) {
        codebook.ignore(name);
      }
    }
    weights.ignore("encoder");
  }

  const CodecShape& shape() const override { return shape_; }

 private:
  struct Stage {
    TrimmedConv upsampler;
    std::vector<ResidualLayer> residual;
  };

  static WeightScope layer(const WeightScope& weights, std::int64_t index) {
    return weights.scope("decoder").scope("layers").scope(std::to_string(index));
  }
  static std::int64_t last_index(const EncodecConfig& config) {
    return 3 + static_cast<std::int64_t>(config.ratios.size()) * (2 + config.num_residual_layers);
  }

  at::Tensor decode_checked(const at::Tensor& codes) const override {
    require(codes.min().item<std::int64_t>() >= 0 &&
                codes.max().item<std::int64_t>() < shape_.codebook_size,
            ErrorCode::invalid_argument, "codes must be from 0 to {}", shape_.codebook_size - 1);
    auto latents = codebooks_[0].index_select(0, codes[0]);
    for (std::int64_t i = 1; i < codes.size(0); ++i) {
      latents = latents + codebooks_[static_cast<std::size_t>(i)].index_select(0, codes[i]);
    }
    auto x = memory_(first_(latents.t().unsqueeze(0)));
    for (const auto& stage : stages_) {
      x = stage.upsampler(at::elu(x));
      for (const auto& residual : stage.residual) {
        x = residual(x);
      }
    }
    return last_(at::elu(x)).squeeze(0);
  }

  CodecShape shape_;
  std::vector<at::Tensor> codebooks_;
  PaddedConv first_;
  Memory memory_;
  std::vector<Stage> stages_;
  PaddedConv last_;
};

}  // namespace

std::unique_ptr<CodecDecoder> make_encodec_decoder(Checkpoint& checkpoint) {
  return std::make_unique<EncodecDecoder>(parse(checkpoint.config(), checkpoint.origin()),
                                          checkpoint.weights());
}

}  // namespace ogam

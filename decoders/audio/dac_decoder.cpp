#include "decoders/audio/dac_decoder.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/nn/config_reader.h"
#include "core/nn/conv1d.h"
#include "core/nn/dac_blocks.h"
#include "core/nn/layers.h"

namespace ogam {
namespace {

constexpr std::int64_t kMaxChannels = 16384;
constexpr std::int64_t kMaxRatio = 64;
constexpr std::int64_t kMaxBlocks = 8;
constexpr std::int64_t kMaxHop = 1 << 20;
constexpr std::int64_t kMaxCodebooks = 256;
constexpr std::int64_t kMaxCodes = 1 << 20;
constexpr std::int64_t kEdgeKernel = 7;

struct DacDecoderConfig {
  CodecShape shape;
  std::int64_t hidden_size = 0;
  std::int64_t decoder_hidden_size = 0;
  std::int64_t codebook_dim = 0;
  std::vector<std::int64_t> upsampling_ratios;
};

DacDecoderConfig parse(const Json& json, const std::string& origin) {
  const ConfigReader config(json, origin);
  config.demand<std::string>("model_type", "dac");
  DacDecoderConfig parsed;
  // transformers makes both of what the encoder does, whatever the file says of them.
  auto ratios = config.has("downsampling_ratios") ? config.sizes("downsampling_ratios", kMaxRatio)
                                                  : std::vector<std::int64_t>{2, 4, 8, 8};
  require(ratios.size() <= kMaxBlocks, ErrorCode::corrupt_data,
          "{}: {} \"downsampling_ratios\" are over {}", origin, ratios.size(), kMaxBlocks);
  const auto width = config.size("encoder_hidden_size", kMaxChannels, 64) << ratios.size();
  std::reverse(ratios.begin(), ratios.end());
  parsed.upsampling_ratios = ratios;
  parsed.hidden_size = width;
  parsed.decoder_hidden_size = config.size("decoder_hidden_size", kMaxChannels, 1536);
  parsed.codebook_dim = config.size("codebook_dim", kMaxChannels, 8);
  std::int64_t hop = 1;
  for (const auto ratio : ratios) {
    hop *= ratio;
    require(hop <= kMaxHop, ErrorCode::corrupt_data, "{}: the product of the ratios is over {}",
            origin, kMaxHop);
  }
  require(width <= kMaxChannels && (parsed.decoder_hidden_size >> ratios.size()) > 0,
          ErrorCode::corrupt_data, "{}: {} and {} channels do not fit {} ratios", origin, width,
          parsed.decoder_hidden_size, ratios.size());
  parsed.shape = {
      .codebooks = config.size("n_codebooks", kMaxCodebooks, 9),
      .codebook_size = config.size("codebook_size", kMaxCodes, 1024),
      .hop_length = hop,
      .channels = 1,
      .sample_rate = config.size("sampling_rate", 384'000, 16'000),
  };
  config.refuse_unread({"upsampling_ratios", "hidden_size", "hop_length", "quantizer_dropout",
                        "commitment_loss_weight", "codebook_loss_weight"});
  return parsed;
}

class DacDecoder : public CodecDecoder {
 public:
  DacDecoder(const DacDecoderConfig& config, const WeightScope& weights)
      : shape_(config.shape),
        conv1_(weights.scope("decoder").scope("conv1"),
               edge(config.hidden_size, config.decoder_hidden_size)),
        snake1_(weights.scope("decoder").scope("snake1"), last_channels(config)),
        conv2_(weights.scope("decoder").scope("conv2"), edge(last_channels(config), 1)) {
    const auto quantizers = weights.scope("quantizer").scope("quantizers");
    for (std::int64_t i = 0; i < config.shape.codebooks; ++i) {
      const auto scope = quantizers.scope(std::to_string(i));
      codebooks_.push_back({Embedding(scope.scope("codebook"), {.count = config.shape.codebook_size,
                                                                .size = config.codebook_dim}),
                            Conv1d(scope.scope("out_proj"),
                                   {.in = config.codebook_dim, .out = config.hidden_size})});
      scope.ignore("in_proj");
    }
    auto channels = config.decoder_hidden_size;
    for (std::size_t i = 0; i < config.upsampling_ratios.size(); ++i, channels /= 2) {
      blocks_.emplace_back(weights.scope("decoder").scope("block").scope(std::to_string(i)),
                           channels, config.upsampling_ratios[i]);
    }
    weights.ignore("encoder");
  }

  const CodecShape& shape() const override { return shape_; }

 private:
  struct Codebook {
    Embedding codes;
    Conv1d out_proj;
  };
  struct Block {
    Block(const WeightScope& weights, std::int64_t channels, std::int64_t stride)
        : snake1(weights.scope("snake1"), channels),
          conv_t1(weights.scope("conv_t1"), {.in = channels,
                                             .out = channels / 2,
                                             .kernel = 2 * stride,
                                             .stride = stride,
                                             .padding = (stride + 1) / 2,
                                             .transposed = true}),
          units(weights, channels / 2) {}

    Snake snake1;
    Conv1d conv_t1;
    DacResidualUnits units;
  };

  static std::int64_t last_channels(const DacDecoderConfig& config) {
    return config.decoder_hidden_size >> config.upsampling_ratios.size();
  }
  static Conv1d::Config edge(std::int64_t in, std::int64_t out) {
    return {.in = in, .out = out, .kernel = kEdgeKernel, .padding = kEdgeKernel / 2};
  }

  at::Tensor decode_checked(const at::Tensor& codes) const override {
    at::Tensor latents;
    for (std::int64_t i = 0; i < codes.size(0); ++i) {
      const auto& codebook = codebooks_[static_cast<std::size_t>(i)];
      const auto part = codebook.out_proj(codebook.codes(codes[i]).t().unsqueeze(0));
      latents = latents.defined() ? latents + part : part;
    }
    auto x = conv1_(latents);
    for (const auto& block : blocks_) {
      x = block.units(block.conv_t1(block.snake1(x)));
    }
    return conv2_(snake1_(x)).tanh().squeeze(0);
  }

  CodecShape shape_;
  std::vector<Codebook> codebooks_;
  Conv1d conv1_;
  std::vector<Block> blocks_;
  Snake snake1_;
  Conv1d conv2_;
};

}  // namespace

std::unique_ptr<CodecDecoder> make_dac_decoder(Checkpoint& checkpoint) {
  return std::make_unique<DacDecoder>(parse(checkpoint.config(), checkpoint.origin()),
                                      checkpoint.weights());
}

}  // namespace ogam

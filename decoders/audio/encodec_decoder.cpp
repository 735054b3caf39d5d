#include "decoders/audio/encodec_decoder.h"

#include <ATen/ATen.h>

#include <cmath>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/nn/config_reader.h"
#include "decoders/audio/seanet.h"

namespace ogam {
namespace {

constexpr std::int64_t kMaxLayers = 64;
constexpr std::int64_t kMaxCodebooks = 256;
constexpr std::int64_t kMaxCodes = 1 << 20;
constexpr double kMaxBandwidth = 1e6;  // kilobits a second

struct EncodecConfig {
  CodecShape shape;
  SeanetConfig decoder;
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

EncodecConfig parse(const Json& json, const std::string& origin) {
  const ConfigReader config(json, origin);
  config.demand<std::string>("model_type", "encodec");
  require(!config.has("chunk_length_s"), ErrorCode::unsupported,
          "{}: \"chunk_length_s\": sound coded in chunks is not implemented", origin);
  EncodecConfig parsed;
  SeanetConfig& decoder = parsed.decoder;
  decoder = SeanetConfig::parse(config, {.hidden_size = 128,
                                         .num_filters = 32,
                                         .ratios = {8, 5, 4, 2},
                                         .last_kernel_size = 7,
                                         .pad_mode = "reflect",
                                         .conv_shortcut = true});
  decoder.num_lstm_layers = config.size("num_lstm_layers", kMaxLayers, 2);
  decoder.group_norm =
      read_choice(config, "norm_type", "weight_norm", "time_group_norm") != "weight_norm";
  require(
      config.size("codebook_dim", decoder.hidden_size, decoder.hidden_size) == decoder.hidden_size,
      ErrorCode::unsupported, "{}: \"codebook_dim\" is another than \"hidden_size\"", origin);
  parsed.shape = {.codebooks = 0,
                  .codebook_size = config.size("codebook_size", kMaxCodes, 1024),
                  .hop_length = decoder.hop_length(),
                  .channels = decoder.channels,
                  .sample_rate = config.size("sampling_rate", 384'000, 24'000)};
  parsed.shape.codebooks = count_codebooks(config, parsed.shape);
  // Loudness that was taken out before is not in the codes; chunks have no overlap without length.
  config.refuse_unread({"target_bandwidths", "normalize", "overlap"});
  return parsed;
}

class EncodecDecoder : public CodecDecoder {
 public:
  EncodecDecoder(const EncodecConfig& config, const WeightScope& weights)
      : shape_(config.shape), decoder_(config.decoder, weights.scope("decoder")) {
    const auto codebooks = weights.scope("quantizer").scope("layers");
    for (std::int64_t i = 0; i < config.shape.codebooks; ++i) {
      const auto codebook = codebooks.scope(std::to_string(i)).scope("codebook");
      codebooks_.push_back(
          codebook.get("embed", {config.shape.codebook_size, config.decoder.hidden_size}));
      for (const char* const name : {"inited", "cluster_size", "embed_avg"}) {
        codebook.ignore(name);
      }
    }
    weights.ignore("encoder");
  }

  const CodecShape& shape() const override { return shape_; }

 private:
  at::Tensor decode_checked(const at::Tensor& codes) const override {
    return decoder_(sum_of_codes(codebooks_, codes).t().unsqueeze(0));
  }

  CodecShape shape_;
  std::vector<at::Tensor> codebooks_;
  SeanetDecoder decoder_;
};

}  // namespace

std::unique_ptr<CodecDecoder> make_encodec_decoder(Checkpoint& checkpoint) {
  return std::make_unique<EncodecDecoder>(parse(checkpoint.config(), checkpoint.origin()),
                                          checkpoint.weights());
}

}  // namespace ogam

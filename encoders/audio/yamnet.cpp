#include "encoders/audio/yamnet.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/nn/config_reader.h"
#include "core/nn/normalize_rows.h"

namespace ogam {
namespace {

constexpr std::int64_t kMaxChannels = 8192;
constexpr std::int64_t kWindowPatches = 10;
constexpr std::int64_t kBatch = 16;  // patches; more is no faster

}  // namespace

YamnetConfig YamnetConfig::parse(const Json& json, const std::string& origin) {
  const ConfigReader config(json, origin);
  config.demand<std::string>("hidden_act", "relu");
  config.demand<std::string>("padding", "same");
  config.demand("sample_rate", 16000);  // what AudioEncoder promises
  YamnetConfig parsed = {
      .mel = {.sample_rate = 16000,
              .n_fft = static_cast<int>(config.size("n_fft", 65536)),
              .window = static_cast<int>(config.size("window", 65536)),
              .hop = static_cast<int>(config.size("hop", 65536)),
              .n_mels = static_cast<int>(config.size("num_mel_bins", 1024)),
              .f_min = config.number("mel_f_min", 0, 8000),
              .f_max = config.number("mel_f_max", 0, 8000),
              .scale = MelScale::htk,
              .triangle = MelTriangle::linear_in_mel,
              .norm = MelNorm::none,
              .power = 1,
              .centred = false},
      .log_offset = config.number("log_offset", 1e-12, 1),
      .patch_frames = config.size("patch_frames", 4096),
      .patch_hop_frames = config.size("patch_hop_frames", 4096),
      .stem_channels = config.size("stem_channels", kMaxChannels),
      .stem_stride = config.size("stem_stride", 4),
      .block_channels = config.sizes("block_channels", kMaxChannels),
      .block_strides = config.sizes("block_strides", 256),
      .num_labels = config.size("num_labels", 1'000'000),
      .posterior_top_k = static_cast<int>(config.size("posterior_top_k", 1'000'000)),
      .labels = {},
  };
  require(parsed.block_channels.size() == parsed.block_strides.size(), ErrorCode::corrupt_data,
          "{}: \"block_channels\" has {} entries and \"block_strides\" {}", origin,
          parsed.block_channels.size(), parsed.block_strides.size());
  parsed.labels = read_labels(json, static_cast<int>(parsed.num_labels), origin);
  return parsed;
}

Yamnet::Yamnet(const YamnetConfig& config, const WeightScope& weights)
    : config_(config),
      mel_(config.mel),
      stem_(weights.scope("stem"),
            {.in = 1, .out = config.stem_channels, .kernel = 3, .stride = config.stem_stride}),
      classifier_(weights.scope("classifier"),
                  {.in = config.block_channels.back(), .out = config.num_labels}) {
  auto channels = config.stem_channels;
  for (std::size_t i = 0; i < config.block_channels.size(); ++i) {
    const auto block = weights.scope("blocks").scope(std::to_string(i));
    blocks_.push_back(
        {.depthwise = SameConv(block.scope("depthwise"), {.in = channels,
                                                          .out = channels,
                                                          .kernel = 3,
                                                          .stride = config.block_strides[i],
                                                          .groups = channels}),
         .pointwise = SameConv(block.scope("pointwise"),
                               {.in = channels, .out = config.block_channels[i]})});
    channels = config.block_channels[i];
  }
}

std::vector<EncoderOutputInfo> Yamnet::outputs() const {
  return {{"posterior", static_cast<int>(config_.num_labels)},
          {"features", static_cast<int>(config_.block_channels.back())}};
}

Time Yamnet::window() const {
  return kWindowPatches * config_.patch_hop_frames * config_.mel.hop * kSecond /
         config_.mel.sample_rate;
}

std::vector<EncoderOutput> Yamnet::encode(std::span<const std::vector<float>> clips) const {
  const c10::InferenceMode no_gradients;
  const auto embeddings =
      at::empty({static_cast<std::int64_t>(clips.size()), config_.block_channels.back()});
  const auto posteriors = at::empty({static_cast<std::int64_t>(clips.size()), config_.num_labels});
  for (std::size_t i = 0; i < clips.size(); ++i) {
    const auto row = static_cast<std::int64_t>(i);
    const auto summary = summarize(clips[i]);
    embeddings[row].copy_(summary.embedding);
    posteriors[row].copy_(summary.probabilities);
  }
  return {{"posterior", posterior_vectors(posteriors, config_.posterior_top_k)},
          {"features", normalize_rows(embeddings)}};
}

std::int64_t Yamnet::samples_in(std::int64_t frames) const {
  return config_.mel.window + (frames - 1) * config_.mel.hop;
}

std::int64_t Yamnet::patch_count(std::size_t samples) const {
  const auto beyond_first = static_cast<std::int64_t>(samples) - samples_in(config_.patch_frames);
  const auto step = config_.patch_hop_frames * config_.mel.hop;
  return 1 + std::max<std::int64_t>(0, (beyond_first + step - 1) / step);
}

at::Tensor Yamnet::patches(std::span<const float> clip, std::int64_t first,
                           std::int64_t count) const {
  require(count >= 1 && first >= 0 && first + count <= patch_count(clip.size()),
          ErrorCode::invalid_argument, "patches {} to {} of a clip that has {}", first,
          first + count, patch_count(clip.size()));
  const auto begin =
      std::min<std::size_t>(first * config_.patch_hop_frames * config_.mel.hop, clip.size());
  const auto wanted = samples_in(config_.patch_frames + (count - 1) * config_.patch_hop_frames);
  const auto there = std::min<std::size_t>(wanted, clip.size() - begin);
  auto samples = at::zeros({wanted}, at::kFloat);
  std::copy_n(clip.begin() + static_cast<std::ptrdiff_t>(begin), there,
              samples.mutable_data_ptr<float>());
  const auto log_mel = (mel_(samples) + config_.log_offset).log();  // [T, M]
  return log_mel
      .unfold(0, config_.patch_frames, config_.patch_hop_frames)  // [P, M, frames]
      .transpose(1, 2)
      .unsqueeze(1)
      .contiguous();
}

Yamnet::Output Yamnet::forward(const at::Tensor& patches) const {
  require(patches.dim() == 4 && patches.size(1) == 1 && patches.size(2) == config_.patch_frames &&
              patches.size(3) == config_.mel.n_mels,
          ErrorCode::invalid_argument, "patches must be [P, 1, {}, {}]", config_.patch_frames,
          config_.mel.n_mels);
  auto x = stem_(patches.contiguous(at::MemoryFormat::ChannelsLast)).relu_();
  for (const auto& block : blocks_) {
    x = block.depthwise(x).relu_();
    x = block.pointwise(x).relu_();
  }
  const auto embeddings = x.mean({2, 3});
  return {embeddings, classifier_(embeddings)};
}

Yamnet::Summary Yamnet::summarize(std::span<const float> clip) const {
  require(!clip.empty(), ErrorCode::invalid_argument, "an empty sound cannot be encoded");
  const auto total = patch_count(clip.size());
  auto embedding = at::zeros({config_.block_channels.back()}, at::kDouble);
  auto probabilities = at::zeros({config_.num_labels}, at::kDouble);
  for (std::int64_t first = 0; first < total; first += kBatch) {
    const auto output = forward(patches(clip, first, std::min(kBatch, total - first)));
    embedding += output.embeddings.sum(0, false, at::kDouble);
    probabilities += at::sigmoid(output.logits).sum(0, false, at::kDouble);
  }
  require(at::isfinite(embedding).all().item<bool>(), ErrorCode::corrupt_data,
          "the sound has samples that are not finite numbers; convert it to 16-bit samples first");
  return {(embedding / total).to(at::kFloat), (probabilities / total).to(at::kFloat)};
}

at::Tensor Yamnet::probabilities(std::span<const float> clip) const {
  const c10::InferenceMode no_gradients;
  return summarize(clip).probabilities;
}

Encoders make_yamnet(Checkpoint& checkpoint) {
  const auto origin = checkpoint.origin();
  const auto config = YamnetConfig::parse(checkpoint.config(), origin);
  auto model = std::make_shared<Yamnet>(config, checkpoint.weights());
  return {.audio = std::move(model)};
}

}  // namespace ogam

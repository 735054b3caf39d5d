#include "encoders/video/pe_video.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/base/error.h"
#include "core/nn/normalize_rows.h"
#include "encoders/text/pe_text.h"

namespace ogam {
namespace {

constexpr std::size_t kBatch = 8;  // frames
constexpr int kFewestFrames = 2;
constexpr double kNormEps = 1e-12;  // of PyTorch's normalize
constexpr double kDefaultFps = 2;
constexpr int kDefaultFrames = 64;
// A fixed number of frames is spread over all that there are, not over a few of them.
constexpr double kFpsToSpread = 30;

}  // namespace

PeVideoFrames::PeVideoFrames(const ProcessorConfig& config)
    : sampling_(FrameSampling::parse(config)), processor_(ImageProcessorConfig::parse(config)) {
  // A file that samples nothing may still name a number.
  if (!config.flag("do_sample_frames", true)) {
    sampling_.num_frames.reset();
  }
  require(sampling_.num_frames.value_or(kFewestFrames) >= kFewestFrames, ErrorCode::unsupported,
          "{}: \"num_frames\" is {}; at least the first and the last frame of a clip are seen",
          config.origin(), sampling_.num_frames.value_or(0));
}

VideoSampling PeVideoFrames::sampling() const {
  if (sampling_.num_frames) {
    return {.fps = kFpsToSpread, .max_frames = *sampling_.num_frames};
  }
  return {.fps = sampling_.fps.value_or(kDefaultFps), .max_frames = kDefaultFrames};
}

std::vector<std::int64_t> PeVideoFrames::choose(std::size_t count) const {
  if (sampling_.num_frames) {
    return sample_frames(sampling_, {.frames = static_cast<std::int64_t>(count)});
  }
  std::vector<std::int64_t> all(count);
  std::iota(all.begin(), all.end(), 0);
  return all;
}

at::Tensor PeVideoFrames::pixels(const Image& frame) const {
  return processor_(std::span(&frame, 1));
}

PeVideoTower::Config PeVideoTower::Config::parse(const ConfigReader& config) {
  config.demand_or_absent<std::string>("model_type", "pe_video_encoder");
  const Config parsed = {.vision = PeCoreConfig::parse(config.section("vision_config")),
                         .encoder = PeEncoderConfig::parse(config)};
  config.refuse_unread();
  return parsed;
}

PeVideoTower::PeVideoTower(const WeightScope& weights, const Config& config,
                           const ProcessorConfig& processor)
    : frames_(processor),
      vision_(weights.scope("embedder.vision_model.timm_model"), config.vision),
      proj_(weights.scope("embedder.proj"),
            {.in = config.vision.num_classes, .out = config.encoder.hidden_size, .bias = false}),
      data_proj_(weights.scope("embedder.data_proj"),
                 {.in = config.encoder.hidden_size, .out = config.encoder.hidden_size}),
      encoder_(weights, config.encoder) {}

PeEncoder::Output PeVideoTower::forward(std::span<const Image> frames) const {
  require(!frames.empty(), ErrorCode::invalid_argument, "a clip without frames cannot be encoded");
  const auto chosen = frames_.choose(frames.size());
  std::vector<at::Tensor> vectors;
  for (std::size_t first = 0; first < chosen.size(); first += kBatch) {
    std::vector<at::Tensor> batch;
    for (std::size_t i = first; i < std::min(first + kBatch, chosen.size()); ++i) {
      batch.push_back(frames_.pixels(frames[static_cast<std::size_t>(chosen[i])]));
    }
    vectors.push_back(vision_.forward(at::cat(batch)));
  }
  const auto described = at::cat(vectors);  // [F, num_classes]
  const auto lengths = described.norm(2, -1, /*keepdim=*/true).clamp_min(kNormEps);
  return encoder_.forward(data_proj_(proj_(described / lengths)).unsqueeze(0));
}

PeVideoEncoder::PeVideoEncoder(std::shared_ptr<const PeVideoTower> tower, PeHead head,
                               Config config)
    : tower_(std::move(tower)), head_(std::move(head)), config_(std::move(config)) {}

std::vector<EncoderOutputInfo> PeVideoEncoder::outputs() const {
  return {{config_.output, config_.dimension}};
}

std::vector<EncoderOutput> PeVideoEncoder::encode(std::span<const VideoClip> clips) const {
  const c10::InferenceMode no_gradients;
  const auto vectors = at::empty({static_cast<std::int64_t>(clips.size()), config_.dimension});
  for (std::size_t i = 0; i < clips.size(); ++i) {
    vectors[static_cast<std::int64_t>(i)].copy_(head_(tower_->forward(clips[i].frames).pooled)[0]);
  }
  return {{config_.output, normalize_rows(vectors)}};
}

Encoders make_pe_video(Checkpoint& checkpoint) {
  const ConfigReader config(checkpoint.config(), checkpoint.origin());
  config.demand<std::string>("model_type", "pe_video");
  const auto text_config = parse_pe_text_config(config.section("text_config"));
  const auto tower_config = PeVideoTower::Config::parse(config.section("video_config"));
  config.refuse_unread();

  const auto weights = checkpoint.weights();
  const auto tower = std::make_shared<const PeVideoTower>(
      weights.scope("video_encoder"), tower_config,
      ProcessorConfig::read(checkpoint.folder(), ProcessorKind::video));
  const auto size = text_config.hidden_size;
  // The trained score is of vectors at their own length.
  weights.ignore("text_video_logit_scale");
  weights.ignore("text_video_logit_bias");
  return {.text = std::make_shared<PeTextEncoder>(
              checkpoint.folder(), weights.scope("text_model"), text_config,
              std::vector<PeTextEncoder::Output>{
                  {"embedding", {weights.scope("text_video_head"), {.in = size, .out = size}}}}),
          .video = std::make_shared<PeVideoEncoder>(
              tower,
              PeHead(weights.scope("video_head"), {.in = tower->config().hidden_size, .out = size}),
              PeVideoEncoder::Config{.output = "embedding", .dimension = static_cast<int>(size)})};
}

}  // namespace ogam

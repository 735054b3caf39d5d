#include "decoders/image/janus.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <string>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/nn/config_reader.h"
#include "core/nn/processor_config.h"
#include "core/nn/transformer_weights.h"

namespace ogam {
namespace {

constexpr std::int64_t kMaxSize = 1 << 17;
constexpr std::int64_t kMaxSide = 8192;  // pixels
constexpr std::int64_t kMaxLayers = 64;

/// Three numbers of the picture's processor.
std::array<double, 3> colours(const ProcessorConfig& config, const std::string& key) {
  const auto values =
      json_value_or<std::vector<double>>(config.json(), key, config.origin(), {0.5, 0.5, 0.5});
  require(values.size() == 3, ErrorCode::corrupt_data,
          "{}: \"{}\" holds {} numbers, expected one for each of red, green and blue",
          config.origin(), key, values.size());
  return {values[0], values[1], values[2]};
}

}  // namespace

JanusPainter::Config JanusPainter::parse(const Checkpoint& checkpoint) {
  const auto origin = checkpoint.origin();
  const ConfigReader config(checkpoint.config(), origin);
  config.demand<std::string>("model_type", "janus");
  const auto text = config.section("text_config");
  const auto vision = config.section("vision_config");
  const auto picture = config.section("vq_config");
  const auto type = json_value<std::string>(text.json(), "model_type", text.origin());
  require(type == "llama", ErrorCode::unsupported,
          "{}: a language model of type '{}' is not implemented here; only llama is", text.origin(),
          type);
  Config parsed;
  parsed.text = LanguageModelConfig::parse(text.json(), text.origin());
  parsed.text.tie_word_embeddings = config.flag("tie_word_embeddings", true);
  // A picture has as many codes a side as the eyes see patches.
  const auto side = vision.size("image_size", kMaxSide, 384);
  const auto patch = vision.size("patch_size", side, 16);
  parsed.picture = VqDecoderConfig::parse(picture, side / patch);
  const auto codes = vision.size("num_image_tokens", kMaxSide * kMaxSide, 576);
  require(codes == parsed.picture.num_patches * parsed.picture.num_patches, ErrorCode::corrupt_data,
          "{}: \"num_image_tokens\" is {}, where {} patches a side make {}", vision.origin(), codes,
          side / patch, (side / patch) * (side / patch));
  parsed.projection_dim = picture.size("projection_dim", kMaxSize, 2048);
  parsed.aligner_layers = picture.size("num_hidden_layers", kMaxLayers, 2);
  parsed.activation = find_activation(picture.text("hidden_act", "gelu"), picture.origin());
  const auto embedded = picture.size("image_token_embed_dim", kMaxSize, 2048);
  require(embedded == parsed.text.hidden_size && parsed.projection_dim == parsed.text.hidden_size,
          ErrorCode::corrupt_data,
          "{}: codes of size {} and {} do not fit a language model of size {}", picture.origin(),
          embedded, parsed.projection_dim, parsed.text.hidden_size);
  // These concern the half that makes codes of pictures.
  picture.refuse_unread({"double_latent", "in_channels", "num_patches", "dropout"});
  config.refuse_unread({"image_token_id"});
  return parsed;
}

JanusPainter::TokenIds JanusPainter::read_token_ids(const Checkpoint& checkpoint) const {
  const auto file = checkpoint.folder() / "generation_config.json";
  const auto json = read_json_file(file);
  const ConfigReader generation(json, display_path(file));
  const auto size = config_.text.vocab_size;
  return {.begin_text = generation.id("bos_token_id", size),
          .begin_picture = generation.section("generation_kwargs").id("boi_token_id", size),
          .padding = generation.id("pad_token_id", size)};
}

JanusPainter::JanusPainter(Checkpoint& checkpoint)
    : config_(parse(checkpoint)),
      ids_(read_token_ids(checkpoint)),
      model_(checkpoint, config_.text,
             {.body = weights_under_first(checkpoint,
                                          {"model.language_model.", "language_model.model."}),
              .head = weights_under_first(checkpoint, {"lm_head.", "language_model.lm_head."})}),
      codes_(checkpoint.weights("model.generation_embeddings."),
             {.count = config_.picture.num_embeddings, .size = config_.picture.embed_dim}),
      head_(checkpoint.weights("model.generation_head."), {.size = config_.text.hidden_size,
                                                           .intermediate = config_.projection_dim,
                                                           .activation = config_.activation,
                                                           .names = {"proj_out", "vision_head"},
                                                           .out = config_.picture.num_embeddings}),
      decoder_(config_.picture, checkpoint.weights("model.vqmodel.")) {
  const auto aligner = checkpoint.weights("model.generation_aligner.");
  const auto size = config_.projection_dim;
  aligner_.emplace_back(aligner.scope("fc1"),
                        Linear::Config{.in = config_.picture.embed_dim, .out = size});
  for (std::int64_t i = 0; i + 1 < config_.aligner_layers; ++i) {
    aligner_.emplace_back(aligner.scope("hidden_layers").scope(std::to_string(i)),
                          Linear::Config{.in = size, .out = size});
  }
  const auto model = checkpoint.weights("model.");
  model.ignore("vision_model");
  model.ignore("aligner");
  checkpoint.finish();
  const auto processor = ProcessorConfig::read(checkpoint.folder(), ProcessorKind::image);
  mean_ = colours(processor, "image_mean");
  deviation_ = colours(processor, "image_std");
}

at::Tensor JanusPainter::embed(const at::Tensor& tokens) const {
  auto x = aligner_.front()(codes_(tokens));
  for (std::size_t i = 1; i < aligner_.size(); ++i) {
    x = aligner_[i](config_.activation(x));
  }
  return x;
}

GeneratedImage JanusPainter::paint(std::span<const std::int32_t> prompt,
                                   const ImageGenerationConfig& config) const {
  const c10::InferenceMode inference;
  config.sampling.check();
  constexpr double kMaxGuidance = 1000;
  const auto total = config_.picture.num_patches * config_.picture.num_patches;
  const auto words = std::ssize(prompt) + 1;  // and the beginning of the picture
  require(!prompt.empty(), ErrorCode::invalid_argument, "the prompt holds no token");
  require(config.guidance >= 1 && config.guidance <= kMaxGuidance, ErrorCode::invalid_argument,
          "guidance is {}, expected 1 to {}", config.guidance, kMaxGuidance);
  require(words + total <= config_.text.context_length, ErrorCode::invalid_argument,
          "a prompt of {} tokens leaves no room for the {} of a picture in the model's context of "
          "{}; shorten it",
          prompt.size(), total, config_.text.context_length);
  std::vector<std::int64_t> told(prompt.begin(), prompt.end());
  told.push_back(ids_.begin_picture);
  std::vector<std::int64_t> ids = told;
  // Beside it, what the model would paint untold.
  const bool is_guided = config.guidance > 1;
  if (is_guided) {
    for (const auto id : told) {
      const bool stays = id == ids_.begin_text || id == ids_.begin_picture;
      ids.push_back(stays ? id : ids_.padding);
    }
  }
  const std::int64_t rows = is_guided ? 2 : 1;
  EmbeddedTokens next = {.embeddings = model_.embed(at::tensor(ids).view({rows, words}))};
  auto cache = model_.make_cache(rows, words + total);
  SamplingRandom random(config.sampling.seed);
  auto sampling = config.sampling;
  sampling.repetition_penalty = 1;
  GeneratedImage made;
  while (std::ssize(made.tokens) < total) {
    config.cancellation.check();
    const auto states =
        model_.states({.embedded = &next, .cache = &cache, .last_only = true});  // [rows, D]
    auto scores = head_(states).to(at::kFloat);
    if (is_guided) {
      scores = scores[1] + config.guidance * (scores[0] - scores[1]);
    }
    scores = scores.flatten().contiguous();
    const auto* const data = scores.const_data_ptr<float>();
    const std::vector<float> logits(data, data + scores.numel());
    made.tokens.push_back(sample_token(logits, {}, {}, sampling, random));
    if (config.on_progress) {
      config.on_progress(std::ssize(made.tokens), total);
    }
    next = {.embeddings = embed(at::full({rows, 1}, std::int64_t{made.tokens.back()}, at::kLong))};
  }
  made.image = picture_of(pixels(made.tokens));
  return made;
}

at::Tensor JanusPainter::pixels(std::span<const std::int32_t> tokens) const {
  const c10::InferenceMode inference;
  return decoder_(at::tensor(std::vector<std::int64_t>(tokens.begin(), tokens.end())));
}

Image JanusPainter::picture_of(const at::Tensor& pixels) const {
  constexpr double kWhite = 255;
  const auto per_colour = [](const std::array<double, 3>& values) {
    return at::tensor({values[0], values[1], values[2]}, at::kFloat).view({3, 1, 1});
  };
  // Cut off, not rounded, as the reference does.
  const auto samples = ((pixels * per_colour(deviation_) + per_colour(mean_)) * kWhite)
                           .clamp(0, kWhite)
                           .to(at::kByte)
                           .permute({1, 2, 0})
                           .contiguous();
  const auto* const first = samples.const_data_ptr<std::uint8_t>();
  return {.width = static_cast<int>(samples.size(1)),
          .height = static_cast<int>(samples.size(0)),
          .pixels = {first, first + samples.numel()}};
}

}  // namespace ogam

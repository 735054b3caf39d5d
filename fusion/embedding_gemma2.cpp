#include "fusion/embedding_gemma2.h"

#include <ATen/ATen.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/nn/transformer_weights.h"

namespace ogam {

namespace {

constexpr auto kImage = "image";
constexpr auto kVideo = "video";
constexpr auto kAudio = "audio";
constexpr auto kText = "text";

/// How the sound of a video is shared out over its seconds.
GemmaMediaText::Sound shared_out(const TowerEmbeddings& sound, const TimeSpan& span) {
  const auto& times = sound.times;
  const auto first_second = std::find_if(
      times.begin(), times.end(), [&](Time time) { return time >= times.front() + kSecond; });
  const auto per_second = first_second - times.begin();
  // The last token lasts as long as the others.
  const auto heard = times.back() - span.start + kSecond / per_second;
  return {.slots = std::ssize(times),
          .slots_per_second = per_second,
          .duration = std::min(span.duration(), heard)};
}

}  // namespace

EmbeddingGemma2Fusion::EmbeddingGemma2Fusion(Checkpoint& checkpoint)
    : EmbeddingGemma2Fusion(checkpoint, {checkpoint.config(), checkpoint.origin()}) {}

EmbeddingGemma2Fusion::EmbeddingGemma2Fusion(Checkpoint& checkpoint, const ConfigReader& config)
    : tokenizer_(checkpoint.folder()),
      model_(std::make_shared<const EmbeddingGemma2Text>(
          EmbeddingGemma2TextConfig::parse(config.section("text_config")),
          transformer_weights(checkpoint, "model").scope("language_model"))),
      media_(model_, config, tokenizer_,
             {.vision = config.has("vision_config"), .audio = config.has("audio_config")}),
      modules_(checkpoint, {.hidden_size = model_->config().embedding_dim}) {
  config.demand("model_type", std::string("embedding_gemma2"));
  config.refuse_unread({"tie_word_embeddings", "vision_config", "audio_config"});
  const auto weights = transformer_weights(checkpoint, "model");
  for (const char* tower : {"vision_tower", "embed_vision", "audio_tower", "embed_audio"}) {
    weights.ignore(tower);
  }
  require(tokenizer_.vocabulary_size() <= model_->config().vocab_size, ErrorCode::corrupt_data,
          "{}: the tokenizer has {} tokens, config.json a \"vocab_size\" of {}: they belong to "
          "different models",
          display_path(checkpoint.folder()), tokenizer_.vocabulary_size(),
          model_->config().vocab_size);
  const auto size = model_->config().hidden_size;
  if (config.has("vision_config")) {
    towers_ = {{kImage, size}, {kVideo, size}};
    video_ =
        GemmaVideoSettings::parse(ProcessorConfig::read(checkpoint.folder(), ProcessorKind::video));
  }
  if (config.has("audio_config")) {
    towers_.push_back({kAudio, size});
  }
  towers_.push_back({kText, size});
  const auto whole = tokenizer_.encode("a");
  const auto bare = tokenizer_.encode("a", {.add_special_tokens = false});
  tokens_after_ = whole.end() - std::search(whole.begin(), whole.end(), bare.begin(), bare.end()) -
                  std::ssize(bare);
}

const TowerEmbeddings* EmbeddingGemma2Fusion::tower(const Given& given, const char* name) const {
  for (std::size_t i = 0; i < towers_.size(); ++i) {
    if (towers_[i].name == name) {
      return given[i];
    }
  }
  return nullptr;
}

std::string EmbeddingGemma2Fusion::write_video(const FusionSegment& segment,
                                               const TowerEmbeddings& video,
                                               const TowerEmbeddings* sound) const {
  const auto frames = moments_of(video);
  const auto slots = frames.front().rows;
  std::vector<Time> times;
  for (const FusionMoment& frame : frames) {
    require(frame.rows == slots, ErrorCode::invalid_argument,
            "the frames of a video must have equally many tokens, got {} and {}", slots,
            frame.rows);
    times.push_back(since_start(segment, frame.time));
  }
  if (!video_.add_timestamps) {
    return media_.text().video(std::ssize(frames), slots);
  }
  return sound == nullptr
             ? media_.text().timed_video(times, slots)
             : media_.text().timed_video(times, slots, shared_out(*sound, segment.span));
}

std::string EmbeddingGemma2Fusion::write(const FusionSegment& segment, const Given& given) const {
  std::vector<std::string> parts;
  if (const auto* const images = tower(given, kImage)) {
    for (const FusionMoment& image : moments_of(*images)) {
      parts.push_back(media_.text().image(image.rows));
    }
  }
  const auto* sound = tower(given, kAudio);
  if (sound != nullptr) {
    moments_of(*sound);  // in order of time
  }
  if (const auto* const video = tower(given, kVideo)) {
    parts.push_back(write_video(segment, *video, video_.listens ? sound : nullptr));
    if (video_.listens) {
      sound = nullptr;
    }
  }
  if (sound != nullptr) {
    parts.push_back(media_.text().audio(std::ssize(sound->times)));
  }
  return fmt::format("{}", fmt::join(parts, " "));
}

FusedSegment EmbeddingGemma2Fusion::fuse_segment(const FusionSegment& segment,
                                                 const Given& given) const {
  std::int64_t inputs = 0;
  for (const auto* const tower : given) {
    inputs += tower == nullptr ? 0 : std::ssize(tower->times);
  }
  if (inputs == 0) {
    return nothing_fused(dimension(), model_->config().embedding_dim);
  }
  require_relatable(inputs);

  std::vector<GemmaMediaSequence::Filling> fillings;
  std::vector<Time> times;
  const auto& slots = media_.slots();
  for (const auto& [name, slot] :
       {std::pair{kImage, slots.image}, {kVideo, slots.video}, {kAudio, slots.audio}}) {
    if (const auto* const seen = tower(given, name)) {
      fillings.push_back({.slot = slot, .tokens = seen->vectors});
      times.insert(times.end(), seen->times.begin(), seen->times.end());
    }
  }
  auto [embeddings, places] = media_.fill(tokenizer_, write(segment, given), fillings);
  if (const auto* const text = tower(given, kText)) {
    const auto end = embeddings.size(0) - tokens_after_;
    const auto words = text->vectors.to(embeddings.scalar_type());
    embeddings =
        at::cat({embeddings.narrow(0, 0, end), words, embeddings.narrow(0, end, tokens_after_)});
    places.push_back(at::arange(end, end + words.size(0)));
    times.insert(times.end(), text->times.begin(), text->times.end());
  }
  const auto real = at::ones({1, embeddings.size(0)}, at::kBool);
  const auto states = model_->forward(embeddings.unsqueeze(0), real).tokens;
  return {modules_(states, real, /*prompt_tokens=*/0)[0],
          states[0].index_select(0, at::cat(places)).to(at::kFloat), std::move(times)};
}

}  // namespace ogam

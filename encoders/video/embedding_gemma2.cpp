#include "encoders/video/embedding_gemma2.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "core/base/error.h"
#include "core/nn/transformer_weights.h"

namespace ogam {

namespace {

constexpr std::int64_t kBatchTokens = 4096;  // of sequences that are read together, with padding
constexpr std::int64_t kFrameBatch = 8;

}  // namespace

EmbeddingGemma2::EmbeddingGemma2(Checkpoint& checkpoint) {
  const ConfigReader config(checkpoint.config(), checkpoint.origin());
  config.demand("model_type", std::string("embedding_gemma2"));
  const auto weights = transformer_weights(checkpoint, "model");
  const auto text = config.section("text_config");
  language_model_ = std::make_shared<const EmbeddingGemma2Text>(
      EmbeddingGemma2TextConfig::parse(text), weights.scope("language_model"));
  sentences_ = embedding_gemma2_sentences(
      checkpoint, language_model_, MediaSlots::parse(config, language_model_->config().vocab_size));

  const auto tower = [&](const char* section, const char* tensors, const char* embedder) {
    const bool present = config.has(section);
    if (!present) {
      weights.ignore(tensors);
      weights.ignore(embedder);
    }
    return present;
  };
  const auto size = language_model_->config().hidden_size;
  if (tower("audio_config", "audio_tower", "embed_audio")) {
    audio_ = make_audio(checkpoint, config.section("audio_config"), weights, size);
  }
  if (tower("vision_config", "vision_tower", "embed_vision")) {
    vision_ = make_vision(checkpoint, config.section("vision_config"), weights, size);
    vision_->video.listens = vision_->video.listens && has_audio();
  }
  media_ = std::make_unique<const GemmaMediaSequence>(
      language_model_, config, sentences_->tokenizer(),
      GemmaMediaSequence::Media{.vision = has_vision(), .audio = has_audio()});
  config.refuse_unread({"tie_word_embeddings"});
}

EmbeddingGemma2::Vision EmbeddingGemma2::make_vision(Checkpoint& checkpoint,
                                                     const ConfigReader& config,
                                                     const WeightScope& weights,
                                                     std::int64_t size) {
  const auto tower = Gemma4VisionConfig::parse(config);
  const auto video = ProcessorConfig::read(checkpoint.folder(), ProcessorKind::video);
  const auto processor = [&](ProcessorKind kind) {
    const auto read = ProcessorConfig::read(checkpoint.folder(), kind);
    const auto parsed = Gemma4Processor::Config::parse(read);
    require(parsed.budget.patch_size == tower.patch_size &&
                parsed.budget.pooling_kernel_size == tower.pooling_kernel_size,
            ErrorCode::corrupt_data,
            "{}: patches of {} and squares of {}, where the model takes patches of {} and squares "
            "of {}",
            read.origin(), parsed.budget.patch_size, parsed.budget.pooling_kernel_size,
            tower.patch_size, tower.pooling_kernel_size);
    return Gemma4Processor(parsed);
  };
  Vision vision{
      .tower = {tower, weights.scope("vision_tower")},
      .embedder = {.norm = RmsNorm(tower.block.eps),
                   .projection = {weights.scope("embed_vision").scope("embedding_projection"),
                                  {.in = tower.block.size, .out = size, .bias = false}}},
      .image_processor = processor(ProcessorKind::image),
      .frame_processor = processor(ProcessorKind::video),
      .sampling = FrameSampling::parse(video),
      .video = GemmaVideoSettings::parse(video)};
  require(vision.sampling.rule == FrameSampling::Rule::embedding_gemma2, ErrorCode::unsupported,
          "{}: frames are to be chosen by another model's rule", video.origin());
  return vision;
}

EmbeddingGemma2::Audio EmbeddingGemma2::make_audio(Checkpoint& checkpoint,
                                                   const ConfigReader& config,
                                                   const WeightScope& weights, std::int64_t size) {
  const auto tower = Gemma4AudioConfig::parse(config);
  const auto read = ProcessorConfig::read(checkpoint.folder(), ProcessorKind::audio);
  const auto features = Gemma4AudioFeatures::Config::parse(read);
  require(features.feature_size == tower.mel_bands(), ErrorCode::corrupt_data,
          "{}: {} mel bands, where the model takes {}", read.origin(), features.feature_size,
          tower.mel_bands());
  return {.tower = {tower, weights.scope("audio_tower")},
          .embedder = {.norm = RmsNorm(tower.rms_norm_eps),
                       .projection = {weights.scope("embed_audio").scope("embedding_projection"),
                                      {.in = tower.output_proj_dims, .out = size, .bias = false}}},
          .features = Gemma4AudioFeatures(features)};
}

const EmbeddingGemma2::Vision& EmbeddingGemma2::vision() const {
  require(vision_.has_value(), ErrorCode::unsupported, "this checkpoint has no vision tower");
  return *vision_;
}

const EmbeddingGemma2::Audio& EmbeddingGemma2::audio() const {
  require(audio_.has_value(), ErrorCode::unsupported, "this checkpoint has no audio tower");
  return *audio_;
}

std::vector<EncoderOutputInfo> EmbeddingGemma2::outputs() const { return sentences_->outputs(); }

at::Tensor EmbeddingGemma2::sequence(const std::string& text,
                                     std::span<const GemmaMediaSequence::Filling> fillings) const {
  return media_->fill(sentences_->tokenizer(), text, fillings).embeddings;
}

at::Tensor EmbeddingGemma2::read_all(std::size_t count,
                                     const std::function<at::Tensor(std::size_t)>& make) const {
  const auto& modules = sentences_->modules();
  std::vector<at::Tensor> rows = {at::empty({0, modules.dimension()}, at::kFloat)};
  std::vector<at::Tensor> waiting;
  std::int64_t longest = 0;
  const auto read = [&] {
    std::vector<at::Tensor> real;
    for (const auto& embeddings : waiting) {
      real.push_back(at::ones({embeddings.size(0)}, at::kBool));
    }
    const auto mask = at::pad_sequence(real, /*batch_first=*/true);
    const auto tokens =
        language_model_->forward(at::pad_sequence(waiting, /*batch_first=*/true), mask).tokens;
    rows.push_back(modules(tokens, mask, /*prompt_tokens=*/0));
    waiting.clear();
    longest = 0;
  };
  for (std::size_t i = 0; i < count; ++i) {
    auto embeddings = make(i);
    longest = std::max(longest, embeddings.size(0));
    if (!waiting.empty() && longest * (std::ssize(waiting) + 1) > kBatchTokens) {
      read();
      longest = embeddings.size(0);
    }
    waiting.push_back(std::move(embeddings));
  }
  if (!waiting.empty()) {
    read();
  }
  return at::cat(rows);
}

at::Tensor EmbeddingGemma2::tower_tokens(std::span<const Image> images,
                                         const Gemma4Processor& processor) const {
  const auto batch = processor(images);
  const auto side = vision().tower.config().pooling_kernel_size;
  const auto patches = batch.num_soft_tokens.front() * side * side;
  const auto columns = batch.position_ids.select(-1, 0).max().item<std::int64_t>() + 1;
  return vision().embedder(vision().tower.forward(batch.pixel_values.narrow(1, 0, patches),
                                                  {.rows = patches / columns, .columns = columns}));
}

at::Tensor EmbeddingGemma2::image_tokens(const Image& image) const {
  return tower_tokens({&image, 1}, vision().image_processor)[0];
}

at::Tensor EmbeddingGemma2::frame_tokens(std::span<const Image> frames) const {
  std::vector<at::Tensor> tokens;
  for (const auto& frame : frames) {
    require(frame.width == frames.front().width && frame.height == frames.front().height,
            ErrorCode::invalid_argument,
            "the frames of a clip must have one size, got {} x {} and {} x {}",
            frames.front().width, frames.front().height, frame.width, frame.height);
  }
  for (std::size_t start = 0; start < frames.size(); start += kFrameBatch) {
    const auto count = std::min<std::size_t>(kFrameBatch, frames.size() - start);
    tokens.push_back(tower_tokens(frames.subspan(start, count), vision().frame_processor));
  }
  return at::cat(tokens);
}

std::vector<EncoderOutput> EmbeddingGemma2::encode(std::span<const Image> images) const {
  const c10::InferenceMode no_gradients;
  return {{"embedding", read_all(images.size(), [&](std::size_t i) {
             const std::array fillings = {
                 GemmaMediaSequence::Filling{media_->slots().image, image_tokens(images[i])}};
             return sequence(media_->text().image(fillings[0].tokens.size(0)), fillings);
           })}};
}

int EmbeddingGemma2::sample_rate() const { return audio().features.config().sampling_rate; }

Time EmbeddingGemma2::window() const {
  return Gemma4AudioFeatures::kMaxSamples * kSecond / sample_rate();
}

at::Tensor EmbeddingGemma2::audio_tokens(std::span<const float> samples) const {
  const auto heard =
      std::min(samples.size(), static_cast<std::size_t>(Gemma4AudioFeatures::kMaxSamples));
  const auto [features, mask] = audio().features(samples.first(heard));
  const auto frames = mask.sum().item<std::int64_t>();
  require(frames > 0, ErrorCode::invalid_argument, "a sound of {} samples is too short to encode",
          samples.size());
  const auto real = features.narrow(0, 0, frames);
  require(real.isfinite().all().item<bool>(), ErrorCode::corrupt_data,
          "the sound holds samples that are no numbers");
  return audio().embedder(audio().tower.forward(real.unsqueeze(0)))[0];
}

std::int64_t EmbeddingGemma2::audio_tokens_per_second() const {
  const auto& features = audio().features.config();
  return Gemma4Audio::token_count(
      (features.sampling_rate - features.frame_length() / 2 - 1) / features.hop_length() + 1);
}

at::Tensor EmbeddingGemma2::text_tokens(const std::string& text) const {
  const c10::InferenceMode no_gradients;
  const auto ids = sentences_->tokenizer().encode(text, {.add_special_tokens = false});
  return language_model_->embed(media_->slots().look_up(at::tensor(ids).to(at::kLong)));
}

std::vector<EncoderOutput> EmbeddingGemma2::encode(
    std::span<const std::vector<float>> clips) const {
  const c10::InferenceMode no_gradients;
  return {{"embedding", read_all(clips.size(), [&](std::size_t i) {
             const std::array fillings = {
                 GemmaMediaSequence::Filling{media_->slots().audio, audio_tokens(clips[i])}};
             return sequence(media_->text().audio(fillings[0].tokens.size(0)), fillings);
           })}};
}

VideoSampling EmbeddingGemma2::sampling() const {
  const auto& sampling = vision().sampling;
  return {.fps = sampling.fps.value_or(1),
          .max_frames = sampling.max_frames,
          .sample_rate = vision().video.listens ? sample_rate() : 0};
}

at::Tensor EmbeddingGemma2::clip_sequence(const VideoClip& clip) const {
  require(!clip.frames.empty() && clip.frames.size() == clip.times.size() &&
              clip.times.front() >= 0 && std::is_sorted(clip.times.begin(), clip.times.end()),
          ErrorCode::invalid_argument,
          "a clip needs frames with times in order from 0 on, got {} frames and {} times",
          clip.frames.size(), clip.times.size());
  require(
      clip.audio.empty() || vision().video.listens, ErrorCode::invalid_argument,
      "the clip comes with {} samples of sound, but this model does not hear the sound of videos",
      clip.audio.size());
  // The frames were chosen by their rate already: what is left is to thin them out.
  auto every = vision().sampling;
  every.fps = 1;
  const auto count = std::ssize(clip.frames);
  std::vector<Image> frames;
  std::vector<Time> times;
  for (const auto i :
       sample_frames(every, {.frames = count, .fps = 1, .duration = static_cast<double>(count)})) {
    frames.push_back(clip.frames[static_cast<std::size_t>(i)]);
    times.push_back(clip.times[static_cast<std::size_t>(i)]);
  }
  const auto tokens = frame_tokens(frames);
  const auto slots = tokens.size(1);
  std::vector<GemmaMediaSequence::Filling> fillings = {
      {media_->slots().video, tokens.flatten(0, 1)}};
  if (!vision().video.add_timestamps) {
    return sequence(media_->text().video(std::ssize(frames), slots), fillings);
  }
  if (!vision().video.listens || clip.audio.empty()) {
    return sequence(media_->text().timed_video(times, slots), fillings);
  }
  fillings.push_back({media_->slots().audio, audio_tokens(clip.audio)});
  const GemmaMediaText::Sound sound{.slots = fillings.back().tokens.size(0),
                                    .slots_per_second = audio_tokens_per_second(),
                                    .duration = std::ssize(clip.audio) * kSecond / sample_rate()};
  return sequence(media_->text().timed_video(times, slots, sound), fillings);
}

std::vector<EncoderOutput> EmbeddingGemma2::encode(std::span<const VideoClip> clips) const {
  const c10::InferenceMode no_gradients;
  return {{"embedding",
           read_all(clips.size(), [&](std::size_t i) { return clip_sequence(clips[i]); })}};
}

Encoders make_embedding_gemma2(Checkpoint& checkpoint) {
  const auto model = std::make_shared<const EmbeddingGemma2>(checkpoint);
  Encoders encoders{.text = model->sentences()};
  if (model->has_vision()) {
    encoders.image = model;
    encoders.video = model;
  }
  if (model->has_audio()) {
    encoders.audio = model;
  }
  return encoders;
}

}  // namespace ogam

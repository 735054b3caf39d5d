#include "core/nn/gemma_media_sequence.h"

#include <ATen/ATen.h>

#include <utility>

#include "core/base/error.h"

namespace ogam {

namespace {

constexpr std::int64_t kMaxTokenId = 1 << 22;

/// The markers and slots as the tokenizer writes them.
GemmaMediaText::Tokens read_tokens(const ConfigReader& config, const Tokenizer& tokenizer,
                                   const MediaSlots& slots, GemmaMediaSequence::Media media) {
  const auto written = [&](bool needed, std::int64_t token) {
    const auto id = static_cast<std::int32_t>(token);
    auto text = needed ? tokenizer.decode({&id, 1}, {.skip_special_tokens = false}) : "";
    require(!needed || tokenizer.token_id(text) == id, ErrorCode::corrupt_data,
            "{}: {} is no token of the tokenizer; they belong to different models", config.origin(),
            token);
    return text;
  };
  const auto edge = [&](bool needed, const char* key, std::int64_t fallback) {
    return written(needed, config.id(key, kMaxTokenId, fallback));
  };
  return {.begin_image = edge(media.vision, "boi_token_id", 255999),
          .end_image = edge(media.vision, "eoi_token_id", 258882),
          .image = written(media.vision, slots.image),
          .video = written(media.vision, slots.video),
          .begin_audio = edge(media.audio, "boa_token_id", 256000),
          .end_audio = edge(media.audio, "eoa_token_index", 258883),
          .audio = written(media.audio, slots.audio)};
}

}  // namespace

MediaSlots MediaSlots::parse(const ConfigReader& config, std::int64_t vocab_size) {
  return {.image = config.id("image_token_id", kMaxTokenId, 258880),
          .video = config.id("video_token_id", kMaxTokenId, 258884),
          .audio = config.id("audio_token_id", kMaxTokenId, 258881),
          .padding = config.section("text_config").id("pad_token_id", vocab_size, 0)};
}

at::Tensor MediaSlots::look_up(const at::Tensor& ids) const {
  auto known = ids;
  for (const auto slot : {image, video, audio}) {
    known = known.masked_fill(ids == slot, padding);
  }
  return known;
}

GemmaVideoSettings GemmaVideoSettings::parse(const ProcessorConfig& config) {
  const GemmaVideoSettings settings = {.add_timestamps = config.flag("add_timestamps", false),
                                       .listens = config.flag("load_audio_from_video", false)};
  require(!settings.listens || settings.add_timestamps, ErrorCode::unsupported,
          "{}: \"load_audio_from_video\" without \"add_timestamps\" is not implemented",
          config.origin());
  return settings;
}

GemmaMediaSequence::GemmaMediaSequence(std::shared_ptr<const EmbeddingGemma2Text> model,
                                       const ConfigReader& config, const Tokenizer& tokenizer,
                                       Media media)
    : model_(std::move(model)),
      slots_(MediaSlots::parse(config, model_->config().vocab_size)),
      text_(read_tokens(config, tokenizer, slots_, media)) {}

GemmaMediaSequence::Filled GemmaMediaSequence::fill(const Tokenizer& tokenizer,
                                                    const std::string& text,
                                                    std::span<const Filling> fillings) const {
  const auto ids = at::tensor(tokenizer.encode(text)).to(at::kLong);
  Filled filled{.embeddings = model_->embed(slots_.look_up(ids)), .places = {}};
  for (const auto& [slot, tokens] : fillings) {
    const auto places = (ids == slot).nonzero().flatten();
    require(places.size(0) == tokens.size(0), ErrorCode::corrupt_data,
            "the tokenizer made {} slots of {}; it and config.json belong to different models",
            places.size(0), tokens.size(0));
    filled.embeddings =
        filled.embeddings.index_copy(0, places, tokens.to(filled.embeddings.scalar_type()));
    filled.places.push_back(places);
  }
  return filled;
}

}  // namespace ogam

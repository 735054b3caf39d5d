#include "decoders/text/vision_language_decoder.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/nn/qwen3_vl_chat.h"
#include "core/nn/qwen3_vl_text.h"
#include "core/nn/transformer_weights.h"
#include "core/tensor/shape.h"

namespace ogam {

namespace {

constexpr std::string_view kVideoPlace = "<|video_pad|>";
constexpr std::string_view kBeforePlace = "<|vision_start|>";
constexpr std::string_view kAfterPlace = "<|vision_end|>";

/// Keys of the tokens of a medium: those of the same medium are the same, and those of no other.
std::uint64_t first_key(const TowerTokens& medium) {
  const auto vectors = medium.vectors.contiguous();
  Blake3 hash;
  hash.update({static_cast<const std::byte*>(vectors.const_data_ptr()),
               static_cast<std::size_t>(vectors.nbytes())});
  const std::array shape = {medium.rows, medium.columns, vectors.size(0)};
  hash.update(std::as_bytes(std::span(shape)));
  std::uint64_t key = 0;
  const auto digest = hash.finish();
  std::memcpy(&key, digest.data(), sizeof key);
  constexpr auto kNoWord = std::uint64_t{1} << 63;  // the keys of words are their ids
  return key | kNoWord;
}

/// Consecutive tokens of a medium that stand at one place of the text.
struct Part {
  const TowerTokens* medium = nullptr;
  std::int64_t first = 0;
  std::int64_t count = 0;
  std::uint64_t key = 0;  // of the first
};

std::int64_t whole(const TowerTokens& medium) { return medium.vectors.size(0); }
std::int64_t moment(const TowerTokens& medium) { return medium.rows * medium.columns; }

/// The media in parts of as many tokens as `count` says.
std::vector<Part> parts_of(std::span<const TowerTokens> media,
                           std::int64_t (*count)(const TowerTokens&)) {
  std::vector<Part> parts;
  for (const TowerTokens& medium : media) {
    const auto key = first_key(medium);
    for (std::int64_t first = 0; first < whole(medium); first += count(medium)) {
      parts.push_back({&medium, first, count(medium), key + static_cast<std::uint64_t>(first)});
    }
  }
  return parts;
}

/// The text with the places of videos become those of their moments.
std::string with_moments(std::string_view text, std::span<const TowerTokens> clips) {
  std::string written;
  for (std::size_t clip = 0;; ++clip) {
    const auto place = text.find(kVideoPlace);
    if (place == std::string_view::npos) {
      return written.append(text);
    }
    auto before = text.substr(0, place);
    text.remove_prefix(place + kVideoPlace.size());
    // The template's start and end are of one picture; every moment brings its own.
    if (before.ends_with(kBeforePlace) && text.starts_with(kAfterPlace)) {
      before.remove_suffix(kBeforePlace.size());
      text.remove_prefix(kAfterPlace.size());
    }
    written += before;
    require(clip < clips.size(), ErrorCode::invalid_argument,
            "the text has places for more videos than the {} that are shown", clips.size());
    const TowerTokens& shown = clips[clip];
    for (std::int64_t first = 0; first < whole(shown); first += moment(shown)) {
      written += Qwen3VlChatText::moment(to_seconds(shown.times[static_cast<std::size_t>(first)]));
    }
  }
}

LanguageModel::Places places_of(Checkpoint& checkpoint) {
  return {
      .body = weights_under_first(checkpoint, {"model.language_model.model.",
                                               "model.language_model.", "language_model.model."}),
      .head = weights_under_first(
          checkpoint, {"lm_head.", "language_model.lm_head.", "model.language_model.lm_head."})};
}

}  // namespace

VisionLanguageDecoder::VisionLanguageDecoder(Checkpoint& checkpoint)
    : config_(VisionLanguageConfig::parse(checkpoint)),
      tokenizer_(checkpoint.folder()),
      model_(checkpoint, config_.text, places_of(checkpoint)) {
  require(tokenizer_.vocabulary_size() <= config_.text.vocab_size, ErrorCode::corrupt_data,
          "{}: the tokenizer has ids up to {}, and the model a vocabulary of {}",
          display_path(checkpoint.folder()), tokenizer_.vocabulary_size() - 1,
          config_.text.vocab_size);
  require(!config_.has_grids || tokenizer_.token_id(kVideoPlace) == config_.video_token_id,
          ErrorCode::corrupt_data,
          "{}: config.json gives the token {} the id {}, and the tokenizer another",
          display_path(checkpoint.folder()), kVideoPlace, config_.video_token_id);
}

EmbeddedPrompt VisionLanguageDecoder::read(std::string_view text, const Seen& seen) const {
  const c10::InferenceMode inference;
  const auto size = config_.text.hidden_size;
  for (const auto media : {seen.pictures, seen.clips}) {
    for (const TowerTokens& medium : media) {
      const auto& vectors = medium.vectors;
      const bool fits = vectors.dim() == 2 && vectors.size(0) > 0 &&
                        vectors.size(1) == (1 + config_.levels) * size &&
                        std::ssize(medium.times) == vectors.size(0);
      require(fits && (!config_.has_grids ||
                       (moment(medium) > 0 && vectors.size(0) % moment(medium) == 0)),
              ErrorCode::invalid_argument,
              "tokens of what is seen must be [T, {}] with T times, in grids where the model has "
              "them; got {}, {} times, {} x {}",
              (1 + config_.levels) * size, shape_string(vectors), medium.times.size(), medium.rows,
              medium.columns);
    }
  }
  const auto pictures = parts_of(seen.pictures, &whole);
  const auto clips = parts_of(seen.clips, config_.has_grids ? &moment : &whole);
  const auto written = config_.has_grids ? with_moments(text, seen.clips) : std::string(text);

  EmbeddedPrompt prompt;
  std::vector<VisualSpan> spans;
  std::vector<at::Tensor> vectors = {at::empty({0, (1 + config_.levels) * size})};
  std::vector<at::Tensor> slots = {at::empty({0}, at::kLong)};
  std::size_t next_picture = 0;
  std::size_t next_clip = 0;
  for (const std::int32_t id : tokenizer_.encode(written, {.add_special_tokens = false})) {
    const bool is_picture = id == config_.image_token_id;
    if (!is_picture && id != config_.video_token_id) {
      prompt.ids.push_back(id);
      prompt.keys.push_back(static_cast<std::uint64_t>(id));
      continue;
    }
    const auto& parts = is_picture ? pictures : clips;
    auto& next = is_picture ? next_picture : next_clip;
    require(next < parts.size(), ErrorCode::invalid_argument,
            "the text has places for more {} than the {} that are shown",
            is_picture ? "pictures" : "videos",
            is_picture ? seen.pictures.size() : seen.clips.size());
    const auto& [medium, first, count, key] = parts[next++];
    const auto start = std::ssize(prompt.ids);
    spans.push_back({.start = start, .rows = medium->rows, .columns = medium->columns});
    slots.push_back(at::arange(start, start + count));
    vectors.push_back(medium->vectors.narrow(0, first, count));
    prompt.ids.insert(prompt.ids.end(), count, id);
    for (std::int64_t i = 0; i < count; ++i) {
      prompt.keys.push_back(key + static_cast<std::uint64_t>(i));
    }
  }
  require(next_picture == pictures.size() && next_clip == clips.size(), ErrorCode::invalid_argument,
          "{} pictures and {} videos are shown, and the text has places for fewer",
          seen.pictures.size(), seen.clips.size());
  require(!prompt.ids.empty(), ErrorCode::invalid_argument, "the text holds no token");

  const auto ids = at::tensor(std::vector<std::int64_t>(prompt.ids.begin(), prompt.ids.end()));
  auto embeddings = model_.embed(ids);  // [T, D]
  const auto places = at::cat(slots);
  const auto levels = at::cat(vectors).to(embeddings.scalar_type()).split(size, 1);
  prompt.tokens.embeddings = embeddings.index_copy(0, places, levels[0]).unsqueeze(0);
  if (places.size(0) > 0) {
    for (std::size_t level = 1; level < levels.size(); ++level) {
      prompt.tokens.added.push_back(
          at::zeros_like(embeddings).index_copy(0, places, levels[level]).unsqueeze(0));
    }
  }
  if (config_.has_grids) {
    prompt.tokens.positions = multimodal_positions(std::ssize(prompt.ids), spans).unsqueeze(1);
  }
  return prompt;
}

PromptBatch side_by_side(std::span<const EmbeddedPrompt> prompts) {
  require(!prompts.empty(), ErrorCode::invalid_argument, "there are no prompts");
  std::int64_t longest = 0;
  std::size_t levels = 0;
  for (const EmbeddedPrompt& prompt : prompts) {
    require(!prompt.ids.empty(), ErrorCode::invalid_argument, "a prompt holds no token");
    longest = std::max(longest, std::ssize(prompt.ids));
    levels = std::max(levels, prompt.tokens.added.size());
  }
  const auto& first = prompts.front().tokens;
  const std::vector<std::int64_t> shape = {std::ssize(prompts), longest, first.embeddings.size(2)};
  PromptBatch batch = {.tokens = {.embeddings = first.embeddings.new_zeros(shape)},
                       .real = at::zeros({shape[0], longest}, at::kBool)};
  for (std::size_t level = 0; level < levels; ++level) {
    batch.tokens.added.push_back(first.embeddings.new_zeros(shape));
  }
  if (first.positions.defined()) {
    batch.tokens.positions = at::zeros({first.positions.size(0), shape[0], longest}, at::kLong);
  }
  for (std::int64_t row = 0; row < shape[0]; ++row) {
    const auto& tokens = prompts[row].tokens;
    const auto count = tokens.embeddings.size(1);
    const auto start = longest - count;
    batch.tokens.embeddings[row].narrow(0, start, count).copy_(tokens.embeddings[0]);
    batch.real[row].narrow(0, start, count).fill_(true);
    for (std::size_t level = 0; level < tokens.added.size(); ++level) {
      batch.tokens.added[level][row].narrow(0, start, count).copy_(tokens.added[level][0]);
    }
    if (first.positions.defined()) {
      batch.tokens.positions.select(1, row)
          .narrow(1, start, count)
          .copy_(tokens.positions.select(1, 0));
    }
  }
  return batch;
}

}  // namespace ogam

#include "encoders/video/qwen3_vl_model.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/base/error.h"

namespace ogam {

namespace {

constexpr std::int64_t kMaxTokenId = 1 << 24;

/// The whole model's prefix is `model.` with a head, and none without.
WeightScope body(Checkpoint& checkpoint) {
  const bool with_head = !checkpoint.weights("model.language_model.").empty();
  return checkpoint.weights(with_head ? "model." : "");
}

/// Padded sequences side by side.
struct Batch {
  std::int64_t length = 0;  // of the longest
  at::Tensor ids;           // [B, length]
  at::Tensor positions;     // [3, B, length]
  at::Tensor visual;        // [V]: indices of visual tokens among B * length
  std::vector<std::int64_t> lengths;
};

Batch pad(std::span<const Qwen3VlSequence> sequences) {
  Batch batch;
  for (const auto& sequence : sequences) {
    require(!sequence.ids.empty(), ErrorCode::invalid_argument, "a sequence has no tokens");
    batch.lengths.push_back(static_cast<std::int64_t>(sequence.ids.size()));
  }
  batch.length = *std::max_element(batch.lengths.begin(), batch.lengths.end());
  const auto rows = static_cast<std::int64_t>(sequences.size());
  batch.ids = at::zeros({rows, batch.length}, at::kLong);
  batch.positions = at::zeros({3, rows, batch.length}, at::kLong);
  std::vector<at::Tensor> visual;
  for (std::int64_t row = 0; row < rows; ++row) {
    const auto& sequence = sequences[row];
    const auto count = batch.lengths[row];
    batch.ids[row].narrow(0, 0, count).copy_(at::tensor(sequence.ids, at::kLong));
    batch.positions.select(1, row)
        .narrow(1, 0, count)
        .copy_(multimodal_positions(count, sequence.spans));
    for (const VisualSpan& span : sequence.spans) {
      const auto first = row * batch.length + span.start;
      visual.push_back(at::arange(first, first + span.rows * span.columns));
    }
  }
  if (!visual.empty()) {
    batch.visual = at::cat(visual);
  }
  return batch;
}

}  // namespace

Qwen3VlConfig Qwen3VlConfig::parse(const Json& config, const std::string& origin) {
  const ConfigReader reader(config, origin);
  Qwen3VlConfig parsed;
  reader.demand<std::string>("model_type", "qwen3_vl");
  parsed.text = Qwen3VlTextConfig::parse(reader.section("text_config"));
  parsed.vision = Qwen3VlVisionConfig::parse(reader.section("vision_config"));
  parsed.image_token_id = reader.size("image_token_id", kMaxTokenId, 151655);
  parsed.video_token_id = reader.size("video_token_id", kMaxTokenId, 151656);
  parsed.vision_start_token_id = reader.size("vision_start_token_id", kMaxTokenId, 151652);
  parsed.vision_end_token_id = reader.size("vision_end_token_id", kMaxTokenId, 151653);
  parsed.tie_word_embeddings = reader.flag("tie_word_embeddings", false);
  reader.refuse_unread();
  require(parsed.vision.out_hidden_size == parsed.text.hidden_size, ErrorCode::corrupt_data,
          "{}: visual tokens of size {} do not fit a language model of size {}", origin,
          parsed.vision.out_hidden_size, parsed.text.hidden_size);
  require(static_cast<std::int64_t>(parsed.vision.deepstack_visual_indexes.size()) <=
              parsed.text.num_hidden_layers,
          ErrorCode::corrupt_data, "{}: \"deepstack_visual_indexes\" feeds {} layers of {}", origin,
          parsed.vision.deepstack_visual_indexes.size(), parsed.text.num_hidden_layers);
  return parsed;
}

Qwen3VlModel::Qwen3VlModel(Checkpoint& checkpoint)
    : Qwen3VlModel(Qwen3VlConfig::parse(checkpoint.config(), checkpoint.origin()),
                   body(checkpoint)) {}

Qwen3VlModel::Qwen3VlModel(const Qwen3VlConfig& config, const WeightScope& weights)
    : config_(config),
      visual_(config.vision, weights.scope("visual")),
      language_model_(config.text, weights.scope("language_model")) {}

at::Tensor Qwen3VlModel::last_states(std::span<const Qwen3VlSequence> sequences) const {
  if (sequences.empty()) {
    return at::empty({0, config_.text.hidden_size});
  }
  const auto batch = pad(sequences);
  std::vector<at::Tensor> patches;
  std::vector<PatchGrid> grids;
  for (const auto& sequence : sequences) {
    for (const VisualPatches& medium : sequence.media) {
      patches.push_back(medium.patches);
      grids.push_back(medium.grid);
    }
  }
  require(grids.empty() == !batch.visual.defined(), ErrorCode::invalid_argument,
          "visual tokens without media, or media without visual tokens");
  auto embeddings = language_model_.embed(batch.ids);
  VisualTokens seen;
  if (!grids.empty()) {
    seen = visual_(at::cat(patches), grids);
    require(seen.tokens.size(0) == batch.visual.size(0), ErrorCode::invalid_argument,
            "{} visual tokens where the text has room for {}", seen.tokens.size(0),
            batch.visual.size(0));
    embeddings =
        embeddings.flatten(0, 1).index_copy(0, batch.visual, seen.tokens).view(embeddings.sizes());
  }
  const auto tokens = language_model_({.embeddings = embeddings,
                                       .positions = batch.positions,
                                       .visual_tokens = batch.visual,
                                       .deepstack = seen.deepstack});
  return last_tokens(tokens, batch.lengths);
}

}  // namespace ogam

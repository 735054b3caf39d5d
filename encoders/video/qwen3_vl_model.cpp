#include "encoders/video/qwen3_vl_model.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/base/error.h"
#include "encoders/video/qwen_clips.h"

namespace ogam {

namespace {

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

TowerTokens see(const Qwen3VlVision& tower, const VisualPatches& patches,
                std::span<const Time> times) {
  const auto [tokens, deepstack] = tower(patches.patches, {&patches.grid, 1});
  std::vector<at::Tensor> levels = {tokens};
  levels.insert(levels.end(), deepstack.begin(), deepstack.end());
  return on_grid(at::cat(levels, 1), patches.grid, tower.config().spatial_merge_size, times);
}

Qwen3VlModel::Qwen3VlModel(Checkpoint& checkpoint)
    : Qwen3VlModel(Qwen3VlConfig::parse(checkpoint.config(), checkpoint.origin()),
                   qwen3_vl_weights(checkpoint)) {}

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

#pragma once

#include <ATen/core/Tensor.h>

#include <span>
#include <string>
#include <vector>

#include "core/nn/qwen3_vl_chat.h"
#include "core/nn/qwen3_vl_config.h"
#include "core/nn/qwen3_vl_text.h"
#include "core/nn/sentence_modules.h"
#include "core/tensor/checkpoint.h"
#include "fusion/fusion.h"

namespace ogam {

/// The causal language model of a Qwen3-VL as a fuser: tokens of what is seen and embeddings of
/// text in the turn of a user, under the instruction that Qwen3-VL-Embedding reads media with. The
/// vector is the last token, which has seen all others, in the space of the model's media.
///
/// Towers: `image` and `video`, whose rows are the vision tower's token and then its features for
/// each of the first layers (DeepStack), (1 + levels) * hidden_size values; and `text`, embeddings
/// of a text's tokens, hidden_size values. The rows of one moment are a picture, or two frames of a
/// video that are seen at once, in lines of TowerEmbeddings::columns. The user shows the pictures,
/// then the video, each moment after its time, and then says the text. Tokens: every input.
/// Source: Li et al. 2026, "Qwen3-VL-Embedding and Qwen3-VL-Reranker", section 3.
class Qwen3VlFusion : public FusionModel {
 public:
  /// @param checkpoint of `model_type` "qwen3_vl", with a head or without; the vision tower is
  ///     passed over.
  /// @throws Error{corrupt_data, unsupported, not_found}.
  explicit Qwen3VlFusion(Checkpoint& checkpoint);

  const std::vector<FusionTower>& towers() const override { return towers_; }
  std::int64_t dimension() const override { return modules_.dimension(); }

 private:
  /// @throws Error{invalid_argument} also for a moment that is not whole lines.
  FusedSegment fuse_segment(const FusionSegment& segment, const Given& given) const override;

  Qwen3VlConfig config_;
  Qwen3VlChatText text_;
  Qwen3VlText model_;
  SentenceModules modules_;
  std::string instruction_;
  std::vector<FusionTower> towers_;
};

}  // namespace ogam

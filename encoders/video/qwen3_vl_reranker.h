#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <span>
#include <vector>

#include "encoders/reranker.h"
#include "encoders/video/qwen3_vl_model.h"
#include "encoders/video/qwen3_vl_reader.h"

namespace ogam {

/// Qwen3-VL as a judge: it reads an instruction, a query and a document, and the probability of
/// "yes" against "no" as its next word is the score.
///
/// Source: Li et al. 2026, "Qwen3-VL-Embedding and Qwen3-VL-Reranker", section 3; the authors'
/// `Qwen3VLReranker`.
class Qwen3VlReranker : public Reranker {
 public:
  /// @throws Error{corrupt_data, unsupported}.
  explicit Qwen3VlReranker(Checkpoint& checkpoint);

  VideoSampling sampling() const override;
  std::vector<double> score(const RerankQuery& query,
                            std::span<const RerankCandidate> candidates) const override;

 private:
  at::Tensor head_rows(Checkpoint& checkpoint) const;

  Qwen3VlModel model_;
  Qwen3VlReader reader_;
  at::Tensor direction_;  // [D] float32, from no to yes
};

/// Builds the reranker from a folder with `model_type` "qwen3_vl".
/// @throws Error{not_found, corrupt_data, unsupported}.
std::unique_ptr<Reranker> make_qwen3_vl_reranker(Checkpoint& checkpoint);

}  // namespace ogam

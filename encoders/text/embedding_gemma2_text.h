#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

#include "core/nn/embedding_gemma2_text.h"
#include "core/tensor/checkpoint.h"
#include "encoders/encoder.h"
#include "encoders/text/sentence_encoder.h"

namespace ogam {

/// The tokens that keep the places of other media in a text; -1 where a model knows none.
struct MediaSlots {
  std::int64_t image = -1;
  std::int64_t video = -1;
  std::int64_t audio = -1;
  std::int64_t padding = 0;  ///< the token that is looked up for a slot

  /// `ids` as they are looked up: slots may have no row of their own.
  at::Tensor look_up(const at::Tensor& ids) const;
};

/// Texts to vectors by EmbeddingGemma 2's text model and the sentence-transformers modules beside
/// it. A slot that is written in a text stays empty.
/// @throws Error{not_found, corrupt_data, unsupported}.
std::shared_ptr<const SentenceEncoder> embedding_gemma2_sentences(
    Checkpoint& checkpoint, std::shared_ptr<const EmbeddingGemma2Text> model,
    const MediaSlots& slots);

/// Builds the text encoder of a folder with `model_type` "embedding_gemma2_text".
/// @throws Error{not_found, corrupt_data, unsupported}.
Encoders make_embedding_gemma2_text(Checkpoint& checkpoint);

}  // namespace ogam

#pragma once

#include <memory>

#include "core/nn/embedding_gemma2_text.h"
#include "core/nn/gemma_media_sequence.h"
#include "core/tensor/checkpoint.h"
#include "encoders/encoder.h"
#include "encoders/text/sentence_encoder.h"

namespace ogam {

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

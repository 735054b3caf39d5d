#include "encoders/text/embedding_gemma2_text.h"

#include <ATen/ATen.h>

#include <optional>
#include <utility>

#include "core/nn/transformer_weights.h"

namespace ogam {

namespace {

/// Vectors were trained to be cut to 512, 256 and 128 values. Source: the model's card.
constexpr std::int64_t kMinDimension = 128;

}  // namespace

std::shared_ptr<const SentenceEncoder> embedding_gemma2_sentences(
    Checkpoint& checkpoint, std::shared_ptr<const EmbeddingGemma2Text> model,
    const MediaSlots& slots) {
  const auto& config = model->config();
  TextTransformer transformer{.forward = {},
                              .hidden_size = config.embedding_dim,
                              .vocab_size = config.vocab_size,
                              .max_tokens = config.max_position_embeddings,
                              .min_dimension = kMinDimension};
  transformer.forward = [model = std::move(model), slots](const at::Tensor& ids,
                                                          const std::optional<at::Tensor>& mask) {
    return model
        ->forward(model->embed(slots.look_up(ids)), mask ? *mask : at::ones_like(ids, at::kBool))
        .tokens;
  };
  return std::make_shared<const SentenceEncoder>(checkpoint, std::move(transformer));
}

Encoders make_embedding_gemma2_text(Checkpoint& checkpoint) {
  auto model = std::make_shared<const EmbeddingGemma2Text>(
      EmbeddingGemma2TextConfig::parse({checkpoint.config(), checkpoint.origin()}),
      transformer_weights(checkpoint, "model"));
  return {.text = embedding_gemma2_sentences(checkpoint, std::move(model), {})};
}

}  // namespace ogam

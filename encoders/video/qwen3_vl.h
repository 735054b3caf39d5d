#pragma once

#include <ATen/core/Tensor.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/nn/sentence_modules.h"
#include "core/nn/tower_tokens.h"
#include "encoders/encoder.h"
#include "encoders/video/qwen3_vl_model.h"
#include "encoders/video/qwen3_vl_reader.h"

namespace ogam {

/// Qwen3-VL-Embedding: texts, pictures and videos in one space. A conversation tells the model what
/// to do (the instruction) and shows it one thing; the contextual token at its end is the vector,
/// at length 1.
///
/// Output: "embedding" [N, D]. With sentence-transformers' files beside config.json, D is their
/// `truncate_dim`, of which the model allows any from 64 on (Kusupati et al. 2022, "Matryoshka
/// Representation Learning"), and instructions are their prompts. Where they say nothing, the
/// instruction is the authors': "Represent the user's input.", and of a query "Retrieve images or
/// text relevant to the user's query."; media come with the default one. A text of more than 8,192
/// tokens is read up to there. fp16 is refused by Checkpoint.
///
/// Source: Li et al. 2026, "Qwen3-VL-Embedding and Qwen3-VL-Reranker", section 3; the authors'
/// `Qwen3VLEmbedder`.
class Qwen3Vl : public TextEncoder, public ImageEncoder, public VideoEncoder {
 public:
  /// @throws Error{corrupt_data, unsupported}.
  explicit Qwen3Vl(Checkpoint& checkpoint);

  std::vector<EncoderOutputInfo> outputs() const override;
  VideoSampling sampling() const override;

  std::vector<EncoderOutput> encode(std::span<const std::string> texts,
                                    std::string_view prompt) const override;
  std::vector<EncoderOutput> encode(std::span<const Image> images) const override;
  std::vector<EncoderOutput> encode(std::span<const VideoClip> clips) const override;

  /// What the language model reads of a picture, of a clip and of a text. A row of what is seen is
  /// a token of the vision tower and its features for the first layers (DeepStack): [T, (1 +
  /// levels) * hidden_size]; a row of text is an embedding [T, hidden_size].
  /// @throws Error{invalid_argument} for media that make no sense, and a text that names their
  ///     tokens.
  TowerTokens image_tokens(const Image& image) const;
  TowerTokens clip_tokens(const VideoClip& clip) const;
  at::Tensor text_tokens(std::string_view text) const;

 private:
  std::vector<EncoderOutput> embed(std::span<const Qwen3VlContent> contents,
                                   const std::string& instruction) const;

  Qwen3VlModel model_;
  Qwen3VlReader reader_;
  SentenceModules modules_;
};

/// Builds the encoders from a folder with `model_type` "qwen3_vl".
/// @throws Error{not_found, corrupt_data, unsupported}.
Encoders make_qwen3_vl(Checkpoint& checkpoint);

}  // namespace ogam

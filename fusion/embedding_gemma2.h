#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/nn/embedding_gemma2_text.h"
#include "core/nn/gemma_media_sequence.h"
#include "core/nn/sentence_modules.h"
#include "core/tensor/checkpoint.h"
#include "core/text/tokenizer.h"
#include "fusion/fusion.h"

namespace ogam {

/// The text model of EmbeddingGemma 2 as a fuser: soft tokens of its towers and embeddings of text,
/// in one sequence with the model's own markers and times, read in both directions. The vector is
/// what the folder's sentence-transformers modules make of all tokens, in the space of the model's
/// texts and media.
///
/// Towers, all of the text model's size: `image` and `video` where the checkpoint sees, `audio`
/// where it hears, and `text`, the embeddings of a text's tokens without those around it. The rows
/// of one moment are one picture or frame. The sequence is the pictures, the video and the sound,
/// with a space between any two, then the text as it is given. Where the folder's video processor
/// asks for times, frames come after theirs, and where it asks for the sound of videos, sound that
/// comes with a video goes between its frames. Tokens: every input.
/// Source: the reference classes EmbeddingGemma2Model and EmbeddingGemma2Processor.
class EmbeddingGemma2Fusion : public FusionModel {
 public:
  /// @param checkpoint of `model_type` "embedding_gemma2", whose towers are passed over.
  /// @throws Error{corrupt_data, unsupported, not_found}.
  explicit EmbeddingGemma2Fusion(Checkpoint& checkpoint);

  const std::vector<FusionTower>& towers() const override { return towers_; }
  std::int64_t dimension() const override { return modules_.dimension(); }

 private:
  EmbeddingGemma2Fusion(Checkpoint& checkpoint, const ConfigReader& config);

  const TowerEmbeddings* tower(const Given& given, const char* name) const;
  /// The media of a segment, with a slot for every soft token.
  std::string write(const FusionSegment& segment, const Given& given) const;
  std::string write_video(const FusionSegment& segment, const TowerEmbeddings& video,
                          const TowerEmbeddings* sound) const;
  /// @throws Error{invalid_argument} also for a video of frames with unlike numbers of tokens, or
  ///     before its segment.
  FusedSegment fuse_segment(const FusionSegment& segment, const Given& given) const override;

  Tokenizer tokenizer_;
  std::shared_ptr<const EmbeddingGemma2Text> model_;
  GemmaMediaSequence media_;
  SentenceModules modules_;
  GemmaVideoSettings video_;
  std::vector<FusionTower> towers_;
  std::int64_t tokens_after_ = 0;  // that the tokenizer puts at the end of every text
};

}  // namespace ogam

#pragma once

#include <ATen/core/Tensor.h>

#include <span>
#include <string_view>

#include "core/nn/tower_tokens.h"
#include "core/tensor/checkpoint.h"
#include "core/text/tokenizer.h"
#include "decoders/text/language_model.h"
#include "decoders/text/text_generation.h"
#include "decoders/text/vision_language_config.h"

namespace ogam {

/// The language model of a vision-language model, which reads text with what its tower saw among
/// the words: `hyperclovax_vision_v2`, `llava_onevision` (VARCO-VISION among them) and `qwen3_vl`.
///
/// What is seen comes as the tower's tokens, whether they were just made or kept from before. In
/// the text each picture and each video has its place: the token that config.json names, as the
/// model's own chat template writes it. Of `qwen3_vl` the place of a video becomes its moments,
/// each after its time ("<1.5 seconds>"), with what the template wrote around the place left out.
/// Sources: the reference processors and `...ForConditionalGeneration`.
class VisionLanguageDecoder {
 public:
  /// Leaves the tower's tensors, and finishing the checkpoint, to others.
  /// @throws Error{unsupported} for another model type or mathematics that is not implemented;
  ///     Error{corrupt_data} also when the tokenizer does not fit the model.
  explicit VisionLanguageDecoder(Checkpoint& checkpoint);

  const LanguageModel& language_model() const { return model_; }
  const Tokenizer& tokenizer() const { return tokenizer_; }

  /// What is seen in a text.
  struct Seen {
    std::span<const TowerTokens> pictures = {};  ///< in the order of their places
    std::span<const TowerTokens> clips = {};
  };
  /// @param text as the chat template wrote it: no special tokens are added.
  /// @throws Error{invalid_argument} when the text has more or fewer places than there are pictures
  ///     and clips, or tokens are not this model's tower's.
  EmbeddedPrompt read(std::string_view text, const Seen& seen) const;

 private:
  VisionLanguageConfig config_;
  Tokenizer tokenizer_;
  LanguageModel model_;
};

/// Prompts side by side, filled up at their beginnings.
struct PromptBatch {
  EmbeddedTokens tokens;
  at::Tensor real;  ///< [B, T] boolean
};
/// @throws Error{invalid_argument} for no prompts, or an empty one.
PromptBatch side_by_side(std::span<const EmbeddedPrompt> prompts);

}  // namespace ogam

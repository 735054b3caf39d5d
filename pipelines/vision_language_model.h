#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "core/media/image.h"
#include "core/tensor/checkpoint.h"
#include "decoders/text/vision_language_decoder.h"
#include "encoders/visual_tower.h"

namespace ogam {

/// A vision-language model: the tower that sees and the language model that reads what it saw, of
/// one folder. docs/vision_language.md lists the types.
class VisionLanguageModel {
 public:
  /// @throws Error{unsupported} listing the model types when it is none of them; Error{not_found,
  ///     corrupt_data}.
  explicit VisionLanguageModel(Checkpoint& checkpoint);

  /// What sees. Its tokens of pictures and clips can be kept, and read with many texts.
  const VisualTower& tower() const { return *tower_; }
  const VisionLanguageDecoder& decoder() const { return decoder_; }

  /// A text with what it shows.
  struct Question {
    std::string_view text;  ///< as the model's chat template wrote it, with a place for each medium
    std::span<const Image> pictures = {};
    std::span<const VideoClip> clips = {};
  };
  /// What a TextGenerator goes on from.
  /// @throws Error{invalid_argument} when places and media do not fit, or media make no sense.
  EmbeddedPrompt read(const Question& question) const;

 private:
  std::unique_ptr<const VisualTower> tower_;
  VisionLanguageDecoder decoder_;
};

}  // namespace ogam

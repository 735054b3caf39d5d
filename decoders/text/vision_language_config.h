#pragma once

#include <cstdint>

#include "core/tensor/checkpoint.h"
#include "decoders/text/language_model_config.h"

namespace ogam {

/// What config.json says of how a vision-language model reads and writes; of its tower, only what
/// concerns the language model.
struct VisionLanguageConfig {
  LanguageModelConfig text;
  std::int64_t image_token_id = 0;  ///< stands for a token of a picture
  std::int64_t video_token_id = 0;  ///< stands for a token of a video
  /// Features that follow each visual token for as many of the first layers (DeepStack).
  std::int64_t levels = 0;
  /// What is seen lies on a grid of positions, and each moment of a video stands after its time.
  bool has_grids = false;

  /// @throws Error{unsupported} listing the model types when it is none of them;
  /// Error{corrupt_data}.
  static VisionLanguageConfig parse(const Checkpoint& checkpoint);
};

}  // namespace ogam

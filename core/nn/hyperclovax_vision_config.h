#pragma once

#include <cstdint>
#include <string>

#include "core/base/json.h"

namespace ogam {

/// What the config.json of a HyperCLOVA X with eyes (version 2) says of the whole; its
/// `vision_config` and `text_config` are read by the tower and the language model.
struct HyperclovaxVisionConfig {
  std::int64_t image_token_id = 0;  ///< stands for a token of a picture
  std::int64_t video_token_id = 0;  ///< stands for a token of a video
  bool tie_word_embeddings = true;
  std::int64_t text_size = 0;  ///< `hidden_size` of the language model

  /// @throws Error{corrupt_data, unsupported}.
  static HyperclovaxVisionConfig parse(const Json& config, const std::string& origin);
};

}  // namespace ogam

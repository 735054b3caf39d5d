#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/nn/activation.h"

namespace ogam {

/// What the config.json of a LLaVA-OneVision says of the whole; its `vision_config` and
/// `text_config` are read by the tower and the language model.
struct LlavaOnevisionConfig {
  /// Pixels that a picture may be enlarged to before it is cut into squares.
  struct Resolution {
    std::int64_t height = 0;
    std::int64_t width = 0;
    friend bool operator==(const Resolution&, const Resolution&) = default;
  };

  std::int64_t image_token_id = 0;  ///< stands for a token of a picture
  std::int64_t video_token_id = 0;  ///< stands for a token of a video
  bool tie_word_embeddings = false;
  std::int64_t text_size = 0;  ///< `hidden_size` of the language model
  std::vector<Resolution> image_grid_pinpoints;
  /// Squares of tokens that a picture may have before they are thinned out: the number in
  /// `vision_aspect_ratio`.
  std::int64_t max_squares = 0;
  /// Layers of the tower that are computed; the output of the last of them is projected.
  std::int64_t vision_layers = 0;
  Activation projector_act = nullptr;
  bool projector_bias = true;

  /// @throws Error{corrupt_data, unsupported}.
  static LlavaOnevisionConfig parse(const Json& config, const std::string& origin);
};

/// The resolutions under `image_grid_pinpoints` of a configuration of the model or of its
/// processor; the classes' own where there are none.
/// @throws Error{corrupt_data} when they make no sense.
std::vector<LlavaOnevisionConfig::Resolution> parse_grid_pinpoints(const Json& config,
                                                                   const std::string& origin);

}  // namespace ogam

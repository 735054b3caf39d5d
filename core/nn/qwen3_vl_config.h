#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/nn/activation.h"
#include "core/nn/config_reader.h"
#include "core/nn/qwen3_vl_text.h"
#include "core/tensor/checkpoint.h"

namespace ogam {

/// The base of the frequencies that turn a tower's patches by row and column, of the
/// `rope_parameters` of its `vision_config`. Qwen2.5-VL's tower has the same.
/// @throws Error{unsupported} for another type of positions, Error{corrupt_data}.
double axial_rope_theta(const ConfigReader& config);

/// The `vision_config` of a Qwen3-VL.
struct Qwen3VlVisionConfig {
  std::int64_t depth = 0;  ///< blocks
  std::int64_t hidden_size = 0;
  std::int64_t intermediate_size = 0;
  std::int64_t num_heads = 0;
  std::int64_t in_channels = 3;
  std::int64_t patch_size = 0;           ///< pixels of a patch's side
  std::int64_t spatial_merge_size = 0;   ///< patches of a token's side
  std::int64_t temporal_patch_size = 0;  ///< frames of a patch
  std::int64_t out_hidden_size = 0;      ///< of a token
  std::int64_t position_side = 0;        ///< the square root of num_position_embeddings
  double rope_theta = 0;
  Activation activation = nullptr;
  std::vector<std::int64_t> deepstack_visual_indexes;  ///< blocks, in rising order

  /// @throws Error{corrupt_data, unsupported}.
  static Qwen3VlVisionConfig parse(const ConfigReader& config);
};

/// What config.json says of a Qwen3-VL.
struct Qwen3VlConfig {
  Qwen3VlTextConfig text;
  Qwen3VlVisionConfig vision;
  std::int64_t image_token_id = 0;  ///< stands for a token of a picture
  std::int64_t video_token_id = 0;  ///< stands for a token of a video
  std::int64_t vision_start_token_id = 0;
  std::int64_t vision_end_token_id = 0;
  bool tie_word_embeddings = false;  ///< the head is the table of embeddings

  /// @throws Error{corrupt_data, unsupported}.
  static Qwen3VlConfig parse(const Json& config, const std::string& origin);
};

/// The weights of the whole model without its head, which is left to others: their prefix is
/// `model.` in a checkpoint of `Qwen3VLForConditionalGeneration`, and none in one of
/// `Qwen3VLModel`.
WeightScope qwen3_vl_weights(Checkpoint& checkpoint);

}  // namespace ogam

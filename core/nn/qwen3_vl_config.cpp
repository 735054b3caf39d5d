#include "core/nn/qwen3_vl_config.h"

#include <cmath>

#include "core/base/error.h"

namespace ogam {

namespace {

constexpr std::int64_t kMaxSize = 1 << 17;
constexpr std::int64_t kMaxBlocks = 512;
constexpr std::int64_t kMaxPatchSize = 256;
constexpr std::int64_t kMaxMergeSize = 16;
constexpr std::int64_t kMaxPositions = 1 << 22;
constexpr std::int64_t kMaxTokenId = 1 << 24;

}  // namespace

double axial_rope_theta(const ConfigReader& config) {
  const auto rope = config.section("rope_parameters");
  constexpr double kMaxTheta = 1e12;
  const double theta = rope.number("rope_theta", 1, kMaxTheta, 10000);
  const auto rope_type = rope.text("rope_type", "axial");
  require(rope_type == "axial" || rope_type == "default", ErrorCode::unsupported,
          "{}: \"rope_type\" is \"{}\"; only \"axial\" is implemented", rope.origin(), rope_type);
  rope.refuse_unread();
  return theta;
}

Qwen3VlVisionConfig Qwen3VlVisionConfig::parse(const ConfigReader& config) {
  Qwen3VlVisionConfig parsed;
  // Earlier files give the tower the name of the whole model.
  const auto type = config.text("model_type", "qwen3_vl_vision");
  require(type == "qwen3_vl_vision" || type == "qwen3_vl", ErrorCode::unsupported,
          "{}: \"model_type\" is \"{}\"; only \"qwen3_vl_vision\" is implemented", config.origin(),
          type);
  parsed.depth = config.size("depth", kMaxBlocks, 27);
  parsed.hidden_size = config.size("hidden_size", kMaxSize, 1152);
  parsed.intermediate_size = config.size("intermediate_size", kMaxSize, 4304);
  parsed.num_heads = config.size("num_heads", kMaxSize, 16);
  config.demand_or_absent("in_channels", parsed.in_channels);
  parsed.patch_size = config.size("patch_size", kMaxPatchSize, 16);
  parsed.spatial_merge_size = config.size("spatial_merge_size", kMaxMergeSize, 2);
  parsed.temporal_patch_size = config.size("temporal_patch_size", kMaxMergeSize, 2);
  parsed.out_hidden_size = config.size("out_hidden_size", kMaxSize, 3584);
  const auto positions = config.size("num_position_embeddings", kMaxPositions, 2304);
  parsed.position_side = std::llround(std::sqrt(static_cast<double>(positions)));
  parsed.activation =
      find_activation(config.text("hidden_act", "gelu_pytorch_tanh"), config.origin());
  parsed.deepstack_visual_indexes =
      config.indexes("deepstack_visual_indexes", parsed.depth, {8, 16, 24});
  parsed.rope_theta = axial_rope_theta(config);
  config.refuse_unread();
  require(parsed.position_side * parsed.position_side == positions, ErrorCode::corrupt_data,
          "{}: {} position embeddings make no square table", config.origin(), positions);
  // A quarter of a head's channels turns by row, a quarter by column, each paired with another.
  require(parsed.hidden_size % (4 * parsed.num_heads) == 0, ErrorCode::corrupt_data,
          "{}: {} heads do not divide \"hidden_size\" {} into heads of a multiple of 4",
          config.origin(), parsed.num_heads, parsed.hidden_size);
  return parsed;
}

Qwen3VlConfig Qwen3VlConfig::parse(const Json& config, const std::string& origin) {
  const ConfigReader reader(config, origin);
  Qwen3VlConfig parsed;
  reader.demand<std::string>("model_type", "qwen3_vl");
  parsed.text = Qwen3VlTextConfig::parse(reader.section("text_config"));
  parsed.vision = Qwen3VlVisionConfig::parse(reader.section("vision_config"));
  parsed.image_token_id = reader.size("image_token_id", kMaxTokenId, 151655);
  parsed.video_token_id = reader.size("video_token_id", kMaxTokenId, 151656);
  parsed.vision_start_token_id = reader.size("vision_start_token_id", kMaxTokenId, 151652);
  parsed.vision_end_token_id = reader.size("vision_end_token_id", kMaxTokenId, 151653);
  parsed.tie_word_embeddings = reader.flag("tie_word_embeddings", false);
  reader.refuse_unread();
  require(parsed.vision.out_hidden_size == parsed.text.hidden_size, ErrorCode::corrupt_data,
          "{}: visual tokens of size {} do not fit a language model of size {}", origin,
          parsed.vision.out_hidden_size, parsed.text.hidden_size);
  require(static_cast<std::int64_t>(parsed.vision.deepstack_visual_indexes.size()) <=
              parsed.text.num_hidden_layers,
          ErrorCode::corrupt_data, "{}: \"deepstack_visual_indexes\" feeds {} layers of {}", origin,
          parsed.vision.deepstack_visual_indexes.size(), parsed.text.num_hidden_layers);
  return parsed;
}

WeightScope qwen3_vl_weights(Checkpoint& checkpoint) {
  const bool with_head = !checkpoint.weights("model.language_model.").empty();
  return checkpoint.weights(with_head ? "model." : "");
}

}  // namespace ogam

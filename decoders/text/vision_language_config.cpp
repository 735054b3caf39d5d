#include "decoders/text/vision_language_config.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/base/table.h"
#include "core/nn/config_reader.h"
#include "core/nn/hyperclovax_vision_config.h"
#include "core/nn/llava_onevision_config.h"
#include "core/nn/qwen3_vl_config.h"
#include "core/nn/rope.h"

namespace ogam {

namespace {

/// The language model under `text_config`, one of `types`.
template <std::size_t N>
LanguageModelConfig parse_text(const Json& config, const std::string& origin,
                               const std::array<std::string_view, N>& types) {
  constexpr const char* kKey = "text_config";
  const auto section = ConfigReader(config, origin).section(kKey);
  const auto type = json_value<std::string>(section.json(), "model_type", section.origin());
  require(std::find(types.begin(), types.end(), type) != types.end(), ErrorCode::unsupported,
          "{}: a language model of type '{}' is not implemented here; there are: {}",
          section.origin(), type, fmt::join(types, ", "));
  return LanguageModelConfig::parse(section.json(), section.origin());
}

VisionLanguageConfig parse_hyperclovax(const Json& config, const std::string& origin) {
  constexpr std::array<std::string_view, 1> kTypes = {"hyperclovax"};
  const auto whole = HyperclovaxVisionConfig::parse(config, origin);
  VisionLanguageConfig parsed = {.text = parse_text(config, origin, kTypes),
                                 .image_token_id = whole.image_token_id,
                                 .video_token_id = whole.video_token_id};
  parsed.text.tie_word_embeddings = whole.tie_word_embeddings;
  return parsed;
}

VisionLanguageConfig parse_llava_onevision(const Json& config, const std::string& origin) {
  constexpr std::array<std::string_view, 2> kTypes = {"qwen2", "qwen3"};
  const auto whole = LlavaOnevisionConfig::parse(config, origin);
  VisionLanguageConfig parsed = {.text = parse_text(config, origin, kTypes),
                                 .image_token_id = whole.image_token_id,
                                 .video_token_id = whole.video_token_id};
  parsed.text.tie_word_embeddings = whole.tie_word_embeddings;
  return parsed;
}

VisionLanguageConfig parse_qwen3_vl(const Json& config, const std::string& origin) {
  const auto whole = Qwen3VlConfig::parse(config, origin);
  const Qwen3VlTextConfig& text = whole.text;
  VisionLanguageConfig parsed = {.text = {},
                                 .image_token_id = whole.image_token_id,
                                 .video_token_id = whole.video_token_id,
                                 .levels = std::ssize(whole.vision.deepstack_visual_indexes),
                                 .has_grids = true};
  LanguageModelConfig& model = parsed.text;
  model.vocab_size = text.vocab_size;
  model.hidden_size = text.hidden_size;
  model.context_length = text.max_position_embeddings;
  model.rms_norm_eps = text.rms_norm_eps;
  model.tie_word_embeddings = whole.tie_word_embeddings;
  model.full.rope = RopeConfig{.frequencies = rotary_frequencies(text.head_size, text.rope_theta),
                               .max_positions = text.max_position_embeddings,
                               .axes = text.rotary_axes()};
  model.layers.assign(static_cast<std::size_t>(text.num_hidden_layers), {.config = text.layer});
  const auto section = ConfigReader(config, origin).section("text_config");
  model.eos_token_ids = parse_eos_ids(section.json(), section.origin(), model.vocab_size);
  return parsed;
}

struct TypeRow {
  std::string_view name;
  VisionLanguageConfig (*parse)(const Json& config, const std::string& origin);
};

constexpr std::array kTypes = {
    TypeRow{"hyperclovax_vision_v2", &parse_hyperclovax},
    TypeRow{"llava_onevision", &parse_llava_onevision},
    TypeRow{"qwen3_vl", &parse_qwen3_vl},
};

}  // namespace

VisionLanguageConfig VisionLanguageConfig::parse(const Checkpoint& checkpoint) {
  const auto origin = checkpoint.origin();
  auto parsed = find_row(kTypes, checkpoint.model_type(), "vision-language model", origin)
                    .parse(checkpoint.config(), origin);
  for (const auto id : {parsed.image_token_id, parsed.video_token_id}) {
    require(id < parsed.text.vocab_size, ErrorCode::corrupt_data,
            "{}: the token {} stands for what is seen, and the vocabulary has {}", origin, id,
            parsed.text.vocab_size);
  }
  return parsed;
}

}  // namespace ogam

#include "core/nn/hyperclovax_vision_config.h"

#include "core/nn/config_reader.h"

namespace ogam {

HyperclovaxVisionConfig HyperclovaxVisionConfig::parse(const Json& json,
                                                       const std::string& origin) {
  constexpr std::int64_t kMaxTokenId = 1 << 24;
  constexpr std::int64_t kMaxSize = 1 << 17;
  const ConfigReader config(json, origin);
  config.demand<std::string>("model_type", "hyperclovax_vision_v2");
  HyperclovaxVisionConfig parsed;
  parsed.image_token_id = config.id("image_token_id", kMaxTokenId, 128060);
  parsed.video_token_id = config.id("video_token_id", kMaxTokenId, 128061);
  parsed.tie_word_embeddings = config.flag("tie_word_embeddings", true);
  parsed.text_size = config.section("text_config").size("hidden_size", kMaxSize);
  config.section("vision_config");
  config.refuse_unread();
  return parsed;
}

}  // namespace ogam

#include "core/nn/llava_onevision_config.h"

#include <charconv>
#include <cmath>
#include <string_view>

#include "core/base/error.h"
#include "core/nn/config_reader.h"

namespace ogam {

namespace {

constexpr std::int64_t kMaxTokenId = 1 << 24;
constexpr std::int64_t kMaxLayers = 512;
constexpr std::int64_t kMaxSize = 1 << 17;
constexpr std::int64_t kMaxSide = 16384;  // pixels
constexpr std::int64_t kMaxPixels = 1 << 25;
constexpr std::size_t kMaxResolutions = 1024;

/// The number of squares in "anyres_max_9".
std::int64_t parse_squares(const ConfigReader& config) {
  constexpr std::string_view kPrefix = "anyres_max_";
  constexpr std::int64_t kMaxSquares = 1024;
  const auto ratio = config.text("vision_aspect_ratio", "anyres_max_9");
  std::int64_t squares = 0;
  const char* const end = ratio.data() + ratio.size();
  const bool fits = ratio.starts_with(kPrefix) && ratio.size() > kPrefix.size();
  const auto parsed = std::from_chars(fits ? ratio.data() + kPrefix.size() : end, end, squares);
  require(
      fits && parsed.ec == std::errc() && parsed.ptr == end && squares >= 1 &&
          squares <= kMaxSquares,
      ErrorCode::unsupported,
      "{}: \"vision_aspect_ratio\" is \"{}\"; only \"anyres_max_\" and a number from 1 to {} is "
      "implemented",
      config.origin(), ratio, kMaxSquares);
  return squares;
}

/// Of the states before the first layer, after it, and so on, the one that `vision_feature_layer`
/// chooses, counted from the end where it is negative.
std::int64_t parse_feature_layer(const ConfigReader& config) {
  const auto layers =
      config.section("vision_config").size("num_hidden_layers", kMaxLayers, std::int64_t{12});
  const auto limit = static_cast<double>(layers);
  const auto chosen = config.number("vision_feature_layer", -limit - 1, limit, -1);
  const auto whole = std::llround(chosen);
  require(static_cast<double>(whole) == chosen, ErrorCode::corrupt_data,
          "{}: \"vision_feature_layer\" is {}, expected a whole number", config.origin(), chosen);
  return whole < 0 ? layers + 1 + whole : whole;
}

}  // namespace

std::vector<LlavaOnevisionConfig::Resolution> parse_grid_pinpoints(const Json& config,
                                                                   const std::string& origin) {
  constexpr const char* kKey = "image_grid_pinpoints";
  std::vector<LlavaOnevisionConfig::Resolution> resolutions;
  if (!config.contains(kKey) || config.at(kKey).is_null()) {
    constexpr std::int64_t kSquare = 384;
    constexpr std::int64_t kMost = 6;
    for (std::int64_t rows = 1; rows <= kMost; ++rows) {
      for (std::int64_t columns = 1; columns <= kMost; ++columns) {
        resolutions.push_back({rows * kSquare, columns * kSquare});
      }
    }
    return resolutions;
  }
  const auto pairs = json_value<std::vector<std::vector<std::int64_t>>>(config, kKey, origin);
  require(!pairs.empty() && pairs.size() <= kMaxResolutions, ErrorCode::corrupt_data,
          "{}: \"{}\" holds {} resolutions, expected 1 to {}", origin, kKey, pairs.size(),
          kMaxResolutions);
  for (const auto& pair : pairs) {
    require(pair.size() == 2 && pair[0] >= 1 && pair[0] <= kMaxSide && pair[1] >= 1 &&
                pair[1] <= kMaxSide && pair[0] * pair[1] <= kMaxPixels,
            ErrorCode::corrupt_data,
            "{}: \"{}\" must hold pairs of a height and a width of at most {} pixels in all",
            origin, kKey, kMaxPixels);
    resolutions.push_back({pair[0], pair[1]});
  }
  return resolutions;
}

LlavaOnevisionConfig LlavaOnevisionConfig::parse(const Json& json, const std::string& origin) {
  const ConfigReader config(json, origin);
  config.demand<std::string>("model_type", "llava_onevision");
  config.demand_or_absent<std::string>("vision_feature_select_strategy", "full");
  LlavaOnevisionConfig parsed;
  parsed.image_token_id = config.id("image_token_index", kMaxTokenId, 151646);
  parsed.video_token_id = config.id("video_token_index", kMaxTokenId, 151647);
  parsed.image_grid_pinpoints = parse_grid_pinpoints(json, origin);
  parsed.max_squares = parse_squares(config);
  parsed.vision_layers = parse_feature_layer(config);
  parsed.projector_act = find_activation(config.text("projector_hidden_act", "gelu"), origin);
  parsed.projector_bias = config.flag("multimodal_projector_bias", true);
  // Where the whole does not say that they are tied, the language model may.
  const bool tied = config.flag("tie_word_embeddings", false);
  const auto text = config.section("text_config");
  parsed.tie_word_embeddings = text.flag("tie_word_embeddings", false) || tied;
  parsed.text_size = text.size("hidden_size", kMaxSize);
  config.refuse_unread({"image_grid_pinpoints"});
  return parsed;
}

}  // namespace ogam

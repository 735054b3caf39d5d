#include "pipelines/model_cost.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/nn/config_reader.h"
#include "core/tensor/model_files.h"
#include "encoders/registry.h"

namespace ogam {

namespace {

constexpr std::int64_t kMost = 1 << 24;  // of any size in a configuration

constexpr double kTextTokens = 32;
constexpr double kFrames = 10;        // of a clip: one a second
constexpr double kSoundTokens = 250;  // Gemma's: one every 40 ms
constexpr double kSpokenTokens = 40;  // Whisper's, in 10 s of speech
// Where the configuration leaves them to the class of the model.
constexpr std::int64_t kSide = 224;
constexpr std::int64_t kPatch = 16;
constexpr std::int64_t kDinoSide = 224;  // what its processor cuts out, whatever it was trained on

/// What goes through a tower for one item: `times` sequences of `tokens`.
struct Load {
  double tokens = 0;
  double times = 1;
};

/// A part of a model that tokens of one item go through.
struct Tower {
  std::string_view model_type;
  std::string_view item;
  /// Its tensors' names begin so, after the model's own ("bert.", "model."); a projection's hold
  /// it.
  std::string_view prefix;
  std::string_view section;  ///< of config.json; empty: the whole
  Load (*load)(const ConfigReader& config);
  enum class Way { at_once, step_by_step, projection } way = Way::at_once;
};

Load text(const ConfigReader&) { return {kTextTokens}; }
Load whole_text(const ConfigReader& config) {
  return {static_cast<double>(config.size("max_position_embeddings", kMost, 64))};
}

double patches(const ConfigReader& config, std::int64_t side) {
  const auto across = side / config.size("patch_size", kMost, kPatch);
  return static_cast<double>(across * across);
}
Load picture(const ConfigReader& config) {
  return {patches(config, config.size("image_size", kMost, kSide))};
}
Load picture_and_class(const ConfigReader& config) { return {picture(config).tokens + 1}; }
Load dino_picture(const ConfigReader& config) {
  return {patches(config, kDinoSide) + 1 +
          (config.has("num_register_tokens")
               ? static_cast<double>(config.size("num_register_tokens", kMost))
               : 0)};
}
Load flexible_picture(const ConfigReader& config) {
  return {static_cast<double>(config.size("num_patches", kMost, 256))};
}

// A picture of 640 x 480: 40 x 30 patches, of which 2 x 2 become a token.
constexpr double kQwenPatches = 1200;
Load qwen_patches(const ConfigReader&) { return {kQwenPatches}; }
Load qwen_picture(const ConfigReader&) { return {kQwenPatches / 4 + kTextTokens}; }
Load qwen_clip_patches(const ConfigReader&) { return {kQwenPatches, kFrames / 2}; }
Load qwen_clip(const ConfigReader&) { return {kQwenPatches / 4 * kFrames / 2 + kTextTokens}; }

// The same picture: 9 patches a token, and fewer tokens for a frame.
constexpr double kGemmaPicture = 266;
constexpr double kGemmaFrame = 130;
Load gemma_patches(const ConfigReader&) { return {9 * kGemmaPicture}; }
Load gemma_picture(const ConfigReader&) { return {kGemmaPicture}; }
Load gemma_clip_patches(const ConfigReader&) { return {9 * kGemmaFrame, kFrames}; }
Load gemma_clip(const ConfigReader&) { return {kGemmaFrame * kFrames}; }
Load gemma_sound(const ConfigReader&) { return {kSoundTokens}; }

Load whisper_sound(const ConfigReader& config) {
  return {static_cast<double>(config.size("max_source_positions", kMost))};
}
Load whisper_text(const ConfigReader&) { return {kSpokenTokens}; }

constexpr std::string_view kText = "text of 32 tokens";
constexpr std::string_view kPicture = "picture";
constexpr std::string_view kSound = "10 s of sound";
constexpr std::string_view kClip = "10 s of video at 1 frame a second";

constexpr std::array kTowers = {
    Tower{"bert", kText, "encoder.", "", &text},
    Tower{"roberta", kText, "encoder.", "", &text},
    Tower{"xlm-roberta", kText, "encoder.", "", &text},
    Tower{"modernbert", kText, "layers.", "", &text},
    Tower{"embedding_gemma2_text", kText, "", "", &text},
    Tower{"clip", kText, "text_model.", "text_config", &text},
    Tower{"clip", kPicture, "vision_model.", "vision_config", &picture_and_class},
    Tower{"clip_vision_model", kPicture, "", "", &picture_and_class},
    Tower{"siglip", kText, "text_model.", "text_config", &whole_text},
    Tower{"siglip", kPicture, "vision_model.", "vision_config", &picture},
    Tower{"siglip_vision_model", kPicture, "", "", &picture},
    Tower{"siglip2", kText, "text_model.", "text_config", &whole_text},
    Tower{"siglip2", kPicture, "vision_model.", "vision_config", &flexible_picture},
    Tower{"siglip2_vision_model", kPicture, "", "", &flexible_picture},
    Tower{"dinov2", kPicture, "", "", &dino_picture},
    Tower{"dinov2_with_registers", kPicture, "", "", &dino_picture},
    Tower{"qwen3_vl", kText, "language_model.", "text_config", &text},
    Tower{"qwen3_vl", kPicture, "visual.", "vision_config", &qwen_patches},
    Tower{"qwen3_vl", kPicture, "language_model.", "text_config", &qwen_picture},
    Tower{"qwen3_vl", kClip, "visual.", "vision_config", &qwen_clip_patches},
    Tower{"qwen3_vl", kClip, "language_model.", "text_config", &qwen_clip},
    Tower{"embedding_gemma2", kText, "language_model.", "text_config", &text},
    Tower{"embedding_gemma2", kPicture, "vision_tower.", "vision_config", &gemma_patches},
    Tower{"embedding_gemma2", kPicture, "language_model.", "text_config", &gemma_picture},
    Tower{"embedding_gemma2", kSound, "audio_tower.", "audio_config", &gemma_sound},
    Tower{"embedding_gemma2", kSound, "language_model.", "text_config", &gemma_sound},
    Tower{"embedding_gemma2", kClip, "vision_tower.", "vision_config", &gemma_clip_patches},
    Tower{"embedding_gemma2", kClip, "language_model.", "text_config", &gemma_clip},
    Tower{"whisper", kSound, "model.encoder.", "", &whisper_sound},
    // The sound is projected once for every layer that attends to it, and then read at each token.
    Tower{"whisper", kSound, "encoder_attn.k_proj", "", &whisper_sound, Tower::Way::projection},
    Tower{"whisper", kSound, "encoder_attn.v_proj", "", &whisper_sound, Tower::Way::projection},
    Tower{"whisper", kSound, "model.decoder.", "", &whisper_text, Tower::Way::step_by_step},
};

bool contains_any(std::string_view name, std::span<const std::string_view> parts) {
  return std::any_of(parts.begin(), parts.end(), [&](std::string_view part) {
    return name.find(part) != std::string_view::npos;
  });
}

/// Tables of which rows are looked up. Whisper's table of tokens is its last matrix too.
bool is_table(std::string_view name, std::string_view model_type) {
  constexpr std::array<std::string_view, 10> kTables = {
      "word_embeddings",          "tok_embeddings",
      "token_embedding",          "position_embedding",
      "embed_positions",          "token_type_embeddings",
      "embed_tokens_per_layer",   "pos_embed",
      "position_embedding_table", "cls_token"};
  constexpr std::array<std::string_view, 1> kTokens = {"embed_tokens"};
  return contains_any(name, kTables) || (model_type != "whisper" && contains_any(name, kTokens));
}

/// What one pooled vector goes through, not every token.
bool is_pooled(std::string_view name) {
  constexpr std::array<std::string_view, 3> kPooled = {"head.", "text_projection.",
                                                       "visual_projection."};
  return contains_any(name, kPooled);
}

/// The width of an attention layer's queries, if that is what the tensor makes.
double query_width(const TensorInfo& info) {
  constexpr std::array<std::string_view, 2> kQueries = {"q_proj", ".query."};
  constexpr std::array<std::string_view, 2> kStacked = {".qkv.", ".Wqkv."};
  const auto rows = static_cast<double>(info.shape.front());
  return contains_any(info.name, kQueries)   ? rows
         : contains_any(info.name, kStacked) ? rows / 3
                                             : 0;
}

/// Whether a tensor lies in a tower; the model may have put a name of its own before it.
bool is_of(const Tower& tower, std::string_view name) {
  if (tower.way == Tower::Way::projection) {
    return name.find(tower.prefix) != std::string_view::npos;
  }
  const auto dot = name.find('.');
  return name.starts_with(tower.prefix) ||
         (dot != std::string_view::npos && name.substr(dot + 1).starts_with(tower.prefix));
}

double count_of(const TensorInfo& info) {
  double count = 1;
  for (const auto size : info.shape) {
    count *= static_cast<double>(size);
  }
  return count;
}

void add(const Tower& tower, const ConfigReader& whole, const std::vector<TensorInfo>& tensors,
         ItemCost& cost) {
  const ConfigReader config =
      tower.section.empty() ? whole : whole.section(std::string(tower.section));
  const auto load = tower.load(config);
  double multiply_adds = 0;
  double width = 0;   // of what attention takes in
  double widest = 0;  // of what any matrix gives
  for (const auto& info : tensors) {
    if (info.shape.size() < 2 || !is_of(tower, info.name) ||
        is_table(info.name, tower.model_type)) {
      continue;
    }
    const double tokens = is_pooled(info.name) ? 1 : load.tokens;
    multiply_adds += count_of(info) * tokens;
    widest = std::max(widest, static_cast<double>(info.shape.front()));
    if (const double queries = query_width(info); queries > 0 && !is_pooled(info.name)) {
      multiply_adds += 2 * tokens * tokens * queries;
      width = static_cast<double>(info.shape.back());
    }
  }
  const bool step_by_step = tower.way == Tower::Way::step_by_step;
  (step_by_step ? cost.step_multiply_adds : cost.multiply_adds) += multiply_adds * load.times;
  // The residual, what attention takes in and gives, and the two sides of an activation.
  const double at_work = (step_by_step ? 1 : load.tokens) * (4 * width + 2 * widest);
  cost.numbers_at_work = std::max(cost.numbers_at_work, at_work);
}

ItemCost& item_named(std::vector<ItemCost>& items, std::string_view name) {
  const auto found = std::find_if(items.begin(), items.end(),
                                  [&](const ItemCost& cost) { return cost.item == name; });
  return found != items.end() ? *found : items.emplace_back(ItemCost{.item = std::string(name)});
}

bool has_item(const std::vector<ItemCost>& items, std::string_view name) {
  return std::any_of(items.begin(), items.end(),
                     [&](const ItemCost& cost) { return cost.item == name; });
}

}  // namespace

double ModelCost::work_bytes(int bytes) const {
  double most = 0;
  for (const auto& item : items) {
    most = std::max(most, item.numbers_at_work);
  }
  return most * bytes;
}

ModelCost model_cost(const Json& config, const std::vector<TensorInfo>& tensors,
                     const std::string& origin) {
  ModelCost cost{.model_type = json_value<std::string>(config, "model_type", origin)};
  for (const auto& info : tensors) {
    cost.parameters += static_cast<std::int64_t>(count_of(info));
  }
  const auto types = encoder_model_types();
  cost.runs_in_bfloat16 = std::find(types.begin(), types.end(), cost.model_type) != types.end();
  const ConfigReader reader(config, origin);
  for (const auto& tower : kTowers) {
    if (tower.model_type == cost.model_type) {
      add(tower, reader, tensors, item_named(cost.items, tower.item));
    }
  }
  std::erase_if(cost.items, [](const ItemCost& item) {  // such as the texts of a picture's tower
    return item.multiply_adds + item.step_multiply_adds == 0;
  });
  if (has_item(cost.items, kPicture) && !has_item(cost.items, kClip)) {
    auto clip = item_named(cost.items, kPicture);
    clip.item = kClip;
    clip.multiply_adds *= kFrames;
    cost.items.push_back(clip);
  }
  return cost;
}

ModelCost model_cost(const std::filesystem::path& folder) {
  const auto files = open_model(folder);
  return model_cost(files.config, files.weights->tensors(), display_path(folder / "config.json"));
}

}  // namespace ogam

#include "decoders/text/language_model_config.h"

#include <fmt/ranges.h>

#include <array>
#include <cmath>
#include <set>
#include <utility>

#include "core/base/error.h"
#include "core/nn/activation.h"
#include "core/nn/config_reader.h"
#include "decoders/text/language_model_types.h"

namespace ogam {

namespace {

using Type = LanguageModelType;

constexpr std::int64_t kMaxVocabulary = std::int64_t{1} << 24;
constexpr std::int64_t kMaxSize = std::int64_t{1} << 17;
constexpr std::int64_t kMaxLayers = 512;
constexpr std::int64_t kMaxHeads = 1024;
constexpr std::int64_t kMaxExperts = 4096;
constexpr std::int64_t kMaxPositions = std::int64_t{1} << 24;
constexpr double kMaxFactor = 1e6;

/// Keys that say how a model was trained, repeat what others say, or concern parts that take no
/// part in generation.
constexpr std::array kUnusedKeys = {
    "_sliding_window_pattern",
    "aux_loss_alpha",
    "ep_size",
    "is_moe_layer",
    "num_nextn_predict_layers",
    "output_router_logits",
    "pretraining_tp",
    "router_aux_loss_coef",
    "seq_aux",
};

/// One file being read.
struct Reading {
  const Type& type;
  const ConfigReader& config;

  std::int64_t layers() const { return config.size("num_hidden_layers", kMaxLayers, type.layers); }
  std::int64_t hidden() const { return config.size("hidden_size", kMaxSize, type.hidden_size); }
  std::int64_t heads() const { return config.size("num_attention_heads", kMaxHeads, type.heads); }
  double eps() const { return config.number("rms_norm_eps", 0, 1, type.rms_norm_eps); }
  Activation activation() const {
    return find_activation(config.text(type.activation_key, type.activation), config.origin());
  }

  std::int64_t key_value_heads() const {
    // Left out it has the class's default; null means as many as there are of queries.
    const bool is_null = config.json().contains("num_key_value_heads") || type.key_value_heads == 0;
    return config.size("num_key_value_heads", kMaxHeads, is_null ? heads() : type.key_value_heads);
  }
  std::int64_t head_size() const {
    const auto usual = type.head_dim > 0 ? type.head_dim : hidden() / heads();
    return config.size("head_dim", kMaxSize, usual);
  }
};

std::vector<std::string> layer_kinds(const Reading& reading, const char* key,
                                     const std::set<std::string>& known) {
  auto kinds = reading.config.texts(key, kMaxLayers);
  require(std::cmp_equal(kinds.size(), reading.layers()), ErrorCode::corrupt_data,
          "{}: \"{}\" names {} layers of {}", reading.config.origin(), key, kinds.size(),
          reading.layers());
  for (const auto& kind : kinds) {
    require(known.contains(kind), ErrorCode::unsupported,
            "{}: \"{}\" names a layer '{}'; there are: {}", reading.config.origin(), key, kind,
            fmt::join(known, ", "));
  }
  return kinds;
}

/// The window, and which layers have one.
void parse_windows(const Reading& reading, LanguageModelConfig& parsed) {
  const ConfigReader& config = reading.config;
  if (reading.type.windows == Type::Windows::none) {
    return;
  }
  const bool by_layer = reading.type.windows == Type::Windows::upper_layers;
  const bool is_null = config.json().contains("sliding_window") && !config.has("sliding_window");
  const auto window = config.size("sliding_window", kMaxPositions, 4096);
  const auto first = config.id("max_window_layers", kMaxLayers + 1, 28);
  const bool used = !by_layer || config.flag("use_sliding_window", false);
  if (used && !is_null) {
    parsed.sliding.window = window;
  }
  if (config.has("layer_types")) {
    const auto kinds = layer_kinds(reading, "layer_types", {"full_attention", "sliding_attention"});
    for (std::size_t i = 0; i < kinds.size(); ++i) {
      parsed.layers[i].is_sliding = kinds[i] == "sliding_attention";
      require(!parsed.layers[i].is_sliding || parsed.sliding.window, ErrorCode::corrupt_data,
              "{}: layer {} has a window, and \"sliding_window\" does not say how large",
              config.origin(), i);
    }
    return;
  }
  if (!parsed.sliding.window) {
    return;
  }
  const auto pattern =
      by_layer ? 1 : config.size("sliding_window_pattern", kMaxLayers, reading.type.window_pattern);
  for (std::int64_t i = 0; std::cmp_less(i, parsed.layers.size()); ++i) {
    parsed.layers[i].is_sliding = by_layer ? i >= first : (i + 1) % pattern != 0;
  }
}

void parse_rotations(const Reading& reading, LanguageModelConfig& parsed) {
  constexpr double kWindowTheta = 10000;  // of Gemma 3
  constexpr double kMaxTheta = 1e12;
  const ConfigReader& config = reading.config;
  const auto current = config.section("rope_parameters");
  const auto earlier = config.section("rope_scaling");
  RopeConfig::Defaults defaults = {
      .head_size = reading.type.latent_attention ? config.size("qk_rope_head_dim", kMaxSize, 64)
                                                 : reading.head_size(),
      .theta = config.number("rope_theta", 1, kMaxTheta, reading.type.rope_theta),
      .max_position_embeddings = config.size("max_position_embeddings", kMaxPositions,
                                             reading.type.max_position_embeddings)};
  config.demand_or_absent("partial_rotary_factor", 1.0);
  const bool is_current = config.has("rope_parameters");
  require(!is_current || !config.has("rope_scaling"), ErrorCode::unsupported,
          "{}: \"rope_parameters\" and \"rope_scaling\" say the same; keep one of them",
          config.origin());
  if (reading.type.rotations == Type::Rotations::by_kind) {
    parsed.full.rope =
        RopeConfig::parse(is_current ? current.section("full_attention") : earlier, defaults);
    defaults.theta = config.number("rope_local_base_freq", 1, kMaxTheta, kWindowTheta);
    parsed.sliding.rope = RopeConfig::parse(current.section("sliding_attention"), defaults);
    current.refuse_unread();
  } else {
    parsed.full.rope = RopeConfig::parse(config.has("rope_scaling") ? earlier : current, defaults);
    parsed.sliding.rope = parsed.full.rope;
  }
  parsed.context_length = parsed.full.rope->max_positions;
  if (reading.type.rotations == Type::Rotations::windows_only && parsed.sliding.window) {
    parsed.full.rope.reset();
  }
}

LatentAttention::Config latent_attention(const Reading& reading,
                                         const LanguageModelConfig& parsed) {
  const ConfigReader& config = reading.config;
  require(reading.key_value_heads() == reading.heads(), ErrorCode::unsupported,
          "{}: latent attention has as many heads of keys as of queries", config.origin());
  LatentAttention::Config attention = {.size = parsed.hidden_size,
                                       .heads = reading.heads(),
                                       .query_rank = config.size("q_lora_rank", kMaxSize, 1536),
                                       .key_value_rank = config.size("kv_lora_rank", kMaxSize, 512),
                                       .plain_size = config.size("qk_nope_head_dim", kMaxSize, 128),
                                       .rotary_size = config.size("qk_rope_head_dim", kMaxSize, 64),
                                       .value_size = config.size("v_head_dim", kMaxSize, 128),
                                       .adjacent_pairs = config.flag("rope_interleave", true),
                                       .bias = config.flag("attention_bias", false)};
  const auto size = static_cast<double>(attention.plain_size + attention.rotary_size);
  attention.scale = parsed.full.rope->score_factor / std::sqrt(size);
  return attention;
}

GroupedAttention::Config grouped_attention(const Reading& reading,
                                           const LanguageModelConfig& parsed) {
  const ConfigReader& config = reading.config;
  const Type& type = reading.type;
  GroupedAttention::Config attention = {.size = parsed.hidden_size,
                                        .heads = reading.heads(),
                                        .key_value_heads = reading.key_value_heads(),
                                        .head_size = reading.head_size(),
                                        .head_norms = type.head_norms,
                                        .centered_norms = type.centered_norms,
                                        .eps = parsed.rms_norm_eps};
  if (type.biases == Type::Biases::always_but_output) {
    attention.bias = true;
  } else if (type.biases != Type::Biases::none) {
    attention.bias = config.flag("attention_bias", false);
    attention.out_bias = attention.bias && type.biases == Type::Biases::configured;
  }
  if (type.is_gemma) {
    attention.scale = 1 / std::sqrt(config.number("query_pre_attn_scalar", 1e-6, kMaxFactor, 256));
  }
  if (type.is_hyperclovax && config.has("attention_multiplier")) {
    attention.scale = config.number("attention_multiplier", 0, kMaxFactor);
  }
  return attention;
}

ExpertMlp::Config expert_mlp(const Reading& reading, const LanguageModelConfig& parsed) {
  const ConfigReader& config = reading.config;
  const Type::Experts& experts = reading.type.experts;
  config.demand_or_absent<std::string>("scoring_func", "sigmoid");
  config.demand_or_absent<std::string>("topk_method", "noaux_tc");
  return {.size = parsed.hidden_size,
          .intermediate = config.size("moe_intermediate_size", kMaxSize, experts.intermediate_size),
          .experts = config.size(experts.count, kMaxExperts, experts.default_count),
          .chosen = config.size("num_experts_per_tok", kMaxExperts, 8),
          .groups = config.size("n_group", kMaxExperts, experts.groups),
          .chosen_groups = config.size("topk_group", kMaxExperts, experts.chosen_groups),
          .shared = config.id(experts.shared, kMaxExperts, 1),
          .normalized = config.flag("norm_topk_prob", true),
          .scale = config.number("routed_scaling_factor", 0, kMaxFactor, experts.scale),
          .correction = experts.correction,
          .needs_correction = experts.needs_correction,
          .activation = reading.activation()};
}

/// Which layers have mixtures of experts.
std::vector<bool> mixture_layers(const Reading& reading) {
  const ConfigReader& config = reading.config;
  std::vector<bool> mixtures(reading.layers(), reading.type.experts.count != nullptr);
  if (reading.type.experts.count == nullptr) {
    return mixtures;
  }
  if (!reading.type.experts.has_dense_layers) {
    config.demand_or_absent("first_k_dense_replace", 0);
    config.demand_or_absent("use_qk_norm", false);
    return mixtures;
  }
  const auto dense = config.id("first_k_dense_replace", kMaxLayers + 1, 1);
  const auto every = config.size("moe_layer_freq", kMaxLayers, 1);
  const bool is_listed = config.has("mlp_layer_types");
  const auto kinds = is_listed ? layer_kinds(reading, "mlp_layer_types", {"dense", "sparse"})
                               : std::vector<std::string>();
  for (std::int64_t i = 0; std::cmp_less(i, mixtures.size()); ++i) {
    mixtures[i] = is_listed ? kinds[i] == "sparse" : i >= dense && i % every == 0;
  }
  return mixtures;
}

void parse_layers(const Reading& reading, LanguageModelConfig& parsed) {
  const ConfigReader& config = reading.config;
  const Type& type = reading.type;
  DecoderLayer::Config layer;
  layer.size = parsed.hidden_size;
  layer.norms = type.norms;
  layer.eps = parsed.rms_norm_eps;
  layer.centered_norms = type.centered_norms;
  if (type.latent_attention) {
    layer.attention = latent_attention(reading, parsed);
  } else {
    layer.attention = grouped_attention(reading, parsed);
  }
  if (type.is_hyperclovax) {
    layer.residual_multiplier = config.number("residual_multiplier", 0, kMaxFactor, 1);
    if (config.flag("use_post_norm", true)) {
      layer.norms.after_attention = "post_norm1";
      layer.norms.after_mlp = "post_norm2";
    }
  }
  const auto mixtures = mixture_layers(reading);
  if (type.experts.has_dense_layers) {
    layer.mlp = GatedMlp::Config{
        .size = parsed.hidden_size,
        .intermediate = config.size("intermediate_size", kMaxSize, type.intermediate_size),
        .activation = reading.activation(),
        .bias = type.has_mlp_bias_key && config.flag("mlp_bias", false)};
  }
  auto mixture = layer;
  if (type.experts.count != nullptr) {
    mixture.mlp = expert_mlp(reading, parsed);
    mixture.norms.after_mlp = type.experts.after_mlp;
  }
  for (std::size_t i = 0; i < mixtures.size(); ++i) {
    parsed.layers[i].config = mixtures[i] ? mixture : layer;
  }
}

std::set<std::string> unused_keys(const Reading& reading) {
  std::set<std::string> unused(kUnusedKeys.begin(), kUnusedKeys.end());
  if (reading.config.has("layer_types")) {
    unused.insert("sliding_window_pattern");
  }
  if (reading.type.latent_attention) {
    unused.insert({"head_dim", "qk_head_dim"});  // which the sizes of their parts give
  }
  if (!reading.type.experts.has_dense_layers) {
    unused.insert("intermediate_size");
  }
  return unused;
}

/// What stands before the first layer and after the last.
void parse_ends(const Reading& reading, LanguageModelConfig& parsed) {
  const ConfigReader& config = reading.config;
  const Type& type = reading.type;
  parsed.vocab_size = config.size("vocab_size", kMaxVocabulary, type.vocab_size);
  parsed.tie_word_embeddings = config.flag("tie_word_embeddings", type.tie_word_embeddings);
  if (type.is_gemma) {
    parsed.embedding_multiplier = std::sqrt(static_cast<double>(parsed.hidden_size));
    if (config.has("final_logit_softcapping")) {
      parsed.logits_softcap = config.number("final_logit_softcapping", 1e-6, kMaxFactor);
    }
    config.demand_or_absent("use_bidirectional_attention", false);
  }
  if (type.is_hyperclovax) {
    parsed.embedding_multiplier = config.number("embedding_multiplier", 0, kMaxFactor, 1);
    parsed.logits_multiplier = config.number("logits_scaling", 0, kMaxFactor, 1);
  }
}

}  // namespace

std::vector<std::int64_t> parse_eos_ids(const Json& config, const std::string& origin,
                                        std::int64_t vocab_size) {
  constexpr const char* kKey = "eos_token_id";
  if (!config.contains(kKey) || config.at(kKey).is_null()) {
    return {};
  }
  const auto ids = config.at(kKey).is_array()
                       ? json_value<std::vector<std::int64_t>>(config, kKey, origin)
                       : std::vector{json_value<std::int64_t>(config, kKey, origin)};
  for (const auto id : ids) {
    require(id >= 0 && id < vocab_size, ErrorCode::corrupt_data,
            "{}: \"{}\" is {}, expected 0 to {}", origin, kKey, id, vocab_size - 1);
  }
  return ids;
}

LanguageModelConfig LanguageModelConfig::parse(const Json& json, const std::string& origin) {
  const auto name = json_value<std::string>(json, "model_type", origin);
  const ConfigReader config(json, origin);
  const Reading reading = {find_language_model_type(name, origin), config};
  const Type& type = reading.type;
  config.demand("model_type", name);
  LanguageModelConfig parsed;
  parsed.hidden_size = reading.hidden();
  parsed.rms_norm_eps = reading.eps();
  parsed.centered_norms = type.centered_norms;
  parsed.layers.resize(reading.layers());
  parse_ends(reading, parsed);
  parse_windows(reading, parsed);
  parse_rotations(reading, parsed);
  parse_layers(reading, parsed);
  parsed.eos_token_ids = parse_eos_ids(json, origin, parsed.vocab_size);
  if (!json.contains("eos_token_id") && type.eos_token_id >= 0 &&
      type.eos_token_id < parsed.vocab_size) {
    parsed.eos_token_ids = {type.eos_token_id};
  }
  config.refuse_unread(unused_keys(reading));

  parsed.unused_in_layers = {"self_attn.rotary_emb"};
  if (type.experts.count != nullptr) {
    if (type.experts.after_mlp != nullptr) {
      parsed.unused_in_layers.emplace_back(type.experts.after_mlp);
    }
    // Layers that guess further tokens.
    parsed.unused = {"mtp"};
    const auto further = config.id("num_nextn_predict_layers", kMaxLayers, 0);
    for (std::int64_t i = 0; i < further; ++i) {
      parsed.unused.push_back(fmt::format("layers.{}", reading.layers() + i));
    }
  }
  return parsed;
}

}  // namespace ogam

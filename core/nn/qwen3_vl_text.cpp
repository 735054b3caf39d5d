#include "core/nn/qwen3_vl_text.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>

#include "core/base/error.h"
#include "core/tensor/shape.h"

namespace ogam {

namespace {

constexpr std::int64_t kAxes = 3;  // time, row, column
constexpr std::int64_t kMaxVocabulary = 1 << 24;
constexpr std::int64_t kMaxSize = 1 << 17;
constexpr std::int64_t kMaxLayers = 512;
constexpr std::int64_t kMaxHeads = 1024;
constexpr std::int64_t kMaxPositions = 1 << 24;

/// Reads the rotary parameters from `rope_parameters`, or from `rope_scaling` and `rope_theta` of
/// earlier files.
void parse_rope(const ConfigReader& config, Qwen3VlTextConfig& parsed) {
  constexpr double kDefaultTheta = 500000;
  constexpr double kMaxTheta = 1e12;
  const auto earlier = config.section("rope_scaling");
  const auto current = config.section("rope_parameters");
  const auto& rope = config.has("rope_scaling") ? earlier : current;
  const auto theta = config.number("rope_theta", 1, kMaxTheta, kDefaultTheta);
  parsed.rope_theta = rope.number("rope_theta", 1, kMaxTheta, theta);
  rope.demand_or_absent<std::string>("type", "default");
  rope.demand_or_absent<std::string>("rope_type", "default");
  rope.demand_or_absent("mrope_interleaved", true);
  require(rope.has("mrope_section"), ErrorCode::unsupported,
          "{}: \"mrope_section\" is missing; it says which frequencies follow time, rows and "
          "columns, and cannot be guessed",
          rope.origin());
  const auto& section = parsed.mrope_section = rope.sizes("mrope_section", parsed.head_size / 2);
  rope.refuse_unread();
  const auto half = parsed.head_size / 2;
  // Frequency i of an axis lies at axis + 3 i, and must lie inside the head.
  require(section.size() == kAxes && std::accumulate(section.begin(), section.end(), 0L) == half &&
              1 + kAxes * (section[1] - 1) < half && 2 + kAxes * (section[2] - 1) < half,
          ErrorCode::corrupt_data,
          "{}: \"mrope_section\" must be three numbers that share out the {} frequencies of a head",
          rope.origin(), half);
}

}  // namespace

Qwen3VlTextConfig Qwen3VlTextConfig::parse(const ConfigReader& config) {
  Qwen3VlTextConfig parsed;
  config.demand_or_absent<std::string>("model_type", "qwen3_vl_text");
  parsed.vocab_size = config.size("vocab_size", kMaxVocabulary, 151936);
  parsed.hidden_size = config.size("hidden_size", kMaxSize, 4096);
  parsed.num_hidden_layers = config.size("num_hidden_layers", kMaxLayers, 32);
  parsed.max_position_embeddings = config.size("max_position_embeddings", kMaxPositions, 128000);
  parsed.rms_norm_eps = config.number("rms_norm_eps", 0, 1, 1e-6);
  parsed.head_size = config.size("head_dim", kMaxSize, 128);
  const auto activation = find_activation(config.text("hidden_act", "silu"), config.origin());
  const auto heads = config.size("num_attention_heads", kMaxHeads, 32);
  // Left out it has the class's default; null means as many as there are of queries.
  const bool is_stated = config.json().contains("num_key_value_heads");
  const bool has_bias = config.flag("attention_bias", false);
  parsed.layer = {
      .size = parsed.hidden_size,
      .attention =
          GroupedAttention::Config{.size = parsed.hidden_size,
                                   .heads = heads,
                                   .key_value_heads = config.size("num_key_value_heads", kMaxHeads,
                                                                  is_stated ? heads : 32),
                                   .head_size = parsed.head_size,
                                   .bias = has_bias,
                                   .out_bias = has_bias,
                                   .head_norms = true,
                                   .eps = parsed.rms_norm_eps},
      .mlp = GatedMlp::Config{.size = parsed.hidden_size,
                              .intermediate = config.size("intermediate_size", kMaxSize, 22016),
                              .activation = activation},
      .eps = parsed.rms_norm_eps};
  parse_rope(config, parsed);
  config.refuse_unread({"tie_word_embeddings"});  // the whole model's config has the say
  return parsed;
}

at::Tensor Qwen3VlTextConfig::rotary_axes() const {
  auto axes = at::zeros({head_size / 2}, at::kLong);
  for (std::int64_t axis = 1; axis < kAxes; ++axis) {
    axes.slice(0, axis, kAxes * mrope_section[axis], kAxes).fill_(axis);
  }
  return axes;
}

at::Tensor multimodal_positions(std::int64_t tokens, std::span<const VisualSpan> spans) {
  std::vector<at::Tensor> parts;
  std::int64_t token = 0;
  std::int64_t position = 0;
  const auto add_text = [&](std::int64_t end) {
    const auto count = end - token;
    parts.push_back(at::arange(position, position + count).expand({kAxes, count}));
    token = end;
    position += count;
  };
  for (const VisualSpan& span : spans) {
    const auto cells = span.rows * span.columns;
    require(
        span.start >= token && span.rows > 0 && span.columns > 0 && span.start + cells <= tokens,
        ErrorCode::invalid_argument,
        "a span of {} x {} visual tokens at token {} does not fit a sequence of {}", span.rows,
        span.columns, span.start, tokens);
    add_text(span.start);
    const auto rows = at::arange(span.rows).repeat_interleave(span.columns);
    const auto columns = at::arange(span.columns).repeat({span.rows});
    parts.push_back(at::stack({at::zeros_like(rows), rows, columns}) + position);
    token += cells;
    position += std::max(span.rows, span.columns);
  }
  add_text(tokens);
  return at::cat(parts, 1);
}

Qwen3VlText::Qwen3VlText(const Qwen3VlTextConfig& config, const WeightScope& weights)
    : config_(config),
      table_(weights.scope("embed_tokens"),
             {.count = config.vocab_size, .size = config.hidden_size, .as_stored = true}),
      norm_(weights.scope("norm"), {.size = config.hidden_size, .eps = config.rms_norm_eps}),
      frequencies_(rotary_frequencies(config.head_size, config.rope_theta)),
      axes_(config.rotary_axes()) {
  layers_.reserve(config.num_hidden_layers);
  for (std::int64_t i = 0; i < config.num_hidden_layers; ++i) {
    layers_.emplace_back(weights.scope("layers." + std::to_string(i)), config.layer);
  }
}

at::Tensor Qwen3VlText::embed(const at::Tensor& ids) const { return table_(ids); }

void Qwen3VlText::check(const Input& input) const {
  const auto& x = input.embeddings;
  require(x.dim() == 3 && x.size(1) > 0 && x.size(2) == config_.hidden_size,
          ErrorCode::invalid_argument, "embeddings must be [B, T, {}], got {}", config_.hidden_size,
          shape_string(x.sizes()));
  require(input.positions.sizes() == at::IntArrayRef({kAxes, x.size(0), x.size(1)}),
          ErrorCode::invalid_argument, "positions must be [{}, {}, {}], got {}", kAxes, x.size(0),
          x.size(1), shape_string(input.positions.sizes()));
  require(input.caches.empty() || input.caches.size() == layers_.size(),
          ErrorCode::invalid_argument, "{} caches for {} layers", input.caches.size(),
          layers_.size());
  const auto before = input.caches.empty() ? 0 : input.caches[0].length();
  require(before + x.size(1) <= config_.max_position_embeddings, ErrorCode::invalid_argument,
          "a sequence of {} tokens is longer than the model's {}", before + x.size(1),
          config_.max_position_embeddings);
  require(input.deepstack.size() <= layers_.size(), ErrorCode::invalid_argument,
          "features for {} layers of {}", input.deepstack.size(), layers_.size());
  for (const auto& features : input.deepstack) {
    require(
        input.visual_tokens.defined() &&
            features.sizes() == at::IntArrayRef({input.visual_tokens.size(0), config_.hidden_size}),
        ErrorCode::invalid_argument, "features of shape {} do not fit the visual tokens",
        shape_string(features.sizes()));
  }
}

at::Tensor Qwen3VlText::operator()(const Input& input) const {
  check(input);
  auto x = input.embeddings;
  const auto shape = x.sizes().vec();
  const auto before = input.caches.empty() ? 0 : input.caches[0].length();
  auto context = causal_context(x.size(1), before);
  context.rotation = rotation_at(input.positions, frequencies_, axes_);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    x = layers_[i](x, context, input.caches.empty() ? nullptr : &input.caches[i]);
    if (i < input.deepstack.size()) {
      x = x.flatten(0, 1).index_add(0, input.visual_tokens, input.deepstack[i]).view(shape);
    }
  }
  return norm_(x);
}

std::vector<KeyValueCache> Qwen3VlText::make_caches(std::int64_t batch,
                                                    std::int64_t capacity) const {
  std::vector<KeyValueCache> caches;
  caches.reserve(layers_.size());
  for (const DecoderLayer& layer : layers_) {
    caches.push_back(layer.make_cache(batch, capacity));
  }
  return caches;
}

at::Tensor last_tokens(const at::Tensor& tokens, std::span<const std::int64_t> lengths) {
  std::vector<at::Tensor> rows;
  rows.reserve(lengths.size());
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    rows.push_back(tokens[static_cast<std::int64_t>(i)][lengths[i] - 1]);
  }
  return at::stack(rows);
}

}  // namespace ogam

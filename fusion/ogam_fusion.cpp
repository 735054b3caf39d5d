#include "fusion/ogam_fusion.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/nn/attention.h"
#include "core/nn/config_reader.h"
#include "core/tensor/held_tensors.h"
#include "core/tensor/sharded_weights_writer.h"
#include "core/tensor/weight_source.h"
#include "fusion/mean_fusion.h"

namespace ogam {

namespace {

constexpr std::int64_t kMaxSize = 65536;
constexpr std::int64_t kMaxLayers = 512;
constexpr std::int64_t kMaxHeads = 1024;

/// Angles a second of each pair of channels, evenly spread on a logarithmic scale.
at::Tensor frequencies_of(const OgamFusionConfig& config) {
  const auto pairs = config.hidden_size / config.num_attention_heads / 2;
  const auto periods =
      at::logspace(std::log10(config.shortest_period), std::log10(config.longest_period), pairs);
  return 2 * std::numbers::pi / periods;
}

/// Every parameter's name and shape.
std::map<std::string, std::vector<std::int64_t>> shapes_of(const OgamFusionConfig& c) {
  const auto head = c.hidden_size / c.num_attention_heads;
  std::map<std::string, std::vector<std::int64_t>> shapes = {
      {"class_embedding", {c.hidden_size}},
      {"norm.weight", {c.hidden_size}},
      {"head.weight", {c.output_size, c.hidden_size}},
  };
  for (const FusionTower& tower : c.towers) {
    const auto prefix = fmt::format("towers.{}.", tower.name);
    shapes[prefix + "projection.weight"] = {c.hidden_size, tower.size};
    shapes[prefix + "projection.bias"] = {c.hidden_size};
    shapes[prefix + "modality_embedding"] = {c.hidden_size};
  }
  for (std::int64_t i = 0; i < c.num_hidden_layers; ++i) {
    const auto prefix = fmt::format("layers.{}.", i);
    for (const char* name : {"q_proj", "k_proj", "v_proj", "o_proj"}) {
      shapes[fmt::format("{}self_attn.{}.weight", prefix, name)] = {c.hidden_size, c.hidden_size};
    }
    for (const char* name : {"q_norm", "k_norm"}) {
      shapes[fmt::format("{}self_attn.{}.weight", prefix, name)] = {head};
    }
    for (const char* name : {"input_layernorm", "post_attention_layernorm"}) {
      shapes[fmt::format("{}{}.weight", prefix, name)] = {c.hidden_size};
    }
    for (const char* name : {"gate_proj", "up_proj"}) {
      shapes[fmt::format("{}mlp.{}.weight", prefix, name)] = {c.intermediate_size, c.hidden_size};
    }
    shapes[prefix + "mlp.down_proj.weight"] = {c.hidden_size, c.intermediate_size};
  }
  return shapes;
}

void save_model(const std::filesystem::path& folder, const OgamFusionConfig& config,
                const std::map<std::string, at::Tensor>& parameters) {
  std::filesystem::create_directories(folder);
  write_file_atomically(folder / "config.json", dump_json(config.to_json(), 2) + "\n");
  save_weights(folder, parameters);
}

}  // namespace

OgamFusionConfig OgamFusionConfig::parse(const Json& json, const std::string& origin) {
  const ConfigReader config(json, origin);
  config.demand<std::string>("model_type", "ogam_fusion");
  const OgamFusionConfig parsed = {
      .towers = parse_fusion_towers(json, origin),
      .hidden_size = config.size("hidden_size", kMaxSize),
      .num_hidden_layers = config.size("num_hidden_layers", kMaxLayers),
      .num_attention_heads = config.size("num_attention_heads", kMaxHeads),
      .intermediate_size = config.size("intermediate_size", kMaxSize),
      .output_size = config.size("output_size", kMaxSize),
      .matryoshka_sizes = config.has("matryoshka_sizes")
                              ? config.sizes("matryoshka_sizes", kMaxSize)
                              : std::vector<std::int64_t>(),
      .shortest_period = config.number("shortest_period", 1e-3, 1e6),
      .longest_period = config.number("longest_period", 1e-3, 1e6),
      .rms_norm_eps = config.number("rms_norm_eps", 1e-12, 1e-2),
  };
  config.refuse_unread({"towers"});
  require(parsed.hidden_size % (2 * parsed.num_attention_heads) == 0, ErrorCode::corrupt_data,
          "{}: {} attention heads do not divide hidden_size {} into even parts", origin,
          parsed.num_attention_heads, parsed.hidden_size);
  require(parsed.shortest_period < parsed.longest_period, ErrorCode::corrupt_data,
          "{}: \"shortest_period\" {} must be below \"longest_period\" {}", origin,
          parsed.shortest_period, parsed.longest_period);
  const auto& sizes = parsed.matryoshka_sizes;
  require(std::is_sorted(sizes.begin(), sizes.end(), std::less_equal<>()) &&
              (sizes.empty() || sizes.back() < parsed.output_size),
          ErrorCode::corrupt_data,
          "{}: \"matryoshka_sizes\" must ascend and be below \"output_size\" {}", origin,
          parsed.output_size);
  return parsed;
}

Json OgamFusionConfig::to_json() const {
  Json list = Json::array();
  for (const FusionTower& tower : towers) {
    list.push_back({{"name", tower.name}, {"size", tower.size}});
  }
  return {{"model_type", "ogam_fusion"},
          {"towers", list},
          {"hidden_size", hidden_size},
          {"num_hidden_layers", num_hidden_layers},
          {"num_attention_heads", num_attention_heads},
          {"intermediate_size", intermediate_size},
          {"output_size", output_size},
          {"matryoshka_sizes", matryoshka_sizes},
          {"shortest_period", shortest_period},
          {"longest_period", longest_period},
          {"rms_norm_eps", rms_norm_eps}};
}

OgamFusion::Tower::Tower(const WeightScope& weights, std::int64_t size, std::int64_t hidden_size)
    : projection(weights.scope("projection"), {.in = size, .out = hidden_size}),
      modality_embedding(weights.get("modality_embedding", {hidden_size})) {}

OgamFusion::Layer::Layer(const WeightScope& weights, const OgamFusionConfig& config)
    : heads(config.num_attention_heads),
      input_layernorm(weights.scope("input_layernorm"),
                      {.size = config.hidden_size, .eps = config.rms_norm_eps}),
      q_proj(weights.scope("self_attn").scope("q_proj"),
             {.in = config.hidden_size, .out = config.hidden_size, .bias = false}),
      k_proj(weights.scope("self_attn").scope("k_proj"),
             {.in = config.hidden_size, .out = config.hidden_size, .bias = false}),
      v_proj(weights.scope("self_attn").scope("v_proj"),
             {.in = config.hidden_size, .out = config.hidden_size, .bias = false}),
      o_proj(weights.scope("self_attn").scope("o_proj"),
             {.in = config.hidden_size, .out = config.hidden_size, .bias = false}),
      q_norm(weights.scope("self_attn").scope("q_norm"),
             {.size = config.hidden_size / heads, .eps = config.rms_norm_eps}),
      k_norm(weights.scope("self_attn").scope("k_norm"),
             {.size = config.hidden_size / heads, .eps = config.rms_norm_eps}),
      post_attention_layernorm(weights.scope("post_attention_layernorm"),
                               {.size = config.hidden_size, .eps = config.rms_norm_eps}),
      mlp(weights.scope("mlp"), {.size = config.hidden_size,
                                 .intermediate = config.intermediate_size,
                                 .activation = find_activation("silu", "ogam_fusion")}) {}

at::Tensor OgamFusion::Layer::operator()(const at::Tensor& x, const Rotation& rotation,
                                         const at::Tensor& mask) const {
  const auto normed = input_layernorm(x);
  const auto q = rotate_half(q_norm(split_heads(q_proj(normed), heads)), rotation);
  const auto k = rotate_half(k_norm(split_heads(k_proj(normed), heads)), rotation);
  const auto v = split_heads(v_proj(normed), heads);
  const auto attended = x + o_proj(attend(q, k, v, {.mask = mask}));
  return attended + mlp(post_attention_layernorm(attended));
}

OgamFusion::OgamFusion(const OgamFusionConfig& config, const WeightScope& weights)
    : config_(config),
      class_embedding_(weights.get("class_embedding", {config.hidden_size})),
      frequencies_(frequencies_of(config)),
      norm_(weights.scope("norm"), {.size = config.hidden_size, .eps = config.rms_norm_eps}),
      head_(weights.scope("head"),
            {.in = config.hidden_size, .out = config.output_size, .bias = false}) {
  for (const auto& [name, shape] : shapes_of(config)) {
    parameters_[name] = weights.get(name, shape);
  }
  for (const FusionTower& tower : config.towers) {
    towers_.emplace_back(weights.scope("towers").scope(tower.name), tower.size, config.hidden_size);
  }
  for (std::int64_t i = 0; i < config.num_hidden_layers; ++i) {
    layers_.emplace_back(weights.scope("layers").scope(std::to_string(i)), config);
  }
}

void OgamFusion::initialize(const std::filesystem::path& folder, const OgamFusionConfig& config,
                            std::uint64_t seed) {
  OgamFusionConfig::parse(config.to_json(), display_path(folder / "config.json"));
  const auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  std::map<std::string, at::Tensor> parameters;
  for (const auto& [name, shape] : shapes_of(config)) {
    if (name.ends_with("norm.weight")) {
      parameters[name] = at::ones(shape);
    } else if (name.ends_with(".bias")) {
      parameters[name] = at::zeros(shape);
    } else {
      // Of unit variance after a product over the last dimension.
      const double deviation = 1 / std::sqrt(static_cast<double>(shape.back()));
      parameters[name] = at::randn(shape, generator) * deviation;
    }
  }
  save_model(folder, config, parameters);
}

OgamFusion OgamFusion::open_for_training(const std::filesystem::path& folder) {
  const auto source = open_weights(folder);
  std::map<std::string, at::Tensor> tensors;
  for (const TensorInfo& info : source->tensors()) {
    tensors[info.name] = source->load(info.name).to(at::kFloat, false, /*copy=*/true);
    tensors[info.name].requires_grad_(true);
  }
  Checkpoint checkpoint(folder, std::make_unique<HeldTensors>(std::move(tensors)));
  OgamFusion model(OgamFusionConfig::parse(checkpoint.config(), checkpoint.origin()),
                   checkpoint.weights());
  checkpoint.finish();
  return model;
}

void OgamFusion::save(const std::filesystem::path& folder) const {
  std::map<std::string, at::Tensor> detached;
  for (const auto& [name, parameter] : parameters_) {
    detached[name] = parameter.detach();
  }
  save_model(folder, config_, detached);
}

OgamFusion::Output OgamFusion::forward(const Batch& batch) const {
  std::vector<at::Tensor> tokens = {
      class_embedding_.view({1, 1, -1}).expand({batch.size, 1, config_.hidden_size})};
  std::vector<at::Tensor> times = {at::zeros({batch.size, 1})};
  std::vector<at::Tensor> real = {at::ones({batch.size, 1}, at::kBool)};
  const RmsNorm to_unit_size(config_.rms_norm_eps);
  for (std::size_t i = 0; i < towers_.size(); ++i) {
    const auto given = batch.towers.find(config_.towers[i].name);
    if (given != batch.towers.end()) {
      const auto vectors = to_unit_size(given->second.vectors.to(class_embedding_.scalar_type()));
      tokens.push_back(towers_[i].projection(vectors) + towers_[i].modality_embedding);
      times.push_back(given->second.times.to(at::kFloat));
      real.push_back(given->second.real);
    }
  }
  auto x = at::cat(tokens, 1);  // [B, 1 + N, H]
  const auto rotation = rotation_at(at::cat(times, 1), frequencies_);
  const auto mask = key_mask(at::cat(real, 1));
  for (const Layer& layer : layers_) {
    x = layer(x, rotation, mask);
  }
  x = norm_(x);
  const auto vectors = head_(x.select(1, 0)).to(at::kFloat);
  return {vectors / vectors.norm(2, -1, /*keepdim=*/true).clamp_min(1e-12),
          x.narrow(1, 1, x.size(1) - 1)};
}

FusedSegment OgamFusion::fuse_segment(const FusionSegment& segment, const Given& given) const {
  Batch batch{.towers = {}, .size = 1};
  FusedSegment result;
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (given[i] == nullptr) {
      continue;
    }
    const auto& moments = given[i]->times;
    require_relatable(std::ssize(result.times) + std::ssize(moments));
    std::vector<double> seconds;
    seconds.reserve(moments.size());
    for (const Time time : moments) {
      seconds.push_back(to_seconds(time - segment.span.middle()));
    }
    result.times.insert(result.times.end(), moments.begin(), moments.end());
    batch.towers[config_.towers[i].name] = {
        given[i]->vectors.unsqueeze(0), at::tensor(seconds, at::kFloat).unsqueeze(0),
        at::ones({1, static_cast<std::int64_t>(moments.size())}, at::kBool)};
  }
  if (batch.towers.empty()) {
    return nothing_fused(config_.output_size, config_.hidden_size);
  }
  const auto output = forward(batch);
  result.vector = output.vectors[0];
  result.tokens = output.tokens[0].to(at::kFloat);
  return result;
}

}  // namespace ogam

#include "decoders/text/language_model.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <string>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/nn/rope.h"
#include "core/tensor/shape.h"

namespace ogam {

namespace {

/// The weights of all but the head.
WeightScope body_of(Checkpoint& checkpoint) {
  const auto prefixed = checkpoint.weights("model.");
  return prefixed.empty() ? checkpoint.weights() : prefixed;
}

std::vector<std::int64_t> eos_ids_of(const Checkpoint& checkpoint,
                                     const LanguageModelConfig& config) {
  const auto file = checkpoint.folder() / "generation_config.json";
  if (!std::filesystem::exists(file)) {
    return config.eos_token_ids;
  }
  const auto origin = display_path(file);
  const auto generation = read_json_file(file);
  require(generation.is_object(), ErrorCode::corrupt_data, "{} must be an object", origin);
  auto ids = parse_eos_ids(generation, origin, config.vocab_size);
  return ids.empty() ? config.eos_token_ids : ids;
}

/// Builds what a checkpoint's config.json asks for, where its weights could hold as much.
std::vector<DecoderLayer> make_layers(const WeightScope& weights, const LanguageModelConfig& config,
                                      const std::string& origin) {
  const auto scope = weights.scope("layers");
  // Before hundreds of layers are looked for tensor by tensor.
  require(!scope.scope(std::to_string(config.layers.size() - 1)).empty(), ErrorCode::corrupt_data,
          "{}: \"num_hidden_layers\" is {}, and the weights hold fewer layers; fetch the model "
          "again",
          origin, config.layers.size());
  std::vector<DecoderLayer> layers;
  layers.reserve(config.layers.size());
  for (std::size_t i = 0; i < config.layers.size(); ++i) {
    const auto layer = scope.scope(std::to_string(i));
    for (const auto& name : config.unused_in_layers) {
      layer.ignore(name);
    }
    layers.emplace_back(layer, config.layers[i].config);
  }
  return layers;
}

/// @param positions [T], [B, T], or [3, B, T] on several axes.
Rotation rotation_of(const RopeConfig& rope, const at::Tensor& positions) {
  constexpr std::int64_t kWithAxes = 3;
  auto rotation = positions.dim() == kWithAxes ? rotation_at(positions, rope.frequencies, rope.axes)
                                               : rotation_at(positions, rope.frequencies);
  if (rope.attention_factor != 1) {
    rotation = {rotation.cos * rope.attention_factor, rotation.sin * rope.attention_factor};
  }
  return rotation;
}

/// What the last T of sequences with padding see of themselves.
/// @param real [B, S] boolean; @param positions [B, S].
/// @return [B, 1, T, S].
at::Tensor padded_mask(const at::Tensor& real, const at::Tensor& positions, std::int64_t tokens,
                       const std::optional<std::int64_t>& window) {
  const auto keys = real.size(1);
  auto mask =
      at::ones({tokens, keys}, at::kBool).tril(keys - tokens).logical_and(real.unsqueeze(1));
  if (window) {
    const auto distance =
        positions.slice(1, keys - tokens).unsqueeze(2) - positions.unsqueeze(1);  // [B, T, S]
    mask = mask.logical_and(distance < *window);
  }
  return mask.unsqueeze(1);
}

}  // namespace

EmbeddedTokens EmbeddedTokens::slice(std::int64_t start, std::int64_t count) const {
  EmbeddedTokens part = {.embeddings = embeddings.narrow(1, start, count)};
  if (positions.defined()) {
    part.positions = positions.narrow(2, start, count);
  }
  for (const auto& features : added) {
    part.added.push_back(features.narrow(1, start, count));
  }
  return part;
}

void LanguageModelCache::truncate(std::int64_t length) {
  for (auto& layer : layers_) {
    layer.truncate(length);
  }
  if (real_.defined()) {
    real_ = real_.slice(1, 0, length);
  }
  if (furthest_.defined()) {
    // Where nothing is left, a token comes next after the one before it again.
    furthest_ = length > 0 ? furthest_.slice(1, 0, length) : at::Tensor();
  }
}

void LanguageModelCache::reserve(std::int64_t capacity) {
  for (auto& layer : layers_) {
    layer.reserve(capacity);
  }
}

LanguageModel::LanguageModel(Checkpoint& checkpoint)
    : LanguageModel(checkpoint,
                    LanguageModelConfig::parse(checkpoint.config(), checkpoint.origin()),
                    {.body = body_of(checkpoint), .head = checkpoint.weights("lm_head.")}) {
  for (const auto& name : config_.unused) {
    checkpoint.weights().ignore(name);
  }
  checkpoint.finish();
}

LanguageModel::LanguageModel(const Checkpoint& checkpoint, LanguageModelConfig config,
                             const Places& places)
    : config_(std::move(config)),
      eos_token_ids_(eos_ids_of(checkpoint, config_)),
      table_(places.body.scope("embed_tokens"),
             {.count = config_.vocab_size, .size = config_.hidden_size, .as_stored = true}),
      layers_(make_layers(places.body, config_, checkpoint.origin())),
      norm_(places.body.scope("norm"), {.size = config_.hidden_size,
                                        .eps = config_.rms_norm_eps,
                                        .centered = config_.centered_norms}),
      head_(config_.tie_word_embeddings ? places.body.scope("embed_tokens") : places.head,
            {.in = config_.hidden_size, .out = config_.vocab_size, .bias = false}) {
  if (config_.tie_word_embeddings) {
    places.head.ignore("weight");  // some files repeat the table there
  }
  for (const auto& name : config_.unused) {
    places.body.ignore(name);
  }
}

void LanguageModel::check(const Input& input) const {
  const bool is_embedded = input.embedded != nullptr;
  require(is_embedded != input.ids.defined(), ErrorCode::invalid_argument,
          "either ids or embedded tokens are read");
  const auto& given = is_embedded ? input.embedded->embeddings : input.ids;
  require(is_embedded || (given.dim() == 2 && given.size(0) > 0 && given.size(1) > 0),
          ErrorCode::invalid_argument, "ids must be [B, T] with at least one, got {}",
          shape_string(given));
  require(!is_embedded || (given.dim() == 3 && given.size(0) > 0 && given.size(1) > 0 &&
                           given.size(2) == config_.hidden_size),
          ErrorCode::invalid_argument, "embeddings must be [B, T, {}] with at least one, got {}",
          config_.hidden_size, shape_string(given));
  const auto slots = given.sizes().slice(0, 2);
  if (is_embedded) {
    const auto& [embeddings, positions, added] = *input.embedded;
    require(!positions.defined() ||
                (config_.full.rope && config_.full.rope->axes.defined() && positions.dim() == 3 &&
                 positions.size(0) == 3 && positions.sizes().slice(1) == slots),
            ErrorCode::invalid_argument, "positions must be [3, B, T] of a model that has axes");
    require(added.size() <= layers_.size() &&
                std::all_of(added.begin(), added.end(),
                            [&](const auto& x) { return x.sizes() == given.sizes(); }),
            ErrorCode::invalid_argument,
            "what is added after a layer must be as large as the embeddings {}, for at most {} "
            "layers",
            shape_string(given), layers_.size());
  }
  require(!input.real || (input.real->scalar_type() == at::kBool && input.real->sizes() == slots),
          ErrorCode::invalid_argument, "the mask of tokens {} must be boolean [B, T], got {}",
          shape_string(given), shape_string(input.real.value_or(given)));
  require(!input.real || !input.last_only || input.real->any(1).all().item<bool>(),
          ErrorCode::invalid_argument,
          "the logits of the last tokens were asked for, and a sequence has none");
  require(input.cache == nullptr || input.cache->layers_.size() == layers_.size(),
          ErrorCode::invalid_argument, "a cache of another model was given");
}

LanguageModel::Context LanguageModel::context_of(const Input& input, std::int64_t batch,
                                                 std::int64_t tokens) const {
  const auto* const cache = input.cache;
  const auto before = cache == nullptr ? 0 : cache->length();
  const bool was_padded = cache != nullptr && cache->real_.defined();
  const bool is_padded = was_padded || (input.real && !input.real->all().item<bool>());
  Context context;
  at::Tensor places;  // of real tokens among real tokens: [B, before + T], or [before + T]
  if (is_padded) {
    const auto all = [&](std::int64_t count) { return at::ones({batch, count}, at::kBool); };
    context.real = at::cat(
        {was_padded ? cache->real_ : all(before), input.real ? *input.real : all(tokens)}, 1);
    places = context.real.cumsum(1) - 1;
    const auto none_before = places.clamp_min(0);
    for (auto [part, kind] :
         {std::pair(&context.full, &config_.full), std::pair(&context.sliding, &config_.sliding)}) {
      part->attention.mask = padded_mask(context.real, none_before, tokens, kind->window);
    }
  } else {
    context.full = causal_context(tokens, before);
    context.sliding = causal_context(tokens, before, config_.sliding.window);
    places = at::arange(before + tokens);
  }
  auto positions = places.slice(-1, before).clamp_min(0);
  const bool was_moved = cache != nullptr && cache->furthest_.defined();
  const bool is_placed = input.embedded != nullptr && input.embedded->positions.defined();
  if (was_moved || is_placed) {
    const auto real = is_padded ? context.real : at::ones({batch, before + tokens}, at::kBool);
    const auto earlier =
        was_moved ? cache->furthest_ : places.slice(-1, 0, before).expand({batch, before});
    if (is_placed) {
      positions = input.embedded->positions;
    } else {
      // Text goes on after what came before, wherever that went.
      const auto next = earlier.amax(1, /*keepdim=*/true) + 1;
      positions = next + (real.slice(1, before).cumsum(1) - 1).clamp_min(0);
    }
    const auto reached = is_placed ? positions.amax(0) : positions;
    context.furthest = at::cat({earlier, reached}, 1).masked_fill(real.logical_not(), -1);
  }
  const auto longest = positions.max().item<std::int64_t>() + 1;
  require(longest <= config_.context_length, ErrorCode::invalid_argument,
          "a sequence of {} tokens is longer than the model's context of {}", longest,
          config_.context_length);
  if (config_.full.rope) {
    context.full.rotation = rotation_of(*config_.full.rope, positions);
  }
  if (config_.sliding.rope) {
    context.sliding.rotation = rotation_of(*config_.sliding.rope, positions);
  }
  return context;
}

at::Tensor LanguageModel::states(const Input& input) const {
  check(input);
  auto x = input.embedded != nullptr ? input.embedded->embeddings : table_(input.ids);  // [B, T, D]
  const auto batch = x.size(0);
  const auto tokens = x.size(1);
  const auto context = context_of(input, batch, tokens);
  if (config_.embedding_multiplier != 1) {
    // The multiplier is rounded to the precision too, as in training.
    x = x * at::full({}, config_.embedding_multiplier, at::kFloat).to(x.scalar_type());
  }
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    x = layers_[i](x, config_.layers[i].is_sliding ? context.sliding : context.full,
                   input.cache == nullptr ? nullptr : &input.cache->layers_[i]);
    if (input.embedded != nullptr && i < input.embedded->added.size()) {
      x = x + input.embedded->added[i];
    }
  }
  if (input.cache != nullptr) {
    input.cache->real_ = context.real;
    input.cache->furthest_ = context.furthest;
  }
  if (input.last_only) {
    auto last = at::full({batch}, tokens - 1, at::kLong);
    if (input.real) {
      last = (input.real->to(at::kLong) * at::arange(tokens)).argmax(1);
    }
    x = x.gather(1, last.view({-1, 1, 1}).expand({-1, 1, x.size(2)})).squeeze(1);  // [B, D]
  }
  return norm_(x);
}

at::Tensor LanguageModel::forward(const Input& input) const {
  auto logits = head_(states(input)).to(at::kFloat);
  if (config_.logits_multiplier != 1) {
    logits = logits * config_.logits_multiplier;
  }
  if (config_.logits_softcap) {
    logits = (logits / *config_.logits_softcap).tanh() * *config_.logits_softcap;
  }
  return logits;
}

LanguageModelCache LanguageModel::make_cache(std::int64_t batch, std::int64_t capacity) const {
  require(batch > 0 && capacity > 0, ErrorCode::invalid_argument,
          "a cache for {} sequences of {} tokens was asked for", batch, capacity);
  std::vector<KeyValueCache> layers;
  layers.reserve(layers_.size());
  for (const DecoderLayer& layer : layers_) {
    layers.push_back(layer.make_cache(batch, capacity));
  }
  return LanguageModelCache(std::move(layers));
}

}  // namespace ogam

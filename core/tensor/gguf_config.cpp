#include "core/tensor/gguf_config.h"

#include <ATen/ATen.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"

namespace ogam {

namespace {

/// The file being read: its keys, below the name of its architecture.
struct Reading {
  const GgufMetadata& keys;
  const WeightSource& tensors;
  const std::string& origin;
  std::string architecture;

  std::string key(std::string_view name) const { return fmt::format("{}.{}", architecture, name); }
  bool has(std::string_view name) const { return keys.contains(key(name)); }
  std::int64_t whole(std::string_view name) const { return keys.value<std::int64_t>(key(name)); }
  std::int64_t whole_or(std::string_view name, std::int64_t fallback) const {
    return keys.value_or<std::int64_t>(key(name), fallback);
  }
  double number_or(std::string_view name, double fallback) const {
    return keys.value_or<double>(key(name), fallback);
  }
  /// The shape of a tensor, or nothing.
  const std::vector<std::int64_t>* shape(std::string_view tensor) const {
    const auto& infos = tensors.tensors();
    const auto found = std::find_if(infos.begin(), infos.end(),
                                    [&](const TensorInfo& info) { return info.name == tensor; });
    return found == infos.end() ? nullptr : &found->shape;
  }
};

/// Keys below the architecture's name that are read, or that repeat what the tensors say or what
/// has no part in computing.
constexpr std::array<std::string_view, 21> kKnownKeys = {
    "attention.head_count",
    "attention.head_count_kv",
    "attention.key_length",
    "attention.layer_norm_rms_epsilon",
    "attention.sliding_window",
    "attention.value_length",
    "block_count",
    "context_length",
    "embedding_length",
    "feed_forward_length",
    "pooling_type",
    "rope.dimension_count",
    "rope.freq_base",
    "rope.freq_base_swa",
    "rope.scale_linear",
    "rope.scaling.factor",
    "rope.scaling.finetuned",
    "rope.scaling.original_context_length",
    "rope.scaling.type",
    "tensor_data_layout",
    "vocab_size",
};

void refuse_unknown_keys(const Reading& reading) {
  std::vector<std::string> unknown;
  const auto prefix = reading.architecture + ".";
  for (const auto& key : reading.keys.keys()) {
    if (key.starts_with(prefix) &&
        std::find(kKnownKeys.begin(), kKnownKeys.end(),
                  std::string_view(key).substr(prefix.size())) == kKnownKeys.end()) {
      unknown.push_back(key);
    }
  }
  require(unknown.empty(), ErrorCode::unsupported,
          "{}: what the keys {} mean is not implemented; put the config.json and the tokenizer's "
          "files of the model beside it that it was made from",
          reading.origin, fmt::join(unknown, ", "));
}

/// Tokens that end a turn, which files need not name beside the one that ends a text.
constexpr std::array<std::string_view, 6> kEndTokens = {"<|im_end|>", "<|endoftext|>", "<|eot_id|>",
                                                        "<|eom_id|>", "<end_of_turn>", "<|end|>"};

void add_special_tokens(const Reading& reading, Json& config) {
  const auto& keys = reading.keys;
  for (const auto& [theirs, ours] :
       {std::pair("tokenizer.ggml.bos_token_id", "bos_token_id"),
        std::pair("tokenizer.ggml.padding_token_id", "pad_token_id")}) {
    if (keys.contains(theirs)) {
      config[ours] = keys.value<std::int64_t>(theirs);
    }
  }
  std::vector<std::int64_t> ends;
  const auto add = [&](std::int64_t id) {
    if (std::find(ends.begin(), ends.end(), id) == ends.end()) {
      ends.push_back(id);
    }
  };
  for (const auto* const key : {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id",
                                "tokenizer.ggml.eom_token_id"}) {
    if (keys.contains(key)) {
      add(keys.value<std::int64_t>(key));
    }
  }
  if (keys.contains("tokenizer.ggml.tokens") && keys.contains("tokenizer.ggml.token_type")) {
    constexpr std::int64_t kControl = 3;
    const auto tokens = keys.value<std::vector<std::string>>("tokenizer.ggml.tokens");
    const auto types = keys.value<std::vector<std::int64_t>>("tokenizer.ggml.token_type");
    for (std::size_t id = 0; id < std::min(tokens.size(), types.size()); ++id) {
      if (types[id] == kControl &&
          std::find(kEndTokens.begin(), kEndTokens.end(), tokens[id]) != kEndTokens.end()) {
        add(static_cast<std::int64_t>(id));
      }
    }
  }
  if (!ends.empty()) {
    config["eos_token_id"] = ends;
  }
}

/// Llama 3's stretching, of which the file keeps the divisor of every frequency alone. Its
/// published parameters, with the factor that the divisors show, must give these divisors.
Json llama3_scaling(const Reading& reading, std::int64_t head_size, double theta) {
  constexpr double kLow = 1;
  constexpr double kHigh = 4;
  constexpr double kOriginal = 8192;
  const auto divisors = reading.tensors.load("rope_freqs.weight").to(at::kDouble).flatten();
  require(divisors.numel() > 0 && divisors.numel() * 2 == head_size, ErrorCode::corrupt_data,
          "{}: rope_freqs has {} numbers for heads of size {}", reading.origin, divisors.numel(),
          head_size);
  const auto factor = divisors.max().item<double>();
  const auto steps = at::arange(0, head_size, 2, at::kDouble) / static_cast<double>(head_size);
  const auto turns = at::pow(theta, -steps) * (kOriginal / (2 * std::numbers::pi));
  const auto kept = ((turns - kLow) / (kHigh - kLow)).clamp(0, 1);
  const auto expected = 1 / ((1 - kept) / factor + kept);
  require(at::allclose(divisors, expected, /*rtol=*/1e-3), ErrorCode::unsupported,
          "{}: rope_freqs stretches positions in another way than Llama 3; put the model's "
          "config.json beside it",
          reading.origin);
  return {{"rope_type", "llama3"},
          {"factor", factor},
          {"low_freq_factor", kLow},
          {"high_freq_factor", kHigh},
          {"original_max_position_embeddings", static_cast<std::int64_t>(kOriginal)}};
}

void add_rope(const Reading& reading, std::int64_t head_size, Json& config) {
  constexpr double kUsualTheta = 10000;
  const auto theta = reading.number_or("rope.freq_base", kUsualTheta);
  config["rope_theta"] = theta;
  const auto turned = reading.whole_or("rope.dimension_count", head_size);
  require(turned == head_size, ErrorCode::unsupported,
          "{}: {} of the {} channels of a head are turned, which is not implemented",
          reading.origin, turned, head_size);
  const auto type = reading.keys.value_or<std::string>(
      reading.key("rope.scaling.type"), reading.has("rope.scale_linear") ? "linear" : "none");
  if (type == "linear" || type == "yarn") {
    config["rope_scaling"] = {
        {"rope_type", type},
        {"factor",
         reading.number_or("rope.scaling.factor", reading.number_or("rope.scale_linear", 1.0))}};
    if (reading.has("rope.scaling.original_context_length")) {
      config["rope_scaling"]["original_max_position_embeddings"] =
          reading.whole("rope.scaling.original_context_length");
    }
  } else {
    require(type == "none", ErrorCode::unsupported,
            "{}: positions stretched as '{}' are not implemented", reading.origin, type);
  }
  if (reading.shape("rope_freqs.weight") != nullptr) {
    require(type == "none", ErrorCode::unsupported, "{}: positions are stretched in two ways",
            reading.origin);
    config["rope_scaling"] = llama3_scaling(reading, head_size, theta);
  }
}

void add_nothing(const Reading& /*reading*/, Json& /*config*/) {}

void add_llama(const Reading& reading, Json& config) {
  config["attention_bias"] = reading.shape("blk.0.attn_q.bias") != nullptr;
  config["mlp_bias"] = reading.shape("blk.0.ffn_up.bias") != nullptr;
}

void add_gemma3(const Reading& reading, Json& config) {
  // The layers of the one size whose scores are scaled by the width of all heads.
  constexpr std::int64_t kLayersOf27B = 62;
  const auto heads = config["num_attention_heads"].get<std::int64_t>();
  config["query_pre_attn_scalar"] = reading.whole("block_count") == kLayersOf27B
                                        ? reading.whole("embedding_length") / heads
                                        : config["head_dim"].get<std::int64_t>();
  config["sliding_window"] = reading.whole("attention.sliding_window");
  constexpr double kWindowTheta = 10000;
  config["rope_local_base_freq"] = reading.number_or("rope.freq_base_swa", kWindowTheta);
}

struct ArchitectureRow {
  std::string_view name;
  std::string_view model_type;
  std::string_view transformers_class;
  void (*add)(const Reading& reading, Json& config);
};

constexpr std::array kArchitectures = {
    ArchitectureRow{"qwen2", "qwen2", "Qwen2ForCausalLM", &add_nothing},
    ArchitectureRow{"qwen3", "qwen3", "Qwen3ForCausalLM", &add_nothing},
    ArchitectureRow{"llama", "llama", "LlamaForCausalLM", &add_llama},
    ArchitectureRow{"gemma3", "gemma3_text", "Gemma3ForCausalLM", &add_gemma3},
};

/// Channels of a head. Values have as many as keys in all of these models.
std::int64_t head_size_of(const Reading& reading, std::int64_t heads) {
  const auto usual = reading.whole("embedding_length") / heads;
  const auto size = reading.whole_or("attention.key_length", usual);
  require(reading.whole_or("attention.value_length", size) == size, ErrorCode::unsupported,
          "{}: values of another size than keys are not implemented", reading.origin);
  return size;
}

}  // namespace

Json config_of_gguf(const GgufMetadata& keys, const WeightSource& tensors,
                    const std::string& origin) {
  const Reading reading{keys, tensors, origin, keys.value<std::string>("general.architecture")};
  const auto* const row =
      std::find_if(kArchitectures.begin(), kArchitectures.end(),
                   [&](const ArchitectureRow& r) { return r.name == reading.architecture; });
  require(row != kArchitectures.end(), ErrorCode::not_found,
          "{}: a GGUF file of the architecture '{}' needs config.json and the tokenizer's files of "
          "the model beside it that it was made from",
          origin, reading.architecture);
  refuse_unknown_keys(reading);
  const auto* const table = reading.shape("token_embd.weight");
  require(table != nullptr && table->size() == 2, ErrorCode::corrupt_data,
          "{} has no table token_embd.weight", origin);
  const auto heads = reading.whole("attention.head_count");
  require(heads > 0, ErrorCode::corrupt_data, "{}: {} is {}, expected a positive number", origin,
          reading.key("attention.head_count"), heads);
  const auto head_size = head_size_of(reading, heads);
  Json config = {
      {"model_type", row->model_type},
      {"architectures", Json::array({row->transformers_class})},
      {"vocab_size", table->front()},
      {"hidden_size", reading.whole("embedding_length")},
      {"intermediate_size", reading.whole("feed_forward_length")},
      {"num_hidden_layers", reading.whole("block_count")},
      {"num_attention_heads", heads},
      {"num_key_value_heads", reading.whole_or("attention.head_count_kv", heads)},
      {"head_dim", head_size},
      {"max_position_embeddings", reading.whole("context_length")},
      {"rms_norm_eps", reading.keys.value<double>(reading.key("attention.layer_norm_rms_epsilon"))},
      {"tie_word_embeddings", reading.shape("output.weight") == nullptr},
  };
  add_rope(reading, head_size, config);
  add_special_tokens(reading, config);
  row->add(reading, config);
  return config;
}

}  // namespace ogam

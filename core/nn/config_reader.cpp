#include "core/nn/config_reader.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace ogam {

namespace {

/// Keys that every transformers configuration may have and that no forward pass depends on.
constexpr std::array<std::string_view, 73> kHarmlessKeys = {
    "_attn_implementation_autoset",
    "_commit_hash",
    "_name_or_path",
    "architectures",
    "attention_dropout",
    "attention_probs_dropout_prob",
    "auto_map",
    "bad_words_ids",
    "begin_suppress_tokens",
    "bos_token_id",
    "chunk_size_feed_forward",
    "classifier_dropout",
    "cls_token_id",
    "cross_attention_hidden_size",
    "decoder_start_token_id",
    "diversity_penalty",
    "do_sample",
    "dropout",
    "dtype",
    "early_stopping",
    "embedding_dropout",
    "encoder_no_repeat_ngram_size",
    "eos_token_id",
    "exponential_decay_length_penalty",
    "finetuning_task",
    "forced_bos_token_id",
    "forced_decoder_ids",
    "forced_eos_token_id",
    "gradient_checkpointing",
    "hidden_dropout_prob",
    "id2label",
    "initializer_factor",
    "initializer_range",
    "is_composition",
    "is_encoder_decoder",
    "label2id",
    "length_penalty",
    "logit_scale_init_value",
    "mask_token_id",
    "matryoshka_dimensions",
    "max_length",
    "min_length",
    "mlp_dropout",
    "no_repeat_ngram_size",
    "num_beam_groups",
    "num_beams",
    "num_return_sequences",
    "output_attentions",
    "output_hidden_states",
    "output_past",
    "output_scores",
    "pad_token_id",
    "prefix",
    "problem_type",
    "pruned_heads",
    "remove_invalid_values",
    "repetition_penalty",
    "return_dict",
    "return_dict_in_generate",
    "sep_token_id",
    "suppress_tokens",
    "task_specific_params",
    "temperature",
    "tf_legacy_loss",
    "tokenizer_class",
    "top_k",
    "top_p",
    "torch_dtype",
    "torchscript",
    "transformers_version",
    "typical_p",
    "use_bfloat16",
    "use_cache",
};

bool is_harmless(std::string_view key) {
  return std::find(kHarmlessKeys.begin(), kHarmlessKeys.end(), key) != kHarmlessKeys.end();
}

}  // namespace

bool ConfigReader::has(const std::string& key) const {
  return config_.is_object() && config_.contains(key) && !config_.at(key).is_null();
}

std::int64_t ConfigReader::size(const std::string& key, std::int64_t limit,
                                std::optional<std::int64_t> fallback) const {
  return checked(key, read<std::int64_t>(key, fallback), limit);
}

std::int64_t ConfigReader::id(const std::string& key, std::int64_t count,
                              std::optional<std::int64_t> fallback) const {
  const auto value = read<std::int64_t>(key, fallback);
  require(value >= 0 && value < count, ErrorCode::corrupt_data,
          "{}: \"{}\" is {}, expected 0 to {}", origin_, key, value, count - 1);
  return value;
}

std::vector<std::int64_t> ConfigReader::sizes(const std::string& key, std::int64_t limit) const {
  auto values = read<std::vector<std::int64_t>>(key, {});
  checked(key, static_cast<std::int64_t>(values.size()), limit);
  for (const auto value : values) {
    checked(key, value, limit);
  }
  return values;
}

std::int64_t ConfigReader::square(const std::string& key, std::int64_t limit,
                                  std::int64_t fallback) const {
  if (!has(key) || !config_.at(key).is_array()) {
    return size(key, limit, fallback);
  }
  const auto sides = sizes(key, limit);
  require(sides.size() == 2 && sides[0] == sides[1], ErrorCode::unsupported,
          "{}: \"{}\" must be a number or a list of twice the same; only squares are implemented",
          origin_, key);
  return sides[0];
}

std::vector<std::int64_t> ConfigReader::indexes(const std::string& key, std::int64_t limit,
                                                const std::vector<std::int64_t>& fallback) const {
  auto values = read<std::vector<std::int64_t>>(key, fallback);
  std::int64_t lowest = 0;
  for (const auto value : values) {
    require(value >= lowest && value < limit, ErrorCode::corrupt_data,
            "{}: \"{}\" holds {}, expected numbers in rising order below {}", origin_, key, value,
            limit);
    lowest = value + 1;
  }
  return values;
}

double ConfigReader::number(const std::string& key, double low, double high,
                            std::optional<double> fallback) const {
  const auto value = read<double>(key, fallback);
  require(value >= low && value <= high, ErrorCode::corrupt_data,
          "{}: \"{}\" is {}, expected {} to {}", origin_, key, value, low, high);
  return value;
}

bool ConfigReader::flag(const std::string& key, bool fallback) const {
  return read<bool>(key, fallback);
}

std::string ConfigReader::text(const std::string& key, const std::string& fallback) const {
  return read<std::string>(key, fallback);
}

std::vector<std::string> ConfigReader::texts(const std::string& key, std::int64_t limit) const {
  auto values = read<std::vector<std::string>>(key, {});
  checked(key, static_cast<std::int64_t>(values.size()), limit);
  return values;
}

ConfigReader ConfigReader::section(const std::string& key) const {
  static const Json kEmpty = Json::object();
  read_.insert(key);
  if (!has(key)) {
    return {kEmpty, fmt::format("{}: \"{}\"", origin_, key)};
  }
  const Json& value = config_.at(key);
  require(value.is_object(), ErrorCode::corrupt_data, "{}: \"{}\" must be an object", origin_, key);
  return {value, fmt::format("{}: \"{}\"", origin_, key)};
}

void ConfigReader::refuse_unread(const std::set<std::string>& ignored) const {
  std::vector<std::string> unread;
  for (const auto& [key, value] : config_.items()) {
    if (!value.is_null() && !read_.contains(key) && !ignored.contains(key) && !is_harmless(key)) {
      unread.push_back(key);
    }
  }
  require(unread.empty(), ErrorCode::unsupported,
          "{}: not implemented, and perhaps of consequence: {}", origin_, fmt::join(unread, ", "));
}

std::int64_t ConfigReader::checked(const std::string& key, std::int64_t value,
                                   std::int64_t limit) const {
  require(value >= 1 && value <= limit, ErrorCode::corrupt_data,
          "{}: \"{}\" is {}, expected 1 to {}", origin_, key, value, limit);
  return value;
}

}  // namespace ogam

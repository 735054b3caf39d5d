#include "encoders/text/use_multilingual.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/nn/config_reader.h"
#include "core/nn/normalize_rows.h"
#include "core/text/unicode.h"

namespace ogam {

namespace {

constexpr std::size_t kMaxTokens = 8192;    // of one text
constexpr std::size_t kBatchTokens = 1024;  // enough for the products to be bound by arithmetic
constexpr std::int64_t kMaxWidth = 16384;

std::int64_t joined_size(const UseMultilingualConfig& config) {
  return config.hidden_size +
         static_cast<std::int64_t>(config.ngram_sizes.size()) * config.branch_size;
}

std::int32_t token_id(const ConfigReader& config, const std::string& key, std::int64_t vocab_size) {
  return static_cast<std::int32_t>(config.number(key, 0, static_cast<double>(vocab_size - 1)));
}

}  // namespace

UseMultilingualConfig UseMultilingualConfig::parse(const Json& json, const std::string& origin) {
  const ConfigReader config(json, origin);
  UseMultilingualConfig parsed = {
      .vocab_size = config.size("vocab_size", 10'000'000),
      .hidden_size = config.size("hidden_size", kMaxWidth),
      .branch_size = config.size("branch_size", kMaxWidth),
      .ngram_sizes = config.sizes("ngram_sizes", 16),
      .left_contexts = json_value<std::vector<std::int64_t>>(json, "left_contexts", origin),
      .head_size = config.size("head_size", kMaxWidth),
      .layer_norm_eps = config.number("layer_norm_eps", 0, 1),
  };
  parsed.unk_token_id = token_id(config, "unk_token_id", parsed.vocab_size);
  parsed.bos_token_id = token_id(config, "bos_token_id", parsed.vocab_size);
  parsed.eos_token_id = token_id(config, "eos_token_id", parsed.vocab_size);
  require(std::equal(parsed.left_contexts.begin(), parsed.left_contexts.end(),
                     parsed.ngram_sizes.begin(), parsed.ngram_sizes.end(),
                     [](std::int64_t left, std::int64_t size) { return left >= 0 && left < size; }),
          ErrorCode::corrupt_data,
          "{}: \"left_contexts\" must have one entry for each of \"ngram_sizes\", from 0 to the "
          "size - 1",
          origin);
  return parsed;
}

UseMultilingual::NgramConvolution UseMultilingual::load_convolution(const WeightScope& weights,
                                                                    std::int64_t width,
                                                                    std::int64_t ngram_size) {
  // [out, in, place] in the file; rows of an n-gram are joined place by place.
  const auto weight = weights.get("weight", {width, width, ngram_size});
  return {weight.transpose(1, 2).reshape({width, ngram_size * width}),
          weights.get("bias", {width})};
}

UseMultilingual::UseMultilingual(const UseMultilingualConfig& config, const WeightScope& weights,
                                 SentencePieceTokenizer tokenizer)
    : config_(config),
      tokenizer_(std::move(tokenizer)),
      embedding_(weights.get_stored("embedding.weight", {config.vocab_size, config.hidden_size})),
      norm_(weights.scope("norm"), {.size = joined_size(config), .eps = config.layer_norm_eps}),
      output_(weights.scope("output"), {.in = joined_size(config), .out = config.hidden_size}),
      dense0_(weights.scope("head.dense0"),
              {.in = config.hidden_size, .out = config.head_size, .bias = false}),
      dense1_(weights.scope("head.dense1"),
              {.in = config.head_size, .out = config.head_size, .bias = false}),
      skip1_(weights.scope("head.skip1"),
             {.in = config.hidden_size, .out = config.head_size, .bias = false}),
      dense2_(weights.scope("head.dense2"),
              {.in = config.head_size, .out = config.hidden_size, .bias = false}),
      skip3_(weights.scope("head.skip3"),
             {.in = config.head_size, .out = config.hidden_size, .bias = false}),
      dense3_(weights.scope("head.dense3"),
              {.in = config.hidden_size, .out = config.hidden_size, .bias = false}) {
  require(tokenizer_.vocabulary_size() <= config.vocab_size, ErrorCode::corrupt_data,
          "tokenizer.model has {} pieces, config.json a vocab_size of {}: they belong to different "
          "models",
          tokenizer_.vocabulary_size(), config.vocab_size);
  for (std::size_t i = 0; i < config.ngram_sizes.size(); ++i) {
    const auto branch = weights.scope("branches").scope(std::to_string(i));
    const auto size = config.ngram_sizes[i];
    const auto left = config.left_contexts[i];
    const auto width = config.branch_size;
    branches_.push_back(
        {.ngram_size = size,
         .left_context = left,
         .projection = Linear(branch.scope("projection"),
                              {.in = config.hidden_size, .out = config.branch_size}),
         .norm = LayerNorm(branch.scope("norm"), {.size = width, .eps = config.layer_norm_eps}),
         .conv1 = load_convolution(branch.scope("conv1"), width, size),
         .conv2 = load_convolution(branch.scope("conv2"), width, size)});
    gap_ = std::max({gap_, left, size - 1 - left});
  }
}

std::vector<EncoderOutputInfo> UseMultilingual::outputs() const {
  return {{"embedding", static_cast<int>(config_.hidden_size)}};
}

at::Tensor UseMultilingual::Branch::convolve(const at::Tensor& x,
                                             const NgramConvolution& convolution) const {
  const auto right_context = ngram_size - 1 - left_context;
  const auto ngrams = at::constant_pad_nd(x, {0, 0, left_context, right_context})
                          .unfold(0, ngram_size, 1)  // [T, D, n]
                          .transpose(1, 2)
                          .reshape({x.size(0), -1});  // [T, n * D]
  return at::relu(at::linear(ngrams, convolution.weight, convolution.bias)) + x;
}

at::Tensor UseMultilingual::Branch::operator()(const at::Tensor& embedded,
                                               const at::Tensor& mask) const {
  const auto x = norm(projection(embedded)) * mask;  // [T, branch_size]
  const auto h = convolve(x, conv1) * mask;
  return convolve(h, conv2);
}

std::vector<std::int64_t> UseMultilingual::token_ids(const std::string& text) const {
  auto pieces = tokenizer_.encode(to_nfc(text));  // file names from macOS are decomposed
  if (pieces.empty()) {
    pieces.push_back(config_.unk_token_id);
  }
  pieces.resize(std::min(pieces.size(), kMaxTokens));
  std::vector<std::int64_t> ids = {config_.bos_token_id};
  ids.insert(ids.end(), pieces.begin(), pieces.end());
  ids.push_back(config_.eos_token_id);
  return ids;
}

bool UseMultilingual::is_readable(const std::string& text,
                                  std::span<const std::int64_t> ids) const {
  const auto letters = code_points(repair_utf8(text));
  const auto unknown = std::count(ids.begin(), ids.end(), config_.unk_token_id);
  const auto pieces = static_cast<std::ptrdiff_t>(ids.size()) - 2;  // without begin and end
  return std::any_of(letters.begin(), letters.end(), is_letter_or_digit) && 2 * unknown < pieces;
}

/// Encodes sentences laid one after the other with gaps between, which are kept at zero: the
/// n-grams at a sentence's ends see what they would see alone, and nothing is padded.
at::Tensor UseMultilingual::encode_sentences(
    std::span<const std::vector<std::int64_t>> sentences) const {
  std::vector<std::int64_t> ids;
  std::vector<std::int64_t> owners;  // the sentence of each row
  std::vector<float> is_token;
  std::vector<float> lengths;
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    const auto with_gap = ids.size() + sentences[i].size() + gap_;
    ids.insert(ids.end(), sentences[i].begin(), sentences[i].end());
    is_token.resize(ids.size(), 1);
    ids.resize(with_gap, config_.unk_token_id);
    is_token.resize(with_gap, 0);
    owners.resize(with_gap, static_cast<std::int64_t>(i));
    lengths.push_back(static_cast<float>(sentences[i].size()));
  }
  const auto mask = at::tensor(is_token).unsqueeze(1);   // [T, 1]
  const auto length = at::tensor(lengths).unsqueeze(1);  // [N, 1]

  const auto embedded = embedding_.index_select(0, at::tensor(ids)).to(at::kFloat);
  std::vector<at::Tensor> features = {embedded};
  for (const auto& branch : branches_) {
    features.push_back(branch(embedded, mask));
  }
  const auto tokens = norm_(at::cat(features, 1)) * mask;  // [T, joined]
  const auto sums = at::zeros({length.size(0), tokens.size(1)})
                        .index_add(0, at::tensor(owners), tokens);  // [N, joined]
  // The sum of the projected tokens over sqrt(length), with the projection taken out of the sum.
  const auto mean = output_(sums / length) * length.sqrt();  // [N, hidden_size]

  const auto y0 = at::relu(dense0_(mean));
  const auto y1 = at::relu(skip1_(mean) + dense1_(y0));
  const auto y2 = at::relu(dense2_(y1));
  return normalize_rows(at::tanh(skip3_(y1) + dense3_(y2)));
}

std::vector<EncoderOutput> UseMultilingual::encode(std::span<const std::string> texts,
                                                   std::string_view prompt) const {
  require_known_prompt(prompt, {});
  const c10::InferenceMode inference;
  std::vector<at::Tensor> rows = {at::empty({0, config_.hidden_size})};
  std::vector<std::vector<std::int64_t>> batch;
  std::size_t batch_tokens = 0;
  std::vector<float> readable;  // 1 or 0 for each text
  const auto flush = [&] {
    if (!batch.empty()) {
      rows.push_back(encode_sentences(batch));
      batch.clear();
      batch_tokens = 0;
    }
  };
  for (const auto& text : texts) {
    auto ids = token_ids(text);
    if (batch_tokens + ids.size() > kBatchTokens) {
      flush();
    }
    batch_tokens += ids.size();
    readable.push_back(is_readable(text, ids) ? 1 : 0);
    batch.push_back(std::move(ids));
  }
  flush();
  return {{"embedding", at::cat(rows) * at::tensor(readable).unsqueeze(1)}};
}

Encoders make_use_multilingual(Checkpoint& checkpoint) {
  const auto config = UseMultilingualConfig::parse(checkpoint.config(), checkpoint.origin());
  auto model = std::make_shared<UseMultilingual>(
      config, checkpoint.weights(),
      SentencePieceTokenizer(checkpoint.folder() / "tokenizer.model"));
  return {.text = std::move(model)};
}

}  // namespace ogam

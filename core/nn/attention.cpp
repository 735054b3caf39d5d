#include "core/nn/attention.h"

#include <ATen/ATen.h>

#include <cmath>

#include "core/base/error.h"

namespace ogam {

KeyValueCache::KeyValueCache(const Config& config) {
  const std::vector<std::int64_t> shape = {config.batch, config.heads, config.capacity,
                                           config.head_size};
  storage_ = {at::empty(shape, at::kFloat), at::empty(shape, at::kFloat)};
}

KeyValues KeyValueCache::append(const KeyValues& added) {
  const auto tokens = added.keys.size(2);
  const auto capacity = storage_.keys.size(2);
  require(length_ + tokens <= capacity, ErrorCode::invalid_argument,
          "a sequence of {} tokens is longer than the {} that the model can hold", length_ + tokens,
          capacity);
  storage_.keys.narrow(2, length_, tokens).copy_(added.keys);
  storage_.values.narrow(2, length_, tokens).copy_(added.values);
  length_ += tokens;
  return {storage_.keys.narrow(2, 0, length_), storage_.values.narrow(2, 0, length_)};
}

void KeyValueCache::select_rows(const at::Tensor& rows) {
  for (auto* part : {&storage_.keys, &storage_.values}) {
    auto shape = part->sizes().vec();
    shape[0] = rows.size(0);
    auto selected = at::empty(shape, part->options());
    selected.narrow(2, 0, length_).copy_(part->narrow(2, 0, length_).index_select(0, rows));
    *part = selected;
  }
}

namespace {

std::int64_t head_size_of(const MultiHeadAttention::Config& config) {
  require(config.heads > 0 && config.size % config.heads == 0, ErrorCode::corrupt_data,
          "attention of size {} cannot have {} heads; the heads must divide the size", config.size,
          config.heads);
  return config.size / config.heads;
}

}  // namespace

MultiHeadAttention::MultiHeadAttention(const WeightScope& weights, const Config& config)
    : heads_(config.heads),
      head_size_(head_size_of(config)),
      query_(weights.scope("q_proj"), {.in = config.size, .out = config.size}),
      key_(weights.scope("k_proj"),
           {.in = config.size, .out = config.size, .bias = config.key_bias}),
      value_(weights.scope("v_proj"), {.in = config.size, .out = config.size}),
      out_(weights.scope("out_proj"), {.in = config.size, .out = config.size}) {}

at::Tensor MultiHeadAttention::split_heads(const at::Tensor& x) const {
  return x.view({x.size(0), x.size(1), heads_, head_size_}).transpose(1, 2);  // [B, H, T, D/H]
}

KeyValues MultiHeadAttention::project(const at::Tensor& source) const {
  return {split_heads(key_(source)), split_heads(value_(source))};
}

at::Tensor MultiHeadAttention::attend(const at::Tensor& x, const KeyValues& memory,
                                      bool causal) const {
  const auto batch = memory.keys.size(0);
  // Rows that attend to the same sequence are further queries of it: its keys are never copied.
  const auto query = split_heads(query_(x).view({batch, -1, heads_ * head_size_}));
  const auto tokens = query.size(2);
  const auto keys = memory.keys.size(2);
  std::optional<at::Tensor> mask;
  if (causal && tokens > 1 && keys > tokens) {
    mask = at::ones({tokens, keys}, at::kBool).tril(keys - tokens);
  }
  const bool square = causal && tokens > 1 && keys == tokens;
  const auto heads = at::scaled_dot_product_attention(query, memory.keys, memory.values, mask,
                                                      /*dropout_p=*/0.0, /*is_causal=*/square);
  return out_(heads.transpose(1, 2).reshape(x.sizes()));
}

at::Tensor MultiHeadAttention::probabilities(const at::Tensor& x, const KeyValues& memory) const {
  const auto query = split_heads(query_(x));
  const auto scores = at::matmul(query, memory.keys.transpose(2, 3)) /
                      std::sqrt(static_cast<double>(head_size_));  // [B, H, T, S]
  return at::softmax(scores, -1);
}

}  // namespace ogam

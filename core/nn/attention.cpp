#include "core/nn/attention.h"

#include <ATen/ATen.h>

#include <cmath>

#include "core/base/error.h"

namespace ogam {

KeyValueCache::KeyValueCache(const Config& config) {
  const auto room = [&](std::int64_t size) {
    return at::empty({config.batch, config.heads, config.capacity, size}, config.type);
  };
  storage_ = {room(config.head_size),
              room(config.value_size > 0 ? config.value_size : config.head_size)};
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

void KeyValueCache::reserve(std::int64_t capacity) {
  if (capacity <= this->capacity()) {
    return;
  }
  for (auto* part : {&storage_.keys, &storage_.values}) {
    auto shape = part->sizes().vec();
    shape[2] = capacity;
    const auto larger = at::empty(shape, part->options());
    larger.narrow(2, 0, length_).copy_(part->narrow(2, 0, length_));
    *part = larger;
  }
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

at::Tensor split_heads(const at::Tensor& x, std::int64_t heads) {
  return x.view({x.size(0), x.size(1), heads, -1}).transpose(1, 2);
}

at::Tensor attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                  const AttentionConfig& config) {
  const bool grouped = k.size(1) != q.size(1);
  auto mask = config.mask;
  if (mask && mask->scalar_type() != at::kBool && mask->scalar_type() != q.scalar_type()) {
    mask = mask->to(q.scalar_type());
  }
  auto heads = at::scaled_dot_product_attention(q, k, v, mask, /*dropout_p=*/0.0, config.causal,
                                                config.scale, grouped);
  if (mask && mask->scalar_type() == at::kBool) {
    // The mean over no key at all is not a number.
    heads = heads.masked_fill(mask->any(-1, /*keepdim=*/true).logical_not(), 0);
  }
  return heads.transpose(1, 2).flatten(2);
}

at::Tensor key_mask(const at::Tensor& real) { return real.to(at::kBool).unsqueeze(1).unsqueeze(1); }

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
      query_(weights.scope(config.names[0]), {.in = config.size, .out = config.size}),
      key_(weights.scope(config.names[1]),
           {.in = config.size, .out = config.size, .bias = config.key_bias}),
      value_(weights.scope(config.names[2]), {.in = config.size, .out = config.size}),
      out_(weights.scope(config.names[3]), {.in = config.size, .out = config.size}) {}

KeyValues MultiHeadAttention::project(const at::Tensor& source) const {
  return {split_heads(key_(source), heads_), split_heads(value_(source), heads_)};
}

at::Tensor MultiHeadAttention::operator()(const at::Tensor& x,
                                          const std::optional<at::Tensor>& mask) const {
  const auto [keys, values] = project(x);
  return out_(ogam::attend(split_heads(query_(x), heads_), keys, values, {.mask = mask}));
}

at::Tensor MultiHeadAttention::attend(const at::Tensor& x, const KeyValues& memory,
                                      bool causal) const {
  const auto batch = memory.keys.size(0);
  // Rows that attend to the same sequence are further queries of it: its keys are never copied.
  const auto query = split_heads(query_(x).view({batch, -1, heads_ * head_size_}), heads_);
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
  const auto query = split_heads(query_(x), heads_);
  const auto scores = at::matmul(query, memory.keys.transpose(2, 3)) /
                      std::sqrt(static_cast<double>(head_size_));  // [B, H, T, S]
  return at::softmax(scores, -1);
}

}  // namespace ogam

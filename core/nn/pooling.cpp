#include "core/nn/pooling.h"

#include <ATen/ATen.h>

#include <array>
#include <limits>
#include <string_view>

#include "core/base/error.h"
#include "core/base/table.h"
#include "core/tensor/shape.h"

namespace ogam {

namespace {

constexpr std::int64_t kMaxWidth = 65'536;
constexpr double kNearZero = 1e-9;  // the least that sums are divided by

/// [B, T, D] at `places` [B] as [B, D].
at::Tensor rows_at(const at::Tensor& states, const at::Tensor& places) {
  const auto index = places.view({-1, 1, 1}).expand({-1, 1, states.size(2)});
  return states.gather(1, index).squeeze(1);
}

at::Tensor weighted_sum(const at::Tensor& states, const at::Tensor& weights) {
  return at::bmm(weights.unsqueeze(1), states).squeeze(1);
}

at::Tensor pool_first(const at::Tensor& states, const at::Tensor& counted, const at::Tensor&) {
  return rows_at(states, counted.argmax(1));
}

at::Tensor pool_max(const at::Tensor& states, const at::Tensor& counted, const at::Tensor&) {
  const auto left_out = counted.eq(0).unsqueeze(-1);
  const auto largest =
      states.masked_fill(left_out, -std::numeric_limits<double>::infinity()).amax(1);
  return largest.masked_fill(left_out.all(1), 0);
}

at::Tensor pool_mean(const at::Tensor& states, const at::Tensor& counted, const at::Tensor&) {
  return weighted_sum(states, counted) / counted.sum(1, true).clamp_min(kNearZero);
}

at::Tensor pool_mean_sqrt(const at::Tensor& states, const at::Tensor& counted, const at::Tensor&) {
  return weighted_sum(states, counted) / counted.sum(1, true).clamp_min(kNearZero).sqrt();
}

/// The mean in which the first token weighs 1, the second 2 and so on; prompts count as places.
at::Tensor pool_weighted(const at::Tensor& states, const at::Tensor& counted,
                         const at::Tensor& real) {
  return pool_mean(states, counted * real.cumsum(1), real);
}

at::Tensor pool_last(const at::Tensor& states, const at::Tensor& counted, const at::Tensor&) {
  const auto places = at::arange(1, counted.size(1) + 1, counted.options());
  return rows_at(states * counted.unsqueeze(-1), (counted * places).argmax(1));
}

struct PoolingRow {
  std::string_view name;
  std::string_view earlier_key;  // of a flag, before `pooling_mode`
  Pooling::Mode mode;
};

/// In the order in which several modes are joined.
constexpr std::array kPoolingModes = {
    PoolingRow{"cls", "pooling_mode_cls_token", &pool_first},
    PoolingRow{"max", "pooling_mode_max_tokens", &pool_max},
    PoolingRow{"mean", "pooling_mode_mean_tokens", &pool_mean},
    PoolingRow{"mean_sqrt_len_tokens", "pooling_mode_mean_sqrt_len_tokens", &pool_mean_sqrt},
    PoolingRow{"weightedmean", "pooling_mode_weightedmean_tokens", &pool_weighted},
    PoolingRow{"lasttoken", "pooling_mode_lasttoken", &pool_last},
};

Pooling::Mode find_pooling(const std::string& name, const std::string& origin) {
  return find_row(kPoolingModes, name, "pooling", origin).mode;
}

}  // namespace

Pooling::Pooling(std::int64_t size, const std::string& mode)
    : size_(size), modes_({find_pooling(mode, "pooling")}) {}

Pooling::Pooling(std::int64_t size, const ConfigReader& config)
    : size_(size), include_prompt_(config.flag("include_prompt", true)) {
  const auto* const key =
      config.has("embedding_dimension") ? "embedding_dimension" : "word_embedding_dimension";
  require(config.size(key, kMaxWidth) == size, ErrorCode::corrupt_data,
          "{}: \"{}\" differs from the size {} of the model's states", config.origin(), key, size);
  std::vector<Mode> flagged;
  for (const auto& row : kPoolingModes) {
    if (config.flag(std::string(row.earlier_key), false)) {
      flagged.push_back(row.mode);
    }
  }
  if (!config.has("pooling_mode")) {
    modes_ = flagged.empty() ? std::vector<Mode>{&pool_mean} : flagged;
  } else if (config.json().at("pooling_mode").is_array()) {
    for (const auto& name : config.texts("pooling_mode", kPoolingModes.size())) {
      modes_.push_back(find_pooling(name, config.origin()));
    }
  } else {
    modes_.push_back(find_pooling(config.text("pooling_mode", ""), config.origin()));
  }
  config.refuse_unread();
}

at::Tensor Pooling::operator()(const at::Tensor& states, const at::Tensor& mask,
                               std::int64_t prompt_tokens) const {
  require(
      states.dim() == 3 && states.size(2) == size_ && mask.sizes() == states.sizes().slice(0, 2),
      ErrorCode::invalid_argument, "states must be [B, T, {}] with a mask [B, T], got {} and {}",
      size_, shape_string(states), shape_string(mask));
  const auto exact = states.to(at::kFloat);
  const auto real = mask.to(at::kFloat);
  const auto counted =
      include_prompt_ ? real : real * real.cumsum(1).gt(static_cast<double>(prompt_tokens));
  std::vector<at::Tensor> parts;
  for (const auto mode : modes_) {
    parts.push_back(mode(exact, counted, real));
  }
  return at::cat(parts, 1);
}

bool Pooling::takes_last_token() const {
  return modes_.size() == 1 && modes_.front() == &pool_last;
}

}  // namespace ogam

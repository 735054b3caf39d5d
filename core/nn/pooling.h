#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/nn/config_reader.h"

namespace ogam {

/// The states of each text's tokens as one vector. Source: sentence-transformers `Pooling`.
class Pooling {
 public:
  /// One way to pool: (states [B, T, D] float32, counted [B, T], real [B, T]) to [B, D]. Of the
  /// `real` tokens, `counted` are 1 unless they belong to a prompt that is left out.
  using Mode = at::Tensor (*)(const at::Tensor& states, const at::Tensor& counted,
                              const at::Tensor& real);

  /// @param mode "cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean" or "lasttoken".
  /// @throws Error{unsupported} listing the modes when it is none of them.
  Pooling(std::int64_t size, const std::string& mode);

  /// @param config the content of the module's config.json, in the words of any version.
  /// @throws Error{corrupt_data, unsupported}.
  Pooling(std::int64_t size, const ConfigReader& config);

  /// @param states [B, T, D] floating point.
  /// @param mask [B, T] boolean or 0 and 1, which tokens are real; every row has one.
  /// @param prompt_tokens how many of each row's first real tokens are the prompt's; whether they
  ///     count is said by the module's `include_prompt`.
  /// @return [B, dimension()] float32. A row of which nothing is left but its prompt is zero in
  ///     most modes.
  at::Tensor operator()(const at::Tensor& states, const at::Tensor& mask,
                        std::int64_t prompt_tokens) const;

  /// Whether the vector is the last token's state: of a causal model, which has seen all others.
  bool takes_last_token() const;

  std::int64_t dimension() const { return size_ * static_cast<std::int64_t>(modes_.size()); }

 private:
  std::int64_t size_;
  std::vector<Mode> modes_;  // their vectors are joined
  bool include_prompt_ = true;
};

}  // namespace ogam

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "core/nn/mlp.h"
#include "core/tensor/checkpoint.h"

namespace ogam {

/// A mixture of experts: each token goes through the few gated MLPs that a router chooses for it,
/// and through one that all tokens share.
///
/// An expert's score is the sigmoid of the router's output. Experts are chosen by their scores plus
/// a correction, within the groups whose two best are best; what they give is weighted by the
/// scores without it. The router computes in float32.
///
/// Names: `gate.weight` [experts, D], the correction [experts] under a name of the config's,
/// `experts.N`, `shared_experts`. Source: DeepSeek-AI 2024, "DeepSeek-V3", section 2.1.2.
class ExpertMlp {
 public:
  struct Config {
    std::int64_t size = 0;          ///< D
    std::int64_t intermediate = 0;  ///< of an expert
    std::int64_t experts = 0;
    std::int64_t chosen = 0;  ///< experts of a token
    std::int64_t groups = 1;  ///< equal ones, of at least two experts where there are several
    std::int64_t chosen_groups = 1;
    std::int64_t shared = 0;           ///< how many experts' size the shared one has; none has 0
    bool normalized = true;            ///< a token's weights are brought to the sum 1
    double scale = 1;                  ///< of the weights
    const char* correction = nullptr;  ///< its name
    bool needs_correction = true;      ///< otherwise a checkpoint without it has none
    Activation activation = nullptr;
  };
  /// @throws Error{corrupt_data} when there are not as many experts or groups as are chosen, or the
  ///     checkpoint does not hold as many experts as there should be.
  ExpertMlp(const WeightScope& weights, const Config& config);

  /// @param x [B, T, D]. @return [B, T, D].
  at::Tensor operator()(const at::Tensor& x) const;

  struct Routes {
    at::Tensor experts;  ///< [N, chosen] int64
    at::Tensor weights;  ///< [N, chosen] float32
  };
  /// The experts that tokens [N, D] go to.
  Routes route(const at::Tensor& tokens) const;

 private:
  Config config_;
  at::Tensor router_;      // [experts, D] float32
  at::Tensor correction_;  // [experts] float32; undefined without one
  std::vector<GatedMlp> experts_;
  std::optional<GatedMlp> shared_;
};

}  // namespace ogam

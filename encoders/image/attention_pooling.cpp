#include "encoders/image/attention_pooling.h"

#include <ATen/ATen.h>

#include "core/nn/attention.h"

namespace ogam {

AttentionPooling::AttentionPooling(const WeightScope& weights, const PreNormConfig& config)
    : heads_(config.num_attention_heads),
      probe_(weights.get("probe", {1, 1, config.hidden_size})),
      in_proj_weight_(weights.scope("attention")
                          .get("in_proj_weight", {3 * config.hidden_size, config.hidden_size})),
      in_proj_bias_(weights.scope("attention").get("in_proj_bias", {3 * config.hidden_size})),
      out_proj_(weights.scope("attention").scope("out_proj"),
                {.in = config.hidden_size, .out = config.hidden_size}),
      layernorm_(weights.scope("layernorm"),
                 {.size = config.hidden_size, .eps = config.layer_norm_eps}),
      mlp_(weights.scope("mlp"), {.size = config.hidden_size,
                                  .intermediate = config.intermediate_size,
                                  .activation = config.hidden_act}) {}

at::Tensor AttentionPooling::operator()(const at::Tensor& x,
                                        const std::optional<at::Tensor>& mask) const {
  const auto size = probe_.size(2);
  const auto query =
      at::linear(probe_, in_proj_weight_.narrow(0, 0, size), in_proj_bias_.narrow(0, 0, size))
          .expand({x.size(0), 1, size});
  const auto keys_values = at::linear(x, in_proj_weight_.narrow(0, size, 2 * size),
                                      in_proj_bias_.narrow(0, size, 2 * size))
                               .chunk(2, -1);
  const auto pooled =
      out_proj_(attend(split_heads(query, heads_), split_heads(keys_values[0], heads_),
                       split_heads(keys_values[1], heads_), {.mask = mask}));  // [N, 1, D]
  return (pooled + mlp_(layernorm_(pooled))).squeeze(1);
}

}  // namespace ogam

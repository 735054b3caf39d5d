#include "core/nn/causal_attention.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>

namespace ogam {

CausalContext causal_context(std::int64_t tokens, std::int64_t before,
                             std::optional<std::int64_t> window) {
  const auto keys = before + tokens;
  // The first new token, which looks back the furthest, is at `before`.
  const auto first = window ? std::max<std::int64_t>(0, before + 1 - *window) : 0;
  CausalContext context{.rotation = {}, .attention = {}, .first_key = first};
  if (tokens == 1) {
    return context;
  }
  const bool all_in_window = !window || keys - first <= *window;
  if (before == 0 && all_in_window) {
    context.attention.causal = true;
    return context;
  }
  const auto offset = before - first;  // of the first new token among the keys that are left
  auto mask = at::ones({tokens, keys - first}, at::kBool).tril(offset);
  if (!all_in_window) {
    mask = mask.triu(offset + 1 - *window);
  }
  context.attention.mask = mask;
  return context;
}

at::Tensor attend_causally(const at::Tensor& queries, KeyValues memory,
                           const CausalContext& context, std::optional<double> scale,
                           KeyValueCache* cache) {
  if (cache != nullptr) {
    memory = cache->append(memory);
  }
  if (context.first_key > 0) {
    memory = {memory.keys.slice(2, context.first_key), memory.values.slice(2, context.first_key)};
  }
  auto attention = context.attention;
  attention.scale = scale;
  return attend(queries, memory.keys, memory.values, attention);
}

}  // namespace ogam

#include "core/nn/expert_mlp.h"

#include <ATen/ATen.h>

#include <limits>
#include <string>

#include "core/base/error.h"

namespace ogam {

namespace {

constexpr std::int64_t kBestOfGroup = 2;  // whose scores are a group's

/// `config` where it makes sense.
const ExpertMlp::Config& checked(const ExpertMlp::Config& config) {
  require(config.experts % config.groups == 0 &&
              (config.groups == 1 || config.experts / config.groups >= kBestOfGroup) &&
              config.chosen_groups <= config.groups &&
              config.chosen <= config.chosen_groups * (config.experts / config.groups),
          ErrorCode::corrupt_data,
          "{} experts in {} groups, of which a token takes {} in {} groups: this cannot be",
          config.experts, config.groups, config.chosen, config.chosen_groups);
  return config;
}

GatedMlp::Config mlp(const ExpertMlp::Config& config, std::int64_t experts) {
  return {.size = config.size,
          .intermediate = experts * config.intermediate,
          .activation = config.activation};
}

}  // namespace

ExpertMlp::ExpertMlp(const WeightScope& weights, const Config& config)
    : config_(checked(config)),
      router_(weights.scope("gate").get("weight", {config.experts, config.size}).to(at::kFloat)) {
  // Before thousands of experts are looked for one by one.
  require(!weights.scope("experts").scope(std::to_string(config.experts - 1)).empty(),
          ErrorCode::corrupt_data,
          "config.json asks for {} experts in a layer whose weights hold fewer; fetch the model "
          "again",
          config.experts);
  if (config.needs_correction || weights.contains(config.correction)) {
    // As stored: small differences between scores decide.
    correction_ = weights.get_stored(config.correction, {config.experts}).to(at::kFloat);
  }
  experts_.reserve(config.experts);
  for (std::int64_t i = 0; i < config.experts; ++i) {
    experts_.emplace_back(weights.scope("experts").scope(std::to_string(i)), mlp(config, 1));
  }
  if (config.shared > 0) {
    shared_.emplace(weights.scope("shared_experts"), mlp(config, config.shared));
  }
}

ExpertMlp::Routes ExpertMlp::route(const at::Tensor& tokens) const {
  const auto scores = at::linear(tokens.to(at::kFloat), router_).sigmoid();  // [N, experts]
  auto ranked = correction_.defined() ? scores + correction_ : scores;
  if (config_.groups > 1) {
    const auto grouped = ranked.view({tokens.size(0), config_.groups, -1});
    const auto of_groups = std::get<0>(grouped.topk(kBestOfGroup, -1)).sum(-1);  // [N, groups]
    const auto best = std::get<1>(of_groups.topk(config_.chosen_groups, -1));
    const auto open = at::zeros_like(of_groups, at::kBool).scatter_(1, best, true);
    ranked =
        grouped
            .masked_fill(open.logical_not().unsqueeze(-1), -std::numeric_limits<float>::infinity())
            .flatten(1);
  }
  const auto experts = std::get<1>(ranked.topk(config_.chosen, -1));
  auto weights = scores.gather(1, experts);
  if (config_.normalized) {
    constexpr double kNoZero = 1e-20;
    weights = weights / (weights.sum(-1, /*keepdim=*/true) + kNoZero);
  }
  return {.experts = experts, .weights = weights * config_.scale};
}

at::Tensor ExpertMlp::operator()(const at::Tensor& x) const {
  const auto tokens = x.flatten(0, 1);  // [N, D]
  const auto routes = route(tokens);
  // Of each expert, the places among the N * chosen routes that lead to it.
  std::vector<std::vector<std::int64_t>> places(experts_.size());
  const auto chosen = routes.experts.contiguous();
  const auto* const expert = chosen.const_data_ptr<std::int64_t>();
  for (std::int64_t place = 0; place < chosen.numel(); ++place) {
    places[expert[place]].push_back(place);
  }
  const auto weights = routes.weights.flatten();
  auto sum = at::zeros({tokens.size(0), tokens.size(1)}, at::kFloat);
  for (std::size_t i = 0; i < experts_.size(); ++i) {
    if (places[i].empty()) {
      continue;
    }
    const auto routed = at::tensor(places[i]);
    const auto rows = routed.div(config_.chosen, "floor");
    const auto given = experts_[i](tokens.index_select(0, rows)).to(at::kFloat);
    sum.index_add_(0, rows, given * weights.index_select(0, routed).unsqueeze(-1));
  }
  const auto mixed = sum.to(x.scalar_type()).view(x.sizes());
  return shared_ ? mixed + (*shared_)(x) : mixed;
}

}  // namespace ogam

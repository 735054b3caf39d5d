#include "encoders/class_posterior.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/nn/normalize_rows.h"

namespace ogam {

at::Tensor posterior_vectors(const at::Tensor& probabilities, int top_k) {
  const auto kept = std::min<std::int64_t>(top_k, probabilities.size(1));
  const auto [values, indices] = at::topk(probabilities, kept, /*dim=*/1);
  return normalize_rows(at::zeros_like(probabilities).scatter(1, indices, values.sqrt()));
}

std::vector<ClassScore> top_classes(const at::Tensor& probabilities,
                                    const std::vector<std::string>& labels, int count) {
  require(
      probabilities.dim() == 1 && probabilities.size(0) == static_cast<std::int64_t>(labels.size()),
      ErrorCode::invalid_argument, "expected the probabilities of {} classes, got {}",
      labels.size(), probabilities.numel());
  const auto kept = std::clamp<std::int64_t>(count, 0, probabilities.size(0));
  const auto [values, indices] = at::topk(probabilities.to(at::kFloat), kept);
  std::vector<ClassScore> classes;
  for (std::int64_t i = 0; i < kept; ++i) {
    const auto index = static_cast<int>(indices[i].item<std::int64_t>());
    classes.push_back({index, labels[index], values[i].item<float>()});
  }
  return classes;
}

std::vector<std::string> read_labels(const Json& config, int count, const std::string& origin) {
  const auto names = json_value<Json>(config, "id2label", origin);
  require(names.is_object() && names.size() == static_cast<std::size_t>(count),
          ErrorCode::corrupt_data,
          "{}: \"id2label\" must name each of the {} classes once, got {} names", origin, count,
          names.size());
  std::vector<std::string> labels;
  labels.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    labels.push_back(json_value<std::string>(names, std::to_string(i), origin));
  }
  return labels;
}

}  // namespace ogam

#include "pipelines/understanding/class_labels.h"

#include <algorithm>
#include <numeric>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "encoders/class_posterior.h"

namespace ogam {

namespace {

constexpr std::string_view kPosterior = "posterior";

/// Replaces names by the first in `language` that the pack's names file has for each class.
void translate(const std::filesystem::path& file, std::string_view language,
               std::vector<std::string>& names) {
  constexpr std::size_t kMaxBytes = 64U << 20;
  const std::string origin = display_path(file);
  const auto json = parse_sorted_json(read_file(file, kMaxBytes), origin);
  const auto classes = json_value<std::vector<SortedJson>>(json, "classes", origin);
  require(classes.size() == names.size(), ErrorCode::corrupt_data,
          "{} names {} classes, the model has {}", origin, classes.size(), names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto by_language = json_value<SortedJson>(classes[i], "names", origin);
    const auto found =
        json_value_or<std::vector<std::string>>(by_language, std::string(language), origin, {});
    if (!found.empty() && !found.front().empty()) {
      names[i] = found.front();
    }
  }
}

}  // namespace

ClassLabels ClassLabels::read(const PackManifest& manifest, const PackLane& lane,
                              const PackSpace& space, std::string_view language) {
  ClassLabels labels;
  if (space.output != kPosterior || lane.encoder.empty()) {
    return labels;
  }
  const std::filesystem::path file = manifest.model(lane.encoder).folder / "config.json";
  const Json config = read_json_file(file);
  if (!config.is_object() || !config.contains("id2label")) {
    return labels;
  }
  labels.names_ = read_labels(config, space.dimension, display_path(file));
  const auto route = space.queries.find("text");
  if (language != "en" && route != space.queries.end() && !route->second.names.empty()) {
    translate(route->second.names, language, labels.names_);
  }
  return labels;
}

std::vector<Label> ClassLabels::likeliest(
    std::span<const std::vector<float>* const> vectors) const {
  std::vector<double> mean(names_.size(), 0);
  for (const std::vector<float>* vector : vectors) {
    require(vector->size() == names_.size(), ErrorCode::internal,
            "a posterior over {} classes has {} values", names_.size(), vector->size());
    for (std::size_t i = 0; i < mean.size(); ++i) {
      const double root = (*vector)[i];
      mean[i] += root * root / static_cast<double>(vectors.size());
    }
  }
  std::vector<std::size_t> order(mean.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const std::size_t kept = std::min(kMostLabels, order.size());
  std::partial_sort(
      order.begin(), order.begin() + static_cast<std::ptrdiff_t>(kept), order.end(),
      [&](std::size_t a, std::size_t b) { return mean[a] != mean[b] ? mean[a] > mean[b] : a < b; });
  std::vector<Label> likeliest;
  for (std::size_t i = 0; i < kept && mean[order[i]] >= kLeastProbability; ++i) {
    likeliest.push_back({names_[order[i]], static_cast<float>(mean[order[i]])});
  }
  return likeliest;
}

}  // namespace ogam

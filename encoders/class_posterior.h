#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "core/base/json.h"

namespace ogam {

/// One class that a classifier found, with its probability.
struct ClassScore {
  int index = 0;
  std::string name;
  float probability = 0;
};

/// The square root of the `top_k` largest probabilities of each row, zero elsewhere, L2-normalised:
/// the dot product of two such vectors is the Bhattacharyya coefficient of the two (cut and
/// renormalised) distributions.
///
/// @param probabilities [N, C], not negative.
/// @return [N, C].
at::Tensor posterior_vectors(const at::Tensor& probabilities, int top_k);

/// The `count` most probable classes of `probabilities` [C], most probable first.
std::vector<ClassScore> top_classes(const at::Tensor& probabilities,
                                    const std::vector<std::string>& labels, int count);

/// The class names of a model's config.json, `id2label`: {"0": name, ...}.
/// @throws Error{corrupt_data} naming `origin` unless there is exactly one name for each of `count`
/// classes.
std::vector<std::string> read_labels(const Json& config, int count, const std::string& origin);

}  // namespace ogam

#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "encoders/encoder.h"
#include "encoders/text/class_names.h"

namespace ogam {

/// Takes texts into the space of a classifier's posteriors, through the names of its classes.
///
/// A class is as similar to a query as the best of its names in any language, wider kinds at a
/// penalty: cosines of text vectors from which the mean over all names was taken away. A softmax
/// over the classes makes that a distribution, and its square root the query's vector: the dot
/// product with the square root of a posterior is their Bhattacharyya coefficient. The vector's
/// length is the certainty that the query is about any of the classes: a flat distribution alone
/// would not score low, since posteriors are flat too where the classifier is at a loss.
class ClassNameQuery {
 public:
  struct Config {
    std::filesystem::path names = {};         ///< see ClassNames
    double temperature = 0.05;                ///< of the softmax
    std::filesystem::path cache_folder = {};  ///< for the names' vectors; empty: not kept
  };

  /// Reads the names and encodes them, or takes their vectors from the cache, whose key is the
  /// content of the names file and the encoder's answer to a fixed text. A damaged cache is made
  /// anew.
  ///
  /// @throws Error{not_found, corrupt_data, invalid_argument}.
  ClassNameQuery(std::shared_ptr<const TextEncoder> encoder, const Config& config);

  /// Number of classes: the dimension of the space.
  int dimension() const { return static_cast<int>(names_.ids.size()); }
  const std::vector<std::string>& class_ids() const { return names_.ids; }

  /// @return [N, classes] float32, rows of length 0 to 1, no negative element.
  at::Tensor encode(std::span<const std::string> queries) const;

  /// @return [N, classes], the similarity of each query to each class, -1 to 1.
  at::Tensor similarities(std::span<const std::string> queries) const;

 private:
  at::Tensor embed(std::span<const std::string> texts) const;
  at::Tensor centre(const at::Tensor& vectors) const;

  std::shared_ptr<const TextEncoder> encoder_;
  double temperature_;
  ClassNames names_;
  at::Tensor mean_;            // [D], over the names
  at::Tensor vectors_;         // [names, D], centred
  at::Tensor name_of_entry_;   // [entries]
  at::Tensor class_of_entry_;  // [entries]
  at::Tensor cost_of_entry_;   // [entries]
};

}  // namespace ogam

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/tensor/weight_source.h"

namespace ogam {

/// What a model computes for one item of its input.
struct ItemCost {
  std::string item;               ///< "picture", "10 s of sound"
  double multiply_adds = 0;       ///< of matrices by many tokens at once
  double step_multiply_adds = 0;  ///< of matrices by one token at a time, as text is written
  double numbers_at_work = 0;     ///< held at the same time beside the weights
};

/// What a model needs, from the shapes of its tensors and its configuration alone.
struct ModelCost {
  std::string model_type = {};
  std::int64_t parameters = 0;
  bool runs_in_bfloat16 = false;     ///< false: in float32 alone
  std::vector<ItemCost> items = {};  ///< empty for a model_type whose inputs are not known here

  /// Bytes of memory that the weights take in numbers of `bytes` each.
  double weight_bytes(int bytes) const { return static_cast<double>(parameters) * bytes; }
  /// Bytes of memory beside them, for the largest item.
  double work_bytes(int bytes) const;
};

/// Reads the headers of a model folder, of any format that open_model reads.
///
/// A matrix [out, in] costs out * in multiply-adds for each token that goes through it, whatever
/// layer it belongs to; attention of D wide queries costs 2 * T^2 * D. Tables that rows are looked
/// up in cost nothing, and neither do norms, activations and what prepares the input. How many
/// tokens an item is stands in a table by model_type. A text is one of 32 tokens.
///
/// @throws what open_model throws; Error{corrupt_data} for sizes in config.json that make no sense.
ModelCost model_cost(const std::filesystem::path& folder);

/// The same of tensors that were listed.
/// @param origin of the configuration, for errors.
ModelCost model_cost(const Json& config, const std::vector<TensorInfo>& tensors,
                     const std::string& origin);

}  // namespace ogam

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/nn/pooling.h"
#include "core/nn/prompts.h"
#include "core/tensor/checkpoint.h"

namespace ogam {

// What sentence-transformers adds to a transformer: how texts are written for it, and how the
// states of their tokens become one vector. Its files lie in the model's folder beside config.json.

/// What happens to the states of a transformer: a Pooling, then any number of Dense and Normalize,
/// then the first `truncate_dim` values alone (Kusupati et al. 2022, "Matryoshka Representation
/// Learning"), at length 1.
class SentenceModules {
 public:
  struct Config {
    std::int64_t hidden_size = 0;  ///< of the transformer's states
    /// How to pool when the folder does not say: its model was not made with sentence-transformers.
    std::string pooling_mode = "mean";
    /// The fewest values that vectors of this kind of model were trained to be cut to; 0: none, or
    /// the folder says.
    std::int64_t min_dimension = 0;
  };

  /// Reads modules.json, config_sentence_transformers.json and the modules' folders.
  /// @param checkpoint the model's folder; the modules get its precision.
  /// @throws Error{corrupt_data}, Error{unsupported} naming a module, a similarity or a setting
  ///     that is not implemented.
  SentenceModules(Checkpoint& checkpoint, const Config& config);

  /// As in Pooling.
  /// @return [B, dimension()] float32, L2-normalised.
  at::Tensor operator()(const at::Tensor& states, const at::Tensor& mask,
                        std::int64_t prompt_tokens) const;

  const Prompts& prompts() const { return prompts_; }
  const Pooling& pooling() const { return pooling_; }
  std::int64_t dimension() const { return dimension_; }
  /// The fewest values to which a vector may be cut further: of `matryoshka_dimensions` in
  /// config.json, else as in Config; 0 where it may not be cut.
  std::int64_t min_dimension() const { return min_dimension_ < dimension_ ? min_dimension_ : 0; }

 private:
  /// A Dense or a Normalize.
  using Step = std::function<at::Tensor(const at::Tensor&)>;

  /// @return whether the last module is a Normalize.
  bool read_modules(Checkpoint& checkpoint, const std::filesystem::path& list);
  void read_settings(const std::filesystem::path& folder, bool at_unit_length);
  void add_dense(const std::filesystem::path& folder, at::ScalarType precision);
  void add_normalize(const std::filesystem::path& folder, at::ScalarType precision);

  Prompts prompts_;
  Pooling pooling_;
  std::vector<Step> steps_;
  std::int64_t dimension_;
  std::int64_t min_dimension_;
};

}  // namespace ogam

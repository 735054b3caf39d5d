#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <memory>
#include <string>

#include "core/base/json.h"

namespace ogam {

class Checkpoint;

/// The tensors of a checkpoint under a prefix. Asking for a tensor takes it off the list of
/// unexpected ones; a missing or wrongly shaped tensor is noted in the checkpoint and answered with
/// zeros, so that `Checkpoint::finish` can list everything that is wrong in one error.
class WeightScope {
 public:
  /// The scope `prefix + name + "."`.
  WeightScope scope(const std::string& name) const;

  /// The tensor `prefix + name` as float32 (or as stored when it is an integer), contiguous.
  at::Tensor get(const std::string& name, at::IntArrayRef shape) const;

  /// The tensor as stored, a view of the file: for tables of which few rows are used.
  at::Tensor get_stored(const std::string& name, at::IntArrayRef shape) const;

  /// Whether `prefix + name` is in the checkpoint.
  bool contains(const std::string& name) const;

 private:
  friend class Checkpoint;
  WeightScope(Checkpoint& checkpoint, std::string prefix);

  Checkpoint* checkpoint_;
  std::string prefix_;
};

/// A model folder in Hugging Face layout: config.json and weights. Loading is strict.
class Checkpoint {
 public:
  /// @throws Error{not_found, corrupt_data}.
  explicit Checkpoint(const std::filesystem::path& folder);
  ~Checkpoint();

  const std::filesystem::path& folder() const;
  /// The content of config.json.
  const Json& config() const;
  /// `config()["model_type"]`.
  std::string model_type() const;

  WeightScope weights(const std::string& prefix = "");

  /// To be called when the model is built.
  /// @throws Error{corrupt_data} listing every missing, unexpected and wrongly shaped tensor.
  void finish() const;

 private:
  friend class WeightScope;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ogam

#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "core/base/json.h"
#include "core/tensor/block_format.h"

namespace ogam {

class Checkpoint;
class WeightSource;

/// The tensors of a checkpoint under a prefix. Asking for a tensor takes it off the list of
/// unexpected ones; a missing or wrongly shaped tensor is noted in the checkpoint and answered with
/// zeros, so that `Checkpoint::finish` can list everything that is wrong in one error.
class WeightScope {
 public:
  /// The scope `prefix + name + "."`.
  WeightScope scope(const std::string& name) const;

  /// The tensor `prefix + name` in the checkpoint's precision, contiguous; one of integers is as
  /// bad as one of another shape.
  at::Tensor get(const std::string& name, at::IntArrayRef shape) const;

  /// The tensor as stored, a view of the file: for tables of which few rows are used.
  at::Tensor get_stored(const std::string& name, at::IntArrayRef shape) const;

  /// The tensor in the blocks that the file packs it into, to compute on without widening it;
  /// nothing, and then `get` is to be asked, where it is not packed or something is wrong with it.
  std::optional<TensorBlocks> get_blocks(const std::string& name, at::IntArrayRef shape) const;

  /// In which floating point tensors are handed out: float32 or bfloat16.
  at::ScalarType precision() const;

  /// Whether the tensor `prefix + name` is in the checkpoint.
  bool contains(const std::string& name) const;
  /// Whether any tensor lies under this scope.
  bool empty() const;

  /// The model has no use for the tensors under `prefix + name`, nor for one of that very name:
  /// they may be there.
  void ignore(const std::string& name) const;

 private:
  friend class Checkpoint;
  WeightScope(Checkpoint& checkpoint, std::string prefix);

  Checkpoint* checkpoint_;
  std::string prefix_;
};

/// A model folder in Hugging Face layout, as open_model reads it. Loading is strict.
class Checkpoint {
 public:
  /// @param precision in which floating point tensors are handed out: float32 or bfloat16.
  /// @throws what open_model throws; Error{unsupported} for another precision: float16
  ///     overflows in several models and is slow on CPUs.
  explicit Checkpoint(const std::filesystem::path& folder,
                      at::ScalarType precision = at::ScalarType::Float);
  /// The same folder with other weights than its files hold.
  Checkpoint(const std::filesystem::path& folder, std::unique_ptr<WeightSource> weights,
             at::ScalarType precision = at::ScalarType::Float);
  ~Checkpoint();

  const std::filesystem::path& folder() const;
  /// The content of config.json.
  const Json& config() const;
  /// `config()["model_type"]`.
  std::string model_type() const;

  /// The name of config.json, for errors.
  std::string origin() const;

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

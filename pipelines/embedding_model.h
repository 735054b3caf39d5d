#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <string>
#include <vector>

#include "encoders/encoder.h"

namespace ogam {

/// An embedding model by itself, without a pack.
class [[gnu::visibility("default")]] EmbeddingModel {
 public:
  /// @param folder_or_id a folder in Hugging Face layout, or the id of a model that was pulled.
  /// @param precision float32 or bfloat16.
  /// @throws Error{unavailable} when it is not there, naming the command that pulls it;
  ///     Error{unsupported, corrupt_data} when it cannot be used.
  static EmbeddingModel load(const std::string& folder_or_id,
                             at::ScalarType precision = at::ScalarType::Float);

  const std::filesystem::path& folder() const { return folder_; }
  const std::string& model_type() const { return model_type_; }
  const Encoders& encoders() const { return encoders_; }

  /// Every output of any modality, by name, once.
  std::vector<EncoderOutputInfo> outputs() const;

  /// The identity of an output's vector space: a hash over the files that hold the weights, the
  /// preprocessing and the tokenizer. Reads them all.
  std::string space(const std::string& output) const;

 private:
  EmbeddingModel(std::filesystem::path folder, std::string model_type, Encoders encoders);

  std::filesystem::path folder_;
  std::string model_type_;
  Encoders encoders_;
};

}  // namespace ogam

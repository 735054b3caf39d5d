#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/tensor/ctranslate2.h"
#include "core/tensor/weight_source.h"

namespace ogam {

/// The weights of a CTranslate2 model as floating point numbers: quantised ones are widened, tied
/// ones are listed under all their names, and what describes the model is kept apart.
class CTranslate2Weights : public WeightSource {
 public:
  /// @throws what CTranslate2File throws; Error{corrupt_data} for integers without a scale that
  ///     fits them.
  explicit CTranslate2Weights(const std::filesystem::path& path);

  /// Every vector and matrix but the scales; integers as the float32 that they stand for.
  const std::vector<TensorInfo>& tensors() const override { return tensors_; }
  at::Tensor load(const std::string& name) const override;

  const CTranslate2File& file() const { return file_; }
  const std::string& origin() const { return origin_; }

  /// A single number that describes the model, such as "encoder/num_heads".
  /// @throws Error{corrupt_data} when it is not there.
  std::int64_t attribute(const std::string& name) const;

 private:
  std::string origin_;
  CTranslate2File file_;
  std::vector<TensorInfo> tensors_;
};

/// The config.json of `WhisperForConditionalGeneration` for a CTranslate2 model: sizes from the
/// shapes of its tensors, and what its own config.json says of decoding under Hugging Face's keys.
///
/// @param settings the content of that config.json.
/// @throws Error{corrupt_data} for tensors or numbers that are missing, Error{unsupported} for
///     mathematics that is not Whisper's.
Json whisper_config_of(const CTranslate2Weights& weights, const Json& settings);

}  // namespace ogam

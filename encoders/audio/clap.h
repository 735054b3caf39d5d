#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/nn/activation.h"
#include "core/nn/layers.h"
#include "core/tensor/checkpoint.h"
#include "encoders/audio/clap_audio.h"
#include "encoders/audio/clap_features.h"
#include "encoders/encoder.h"
#include "encoders/text/bert.h"
#include "encoders/text/sentence_tokenizer.h"

namespace ogam {

/// What takes a tower's vector into the joint space. Names: `linear1`, `linear2`.
/// Source: `ClapProjectionLayer`.
class ClapProjection {
 public:
  struct Config {
    std::int64_t in = 0;
    std::int64_t out = 0;
    Activation activation = nullptr;
  };
  ClapProjection(const WeightScope& weights, const Config& config);
  at::Tensor operator()(const at::Tensor& x) const { return linear2_(activation_(linear1_(x))); }
  std::int64_t dimension() const { return dimension_; }

 private:
  std::int64_t dimension_;
  Activation activation_;
  Linear linear1_;
  Linear linear2_;
};

/// CLAP's vectors of texts: the first token of a RoBERTa through its pooler, projected. Names as in
/// Hugging Face `ClapTextModel`. Source: Wu et al. 2023, section 2.
class ClapTextEncoder : public TextEncoder {
 public:
  ClapTextEncoder(const std::filesystem::path& folder, const WeightScope& weights,
                  const BertConfig& config, ClapProjection projection);

  std::vector<EncoderOutputInfo> outputs() const override;
  std::vector<EncoderOutput> encode(std::span<const std::string> texts,
                                    std::string_view prompt) const override;

 private:
  SentenceTokenizer tokenizer_;
  BertModel model_;
  Linear pooler_;
  ClapProjection projection_;
};

/// CLAP's vectors of sounds. A sound that is longer than window() is heard in its middle, or by a
/// model with fusion as a whole and in three cuts. Such a model fuses every sound: so does the
/// reference with a sound by itself, while in a batch it fuses those that are longer than a window,
/// or one drawn by chance.
/// Source: Wu et al. 2023, section 2.
class ClapAudioEncoder : public AudioEncoder {
 public:
  /// @throws Error{unsupported, corrupt_data} when the tower does not take such features.
  ClapAudioEncoder(const ClapFeatures& features, ClapAudioTower tower, ClapProjection projection);

  std::vector<EncoderOutputInfo> outputs() const override;
  int sample_rate() const override;
  Time window() const override;
  std::vector<EncoderOutput> encode(std::span<const std::vector<float>> clips) const override;

 private:
  ClapFeatures features_;
  ClapAudioTower tower_;
  ClapProjection projection_;
};

/// Builds the model from a folder with `model_type` "clap".
/// @throws Error{corrupt_data, unsupported}.
Encoders make_clap(Checkpoint& checkpoint);

}  // namespace ogam

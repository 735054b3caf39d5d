#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "decoders/audio/hifi_gan.h"
#include "decoders/audio/vits_config.h"
#include "decoders/audio/vits_durations.h"
#include "decoders/audio/vits_flow.h"
#include "decoders/audio/vits_text_encoder.h"

namespace ogam {

/// How a text is spoken. What is left out is as config.json has it.
struct VitsOptions {
  std::optional<double> noise_scale = {};           ///< of the voice; 0 always gives the same
  std::optional<double> noise_scale_duration = {};  ///< of the rhythm
  std::optional<double> speaking_rate = {};         ///< 2 is twice as fast
  std::optional<std::int64_t> speaker = {};  ///< 0 to num_speakers - 1; without one, none is asked
};

/// Standard normal numbers of a shape, float32.
using VitsNoise = std::function<at::Tensor(at::IntArrayRef)>;

/// Numbers that depend on the seed alone, drawn from a generator of their own.
VitsNoise seeded_noise(std::uint64_t seed);

/// VITS: text, as ids of characters or phonemes, to speech.
///
/// Serves MMS-TTS and other checkpoints of Hugging Face `VitsModel`, and Piper's voices as
/// scripts/pack/converters/piper.py writes them. Weight names are Hugging Face's; what serves
/// training alone is passed over.
/// Source: Kim et al. 2021, "Conditional Variational Autoencoder with Adversarial Learning for
/// End-to-End Text-to-Speech".
class Vits {
 public:
  Vits(const VitsConfig& config, const WeightScope& weights);

  /// Speaks one text.
  ///
  /// @param ids [T] integers from 0 to vocab_size - 1, T at least 1.
  /// @param noise asked for the rhythm [1, 2, T], where durations are stochastic, and for the voice
  ///     [1, flow_size, frames].
  /// @return [S] float32 samples in [-1, 1] at sampling_rate.
  /// @throws Error{invalid_argument} for options or ids out of range; Error{corrupt_data} when the
  ///     weights give durations that are no numbers or absurdly long.
  at::Tensor speak(const at::Tensor& ids, const VitsOptions& options, const VitsNoise& noise) const;

  const VitsConfig& config() const { return config_; }

 private:
  /// [1, 1, T]: whole frames of each token.
  at::Tensor count_frames(const at::Tensor& log_durations, double rate) const;

  VitsConfig config_;
  VitsTextEncoder text_encoder_;
  std::unique_ptr<VitsDurations> duration_predictor_;
  VitsFlow flow_;
  HifiGan decoder_;
  std::vector<Embedding> embed_speaker_;  // one, or none where there is one speaker
};

}  // namespace ogam

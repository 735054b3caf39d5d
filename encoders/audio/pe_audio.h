#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/nn/config_reader.h"
#include "core/nn/pe_encoder.h"
#include "core/nn/processor_config.h"
#include "core/tensor/checkpoint.h"
#include "encoders/audio/dac_encoder.h"
#include "encoders/audio/waveform_features.h"
#include "encoders/encoder.h"

namespace ogam {

/// What turns 48 kHz sound into PE-AV's states, one per frame of its codec (40 ms in the published
/// models): the codec's encoder, a bottleneck, and the transformer.
///
/// Names as in Hugging Face `PeAudioEncoder`.
class PeAudioTower {
 public:
  struct Config {
    DacEncoderConfig dac;
    PeEncoderConfig encoder;

    /// Reads a `PeAudioEncoderConfig`.
    /// @throws Error{corrupt_data, unsupported}.
    static Config parse(const ConfigReader& config);
  };
  /// @param processor how the model folder prepares sound.
  /// @throws Error{corrupt_data, unsupported} for its settings, among them those that do not make
  ///     whole frames of the codec.
  PeAudioTower(const WeightScope& weights, const Config& config, const ProcessorConfig& processor);

  /// @param samples -1 to 1, at sample_rate(); the end is filled to a whole frame.
  /// @return the states of [1, ceil(S / hop)] frames.
  /// @throws Error{invalid_argument} when there are none, Error{corrupt_data} when some are not
  ///     finite.
  PeEncoder::Output forward(const std::vector<float>& samples) const;

  int sample_rate() const { return features_.config().sampling_rate; }
  /// How much of the sound a frame is.
  Time frame() const;
  const PeEncoderConfig& config() const { return encoder_.config(); }

 private:
  WaveformFeatures features_;
  DacEncoder dac_;
  Conv bottleneck_;
  Linear data_proj_;
  PeEncoder encoder_;
};

/// PE-AV's vectors of sound. Clips are encoded one at a time: neither the codec nor the transformer
/// sees anything of its neighbours.
/// Source: `PeAudioModel`.
class PeAudioEncoder : public AudioEncoder {
 public:
  struct Config {
    std::string output;  ///< its name
    int dimension = 0;
  };
  PeAudioEncoder(std::shared_ptr<const PeAudioTower> tower, PeHead head, Config config);

  std::vector<EncoderOutputInfo> outputs() const override;
  int sample_rate() const override { return tower_->sample_rate(); }
  Time window() const override;
  std::vector<EncoderOutput> encode(std::span<const std::vector<float>> clips) const override;

 private:
  std::shared_ptr<const PeAudioTower> tower_;
  PeHead head_;
  Config config_;
};

/// Builds the model from a folder with `model_type` "pe_audio": texts and sound in one space.
/// @throws Error{corrupt_data, unsupported}.
Encoders make_pe_audio(Checkpoint& checkpoint);

}  // namespace ogam

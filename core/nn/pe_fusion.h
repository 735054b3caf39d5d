#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "core/nn/config_reader.h"
#include "core/nn/layers.h"
#include "core/nn/pe_encoder.h"

namespace ogam {

/// PE-AV's encoder of sound and frames together. It sees what the encoders of each make of their
/// input and nothing else: the frames' states are spread over the sound's by nearest neighbour, so
/// that both have the sound's rhythm, then joined channel by channel and read by a PeEncoder.
///
/// Names as in Hugging Face `PeAudioVideoEncoder`, without the two encoders within its embedder.
/// Source: `PeAudioVideoEncoderEmbedder`.
class PeFusion {
 public:
  struct Config {
    PeEncoderConfig encoder;
    std::int64_t audio_size = 0;  ///< of the sound's states
    std::int64_t video_size = 0;  ///< of the frames' states
  };

  /// @param weights of the joint encoder, `audio_video_encoder` in a checkpoint; what some writers
  ///     store there a second time of the encoders within is passed over.
  /// @throws Error{unsupported} when the two sizes differ, which the reference cannot join either.
  PeFusion(const WeightScope& weights, const Config& config);

  /// @param audio [B, T, audio_size], the sound's states; @param video [B, F, video_size], the
  ///     frames' states over the same span of time.
  /// @return a vector for the whole and one for each of the T states of the sound.
  /// @throws Error{invalid_argument} when they have other shapes.
  PeEncoder::Output forward(const at::Tensor& audio, const at::Tensor& video) const;

  const Config& config() const { return config_; }

 private:
  Config config_;
  Conv video_proj_;
  LayerNorm video_norm_;
  Linear concat_modality_proj_;
  Linear data_proj_;
  PeEncoder encoder_;
};

/// The heads of a text together with media, and scores of vectors at their own length: nothing
/// uses them.
void ignore_pe_scores(const WeightScope& weights);

}  // namespace ogam

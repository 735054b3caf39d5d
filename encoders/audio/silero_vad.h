#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "core/nn/layers.h"
#include "core/tensor/checkpoint.h"

namespace ogam {

/// Silero's voice activity detector for 16 kHz: the probability of speech in every 32 ms.
///
/// A short-time Fourier transform written as a convolution, four convolutions, an LSTM. Weight
/// names are those of the 16 kHz half of `silero_vad.jit`. Source:
/// https://github.com/snakers4/silero-vad, version 6.2.
class SileroVad {
 public:
  static constexpr std::int64_t kSampleRate = 16000;
  static constexpr std::int64_t kChunk = 512;   ///< samples per probability
  static constexpr std::int64_t kContext = 64;  ///< samples before a chunk that are seen with it

  /// @throws Error{corrupt_data} when the weights do not fit, Error{unsupported} when config.json
  ///     describes another model.
  explicit SileroVad(Checkpoint& checkpoint);

  /// What is carried from chunk to chunk of one stream.
  struct State {
    at::Tensor hidden;   ///< [1, 1, 128]
    at::Tensor cell;     ///< [1, 1, 128]
    at::Tensor context;  ///< [kContext], the end of the last chunk
  };
  State start() const;

  /// @param samples the next N chunks of the stream.
  /// @return N probabilities; they do not depend on how a stream is divided into calls.
  /// @throws Error{invalid_argument} when the number of samples is not a multiple of kChunk,
  ///     Error{corrupt_data} for samples that are not finite; `state` is then as it was.
  std::vector<float> operator()(std::span<const float> samples, State& state) const;

 private:
  at::Tensor stft_basis_;  // [2 * 129, 1, 256]: cosines, then sines
  std::vector<Conv> encoder_;
  std::vector<at::Tensor> lstm_;  // input weights, hidden weights, input bias, hidden bias
  Conv output_;
};

}  // namespace ogam

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

#include "core/tensor/checkpoint.h"

namespace ogam {

/// What a neural audio codec's codes are and become.
struct CodecShape {
  std::int64_t codebooks = 0;      ///< that a frame has at most
  std::int64_t codebook_size = 0;  ///< codes of each
  std::int64_t hop_length = 0;     ///< samples of a frame
  std::int64_t channels = 1;
  std::int64_t sample_rate = 0;  ///< hertz
};

/// The half of a neural audio codec that turns codes into sound.
class CodecDecoder {
 public:
  virtual ~CodecDecoder() = default;
  virtual const CodecShape& shape() const = 0;

  /// @param codes [Q, T] integers from 0 to codebook_size - 1, those of the first Q codebooks; T is
  ///     at least 1.
  /// @return [channels, S] float32 samples, S about T * hop_length.
  /// @throws Error{invalid_argument} for codes of another shape or out of range.
  at::Tensor decode(const at::Tensor& codes) const;

 private:
  virtual at::Tensor decode_checked(const at::Tensor& codes) const = 0;
};

/// The sum of the vectors that codes stand for in residual quantisation.
/// @param codebooks one for each row of the codes at least, [codes, D] each.
/// @param codes [Q, T] from 0 to codebook_size - 1; @return [T, D].
at::Tensor sum_of_codes(std::span<const at::Tensor> codebooks, const at::Tensor& codes);

/// Loads the decoder of a codec by its `model_type`: dac, encodec, mimi. Weights of the encoder may
/// be there.
/// @throws Error{unsupported} for another type, Error{corrupt_data, not_found}.
std::unique_ptr<CodecDecoder> load_codec_decoder(const std::filesystem::path& folder);

}  // namespace ogam

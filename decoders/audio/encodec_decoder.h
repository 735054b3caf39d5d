#pragma once

#include <memory>

#include "decoders/audio/codec_decoder.h"

namespace ogam {

/// EnCodec's decoder, with the codebooks of its quantizer; of sound that was coded in one piece (no
/// `chunk_length_s`).
/// Names as in Hugging Face `EncodecModel`, weights normalised or not.
/// Source: Défossez et al. 2022, section 3.1.
/// @throws Error{corrupt_data, unsupported} for its configuration.
std::unique_ptr<CodecDecoder> make_encodec_decoder(Checkpoint& checkpoint);

}  // namespace ogam

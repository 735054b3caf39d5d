#pragma once

#include <memory>

#include "decoders/audio/codec_decoder.h"

namespace ogam {

/// The decoder of the Descript Audio Codec, with the codebooks of its quantizer.
/// Names as in Hugging Face `DacModel`, weights normalised or not.
/// Source: Kumar et al. 2023, section 3.
/// @throws Error{corrupt_data, unsupported} for its configuration.
std::unique_ptr<CodecDecoder> make_dac_decoder(Checkpoint& checkpoint);

}  // namespace ogam

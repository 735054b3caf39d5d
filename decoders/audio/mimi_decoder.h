#pragma once

#include <memory>

#include "decoders/audio/codec_decoder.h"

namespace ogam {

/// Mimi's decoder, with the codebooks of its quantizer: latents are upsampled, read by a causal
/// transformer with windows, and become sound in SEANet's decoder. The first codebooks say what is
/// said, the others how it sounds.
/// Names as in Hugging Face `MimiModel`. Source: Défossez et al. 2024, "Moshi", section 3.3.
/// @throws Error{corrupt_data, unsupported} for its configuration.
std::unique_ptr<CodecDecoder> make_mimi_decoder(Checkpoint& checkpoint);

}  // namespace ogam

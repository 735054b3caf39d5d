#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/tensor/checkpoint.h"
#include "encoders/encoder.h"

namespace ogam {

/// Builds the encoder that the checkpoint's `model_type` names.
/// @throws Error{unsupported} listing the model types of that modality when it is none of them,
///     Error{corrupt_data} when the weights do not fit.
std::unique_ptr<TextEncoder> make_text_encoder(Checkpoint& checkpoint);
std::unique_ptr<ImageEncoder> make_image_encoder(Checkpoint& checkpoint);
std::unique_ptr<AudioEncoder> make_audio_encoder(Checkpoint& checkpoint);

}  // namespace ogam

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/lane.h"
#include "encoders/encoder.h"

namespace ogam {

/// One of a model's encoders, by what it encodes.
enum class EncoderKind { text, image, audio, video };

/// "text", "image", "audio" or "video": as queries name it.
std::string_view encoder_kind_name(EncoderKind kind);

/// The kinds that queries may be of, in the order of EncoderKind.
const std::vector<EncoderKind>& all_encoder_kinds();

/// The outputs of one of a model's encoders; none where the model does not have it.
std::vector<EncoderOutputInfo> encoder_outputs(const Encoders& encoders, EncoderKind kind);

/// Whether a model has this encoder, with an output of this name.
bool has_output(const Encoders& encoders, EncoderKind kind, const std::string& output);

/// Which of a model's encoders makes the vectors of a lane: pictures are seen by an image encoder,
/// or clip by clip where the model has none; see the table in lane_encoders.cpp.
/// @return nothing when the model has no encoder for the lane.
std::optional<EncoderKind> lane_encoder(Lane lane, const Encoders& encoders);

/// Which of a model's outputs a lane keeps: the one that is named after what the lane sees, or all;
/// of words the first.
/// @return none when the model has no encoder for the lane.
std::vector<EncoderOutputInfo> lane_outputs(Lane lane, const Encoders& encoders);

/// Which of a model's encoders takes media of a kind into an output of a lane's. A picture goes
/// where there is no image encoder as a clip of one frame; a clip as the lane itself sees clips:
/// its pictures, its sound, or both.
/// @return nothing when there is no way.
std::optional<EncoderKind> encoder_into_lane(EncoderKind media, Lane lane, const Encoders& encoders,
                                             const std::string& output);

/// A picture through the encoder that `encoder_into_lane` named for it.
std::vector<EncoderOutput> encode_picture(const Encoders& encoders, EncoderKind kind,
                                          const Image& image);

}  // namespace ogam

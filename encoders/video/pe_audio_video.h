#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/nn/pe_encoder.h"
#include "core/nn/pe_fusion.h"
#include "core/nn/tower_tokens.h"
#include "core/tensor/checkpoint.h"
#include "encoders/audio/pe_audio.h"
#include "encoders/encoder.h"
#include "encoders/video/pe_video.h"

namespace ogam {

/// PE-AV's vectors of clips: `video`, what is seen, and `audio_video`, what is seen and heard
/// together. A clip without sound is heard as silence that lasts until its last frame. Clips are
/// encoded one at a time, their frames in batches.
/// Source: `PeAudioVideoModel`.
class PeAudioVideoEncoder : public VideoEncoder {
 public:
  struct Parts {
    std::shared_ptr<const PeAudioTower> audio;
    std::shared_ptr<const PeVideoTower> video;
    PeFusion fusion;
    PeHead video_head;
    PeHead audio_video_head;
    int dimension = 0;  ///< of every output
  };
  explicit PeAudioVideoEncoder(Parts parts);

  std::vector<EncoderOutputInfo> outputs() const override;
  VideoSampling sampling() const override;
  std::vector<EncoderOutput> encode(std::span<const VideoClip> clips) const override;

  /// The towers' states of a clip, of which the joint encoder makes `audio_video`.
  /// @throws Error{invalid_argument} when it has no frames, or not as many times.
  TowerTokens audio_states(const VideoClip& clip) const;
  TowerTokens video_states(const VideoClip& clip) const;

 private:
  Parts parts_;
};

/// Builds the model from a folder with `model_type` "pe_audio_video". It has three spaces, each
/// shared by texts and one kind of media: `audio`, `video` and `audio_video`; texts have an output
/// for each.
/// @throws Error{corrupt_data, unsupported}.
Encoders make_pe_audio_video(Checkpoint& checkpoint);

}  // namespace ogam

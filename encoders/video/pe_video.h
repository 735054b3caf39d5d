#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/nn/config_reader.h"
#include "core/nn/layers.h"
#include "core/nn/pe_encoder.h"
#include "core/nn/processor_config.h"
#include "core/tensor/checkpoint.h"
#include "encoders/encoder.h"
#include "encoders/image/image_processor.h"
#include "encoders/image/pe_core.h"
#include "encoders/video/frame_sampling.h"

namespace ogam {

/// Which frames of a clip PE-AV sees, and how they become its input.
/// Source: `PeVideoVideoProcessor`.
class PeVideoFrames {
 public:
  /// @throws Error{corrupt_data, unsupported}.
  explicit PeVideoFrames(const ProcessorConfig& config);

  /// A model that was trained with a fixed number of frames wants those, spread over the clip. The
  /// others take as many as there are; two a second, at most 64, keep them affordable.
  VideoSampling sampling() const;

  /// The numbers of the frames that are seen of a clip of `count`: all of them, or where the model
  /// was trained with a fixed number so many, from the first to the last; a shorter clip's frames
  /// are then seen several times.
  std::vector<std::int64_t> choose(std::size_t count) const;

  /// @return [1, 3, H, W] float32.
  at::Tensor pixels(const Image& frame) const;

 private:
  FrameSampling sampling_;
  ImageProcessor processor_;
};

/// What turns frames into PE-AV's states, one per frame: the Perception Encoder's picture tower,
/// its vectors at length 1, and the transformer.
///
/// Names as in Hugging Face `PeVideoEncoder`.
class PeVideoTower {
 public:
  struct Config {
    PeCoreConfig vision;
    PeEncoderConfig encoder;

    /// Reads a `PeVideoEncoderConfig`.
    /// @throws Error{corrupt_data, unsupported}.
    static Config parse(const ConfigReader& config);
  };
  /// @param processor how the model folder prepares frames.
  /// @throws Error{corrupt_data, unsupported} for its settings.
  PeVideoTower(const WeightScope& weights, const Config& config, const ProcessorConfig& processor);

  /// @param frames F of them in order of time.
  /// @return the states of [1, F] frames, F as PeVideoFrames::choose has it.
  /// @throws Error{invalid_argument} when there are none.
  PeEncoder::Output forward(std::span<const Image> frames) const;

  /// Which frames of a clip of `count` the states are of.
  std::vector<std::int64_t> choose(std::size_t count) const { return frames_.choose(count); }

  VideoSampling sampling() const { return frames_.sampling(); }
  const PeEncoderConfig& config() const { return encoder_.config(); }

 private:
  PeVideoFrames frames_;
  PeCoreVision vision_;
  Linear proj_;
  Linear data_proj_;
  PeEncoder encoder_;
};

/// PE-AV's vectors of what is seen of a clip. Clips are encoded one at a time, their frames in
/// batches.
/// Source: `PeVideoModel`.
class PeVideoEncoder : public VideoEncoder {
 public:
  struct Config {
    std::string output;  ///< its name
    int dimension = 0;
  };
  PeVideoEncoder(std::shared_ptr<const PeVideoTower> tower, PeHead head, Config config);

  std::vector<EncoderOutputInfo> outputs() const override;
  VideoSampling sampling() const override { return tower_->sampling(); }
  std::vector<EncoderOutput> encode(std::span<const VideoClip> clips) const override;

 private:
  std::shared_ptr<const PeVideoTower> tower_;
  PeHead head_;
  Config config_;
};

/// Builds the model from a folder with `model_type` "pe_video": texts and video in one space.
/// @throws Error{corrupt_data, unsupported}.
Encoders make_pe_video(Checkpoint& checkpoint);

}  // namespace ogam

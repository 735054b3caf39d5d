#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/nn/layers.h"
#include "core/nn/same_conv.h"
#include "core/tensor/checkpoint.h"
#include "encoders/audio/mel.h"
#include "encoders/class_posterior.h"
#include "encoders/encoder.h"

namespace ogam {

/// What config.json says of a YAMNet.
struct YamnetConfig {
  MelConfig mel;
  double log_offset = 0;              ///< the network sees ln(mel + log_offset)
  std::int64_t patch_frames = 0;      ///< mel frames in a patch
  std::int64_t patch_hop_frames = 0;  ///< from a patch to the next
  std::int64_t stem_channels = 0;
  std::int64_t stem_stride = 0;
  std::vector<std::int64_t> block_channels;
  std::vector<std::int64_t> block_strides;
  std::int64_t num_labels = 0;
  int posterior_top_k = 0;
  std::vector<std::string> labels;  ///< the class names, [num_labels]

  /// @throws Error{corrupt_data} when a value is missing or absurd, Error{unsupported} for
  /// mathematics that is
  ///     not implemented.
  static YamnetConfig parse(const Json& config, const std::string& origin);
};

/// YAMNet: a MobileNet over patches of the log-mel spectrogram that hears 521 kinds of sound,
/// several at a time.
///
/// Outputs: `posterior` [N, num_labels], the mean over a clip's patches of the sigmoid of the
/// logits as posterior_vectors takes it, and `features` [N, D], the normalised mean of the patches'
/// embeddings. Clips are encoded one at a time, their patches in batches: a clip's vectors do not
/// depend on its neighbours, and memory does not grow with its length.
///
/// Source: TensorFlow models, audioset/yamnet; Hershey et al. 2017; Howard et al. 2017.
class Yamnet : public AudioEncoder {
 public:
  /// What the network says of patches.
  struct Output {
    at::Tensor embeddings;  ///< [P, D]
    at::Tensor logits;      ///< [P, num_labels]
  };

  Yamnet(const YamnetConfig& config, const WeightScope& weights);

  std::vector<EncoderOutputInfo> outputs() const override;
  int sample_rate() const override { return mel_.config().sample_rate; }
  Time window() const override;
  std::vector<EncoderOutput> encode(std::span<const std::vector<float>> clips) const override;

  const YamnetConfig& config() const { return config_; }

  /// How many patches a clip has: its end is padded with silence to fill the last one.
  std::int64_t patch_count(std::size_t samples) const;

  /// Patches `first` to `first + count` of a clip.
  /// @return [count, 1, patch_frames, mel bands] float32.
  at::Tensor patches(std::span<const float> clip, std::int64_t first, std::int64_t count) const;

  /// @param patches [P, 1, patch_frames, mel bands].
  Output forward(const at::Tensor& patches) const;

  /// The mean probability of every class over a clip, [num_labels].
  /// @throws Error{invalid_argument} for an empty clip,
  ///     Error{corrupt_data} for samples that are not finite.
  at::Tensor probabilities(std::span<const float> clip) const;

 private:
  struct Block {
    SameConv depthwise;
    SameConv pointwise;
  };
  struct Summary {
    at::Tensor embedding;      // [D]
    at::Tensor probabilities;  // [num_labels]
  };
  Summary summarize(std::span<const float> clip) const;

  std::int64_t samples_in(std::int64_t frames) const;

  YamnetConfig config_;
  MelSpectrogram mel_;
  SameConv stem_;
  std::vector<Block> blocks_;
  Linear classifier_;
};

/// Builds the model from a folder with `model_type` "yamnet".
/// @throws Error{corrupt_data, unsupported}.
Encoders make_yamnet(Checkpoint& checkpoint);

}  // namespace ogam

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "core/nn/batch_norm.h"
#include "core/nn/layers.h"

namespace ogam {

/// Patches of a whole sound enriched with those of three cuts of it: the cuts' patches are three
/// times as wide, lie side by side, and are weighted against the whole's by an attention that looks
/// at every patch by itself and at all together.
///
/// Names as in Hugging Face `ClapAudioPatchEmbed`: `mel_conv2d`, `fusion_model`.
/// Source: Wu et al. 2023, section 2.3; Dai et al. 2021 (attentional feature fusion), section 3.
class ClapFusion {
 public:
  struct Config {
    std::int64_t channels = 0;  ///< of a patch
    std::int64_t patch_size = 0;
    std::int64_t patch_stride = 0;
    std::int64_t reduction = 0;  ///< how many times fewer channels the attention has inside
  };
  ClapFusion(const WeightScope& weights, const Config& config);

  /// @param whole [B, channels, rows, columns], the patches of the whole sound.
  /// @param cuts [B, K, S, S], pictures of the cuts.
  /// @return [B, channels, rows, columns].
  at::Tensor operator()(const at::Tensor& whole, const at::Tensor& cuts) const;

 private:
  /// Two convolutions of single patches, each behind it a normalisation, ReLU between them.
  struct Attention {
    /// @param first the number of the first convolution among the layers of its sequence.
    Attention(const WeightScope& weights, const Config& config, int first);
    at::Tensor operator()(const at::Tensor& x) const;

    Conv squeeze;
    BatchNorm squeeze_norm;
    Conv expand;
    BatchNorm expand_norm;
  };

  Conv mel_conv2d_;
  Attention local_;
  Attention global_;
};

}  // namespace ogam

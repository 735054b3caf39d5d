#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "core/nn/activation.h"
#include "core/nn/attention.h"
#include "core/nn/batch_norm.h"
#include "core/nn/config_reader.h"
#include "core/nn/layers.h"
#include "core/nn/mlp.h"
#include "encoders/audio/clap_fusion.h"

namespace ogam {

/// The `audio_config` of a Hugging Face `ClapConfig`.
struct ClapAudioConfig {
  std::int64_t num_mel_bins = 0;
  std::int64_t spec_size = 0;     ///< rows and columns of the picture that the spectrogram becomes
  std::int64_t patch_size = 0;    ///< of the picture, in both directions
  std::int64_t patch_stride = 0;  ///< from a patch to the next
  std::int64_t patch_embeds_hidden_size = 0;  ///< width of the first stage; each stage doubles it
  std::int64_t window_size = 0;               ///< patches under one attention, in both directions
  std::vector<std::int64_t> depths;           ///< layers of every stage
  std::vector<std::int64_t> num_attention_heads;  ///< of every stage
  double mlp_ratio = 0;
  Activation activation = nullptr;
  double layer_norm_eps = 0;
  bool enable_fusion = false;  ///< sees four pictures of a sound: the whole, and three cuts of it
  std::int64_t aff_block_r =
      0;  ///< how many times fewer channels the fusion's attention has inside

  /// Spectrograms of a sound.
  std::int64_t views() const { return enable_fusion ? 4 : 1; }
  /// Into how many strips of time the spectrogram is cut to fill the square picture.
  std::int64_t strips() const { return spec_size / num_mel_bins; }
  /// How many frames of the spectrogram fill the picture.
  std::int64_t frames() const { return spec_size * strips(); }
  /// Width of a stage.
  std::int64_t width(std::size_t stage) const { return patch_embeds_hidden_size << stage; }
  /// Patches of a stage in either direction.
  std::int64_t grid(std::size_t stage) const { return spec_size / patch_stride >> stage; }
  /// Width of the last stage: the size of the output.
  std::int64_t hidden_size() const { return width(depths.size() - 1); }

  /// @throws Error{corrupt_data} when a value is missing, absurd or does not fit the others,
  ///     Error{unsupported} for mathematics that is not implemented: fusion by channels, stages
  ///     whose grid is not made of whole windows.
  static ClapAudioConfig parse(const ConfigReader& config);
};

/// CLAP's audio tower, HTSAT: a log-mel spectrogram, cut into strips of time that make a square
/// picture, goes through a Swin transformer; the mean over the last stage's patches describes it.
///
/// Names as in Hugging Face `ClapAudioModel`. Source: Chen et al. 2022 (HTS-AT), section 3; Liu et
/// al. 2021 (Swin), section 3.
class ClapAudioTower {
 public:
  ClapAudioTower(const ClapAudioConfig& config, const WeightScope& weights);

  const ClapAudioConfig& config() const { return config_; }

  /// @param features [B, views, T, num_mel_bins] float32, decibels; T is at most
  ///     config().frames().
  /// @return [B, hidden_size] in the precision of the weights.
  /// @throws Error{invalid_argument} when `features` has another shape.
  at::Tensor forward(const at::Tensor& features) const;

 private:
  /// Attention within windows, shifted by half a window in every second layer, then the MLP.
  struct Layer {
    struct Config {
      std::int64_t width = 0;
      std::int64_t heads = 0;
      std::int64_t window = 0;
      std::int64_t shift = 0;  ///< of the windows, in patches
    };
    Layer(const WeightScope& weights, const ClapAudioConfig& config, const Config& layer);

    /// @param x [B, rows, columns, width].
    at::Tensor operator()(const at::Tensor& x) const;
    /// What is added to the scores: [windows or 1, heads, window^2, window^2].
    at::Tensor score_bias(std::int64_t rows, std::int64_t columns) const;

    Config config;
    LayerNorm layernorm_before;
    MultiHeadAttention attention;
    at::Tensor relative_position_bias_table;  // [(2 * window - 1)^2, heads]
    LayerNorm layernorm_after;
    Mlp mlp;
  };

  /// Two by two patches become one of twice the width.
  struct Downsample {
    Downsample(const WeightScope& weights, std::int64_t width);
    at::Tensor operator()(const at::Tensor& x) const;

    LayerNorm norm;
    Linear reduction;
  };

  struct Stage {
    std::vector<Layer> blocks;
    std::optional<Downsample> downsample;  // none after the last
  };

  /// The spectrograms [B, views, T, num_mel_bins] as pictures [B, views, spec_size, spec_size].
  at::Tensor pictures(const at::Tensor& features) const;

  ClapAudioConfig config_;
  at::ScalarType precision_;
  BatchNorm batch_norm_;
  Conv patches_;
  std::optional<ClapFusion> fusion_;
  LayerNorm patch_norm_;
  std::vector<Stage> stages_;
  LayerNorm norm_;
};

}  // namespace ogam

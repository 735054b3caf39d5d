#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/nn/layers.h"
#include "core/nn/mlp.h"
#include "core/nn/rope.h"
#include "core/tensor/checkpoint.h"
#include "fusion/fusion.h"

namespace ogam {

/// The shape of an OgamFusion, as its config.json gives it.
struct OgamFusionConfig {
  std::vector<FusionTower> towers;
  std::int64_t hidden_size = 512;
  std::int64_t num_hidden_layers = 4;
  std::int64_t num_attention_heads = 8;
  std::int64_t intermediate_size = 1536;
  std::int64_t output_size = 512;  ///< D of the fused vectors
  /// Lengths, ascending and below output_size, to which fused vectors may be cut: training weighs
  /// each of these prefixes. Source: Kusupati et al. 2022.
  std::vector<std::int64_t> matryoshka_sizes;
  /// Seconds in which the fastest and the slowest pair of channels turn once.
  double shortest_period = 0.5;
  double longest_period = 4096;
  double rms_norm_eps = 1e-6;

  /// @throws Error{corrupt_data, unsupported}.
  static OgamFusionConfig parse(const Json& config, const std::string& origin);
  Json to_json() const;
};

/// ogam's own fusion transformer: the embeddings of any set of towers over a segment in, one vector
/// out. It can be trained: `forward` is made of differentiable operations.
///
/// Each input vector, scaled to unit root mean square, passes its tower's projection and receives
/// that tower's modality embedding; a class token stands before them. Pre-norm layers (RMSNorm,
/// attention with normalised queries and keys, SiLU-gated MLP) relate them all, in both directions.
/// Rotary positions are real times, so a frame and the sound of the same moment share a position
/// whatever the rates of their towers; the class token stands at the middle of the segment. The
/// normalised class token, projected, is the segment's vector.
///
/// A missing tower contributes no token: every subset of towers is a valid input. Names of tensors:
/// `class_embedding`, `towers.NAME.projection.{weight,bias}`, `towers.NAME.modality_embedding`,
/// `layers.N.{input_layernorm,self_attn.{q,k,v,o}_proj,self_attn.{q,k}_norm,
/// post_attention_layernorm,mlp.{gate,up,down}_proj}.weight`, `norm.weight`, `head.weight`.
class OgamFusion : public FusionModel {
 public:
  OgamFusion(const OgamFusionConfig& config, const WeightScope& weights);

  /// Writes an untrained model: config.json and random weights.
  /// @throws Error{invalid_argument} when the configuration makes no sense, errors of writing.
  static void initialize(const std::filesystem::path& folder, const OgamFusionConfig& config,
                         std::uint64_t seed);
  /// Opens a model whose parameters can be written to and require gradients.
  /// @throws Error{not_found, corrupt_data, unsupported}.
  static OgamFusion open_for_training(const std::filesystem::path& folder);
  /// Writes the model: config.json and the weights as they are.
  void save(const std::filesystem::path& folder) const;

  const OgamFusionConfig& config() const { return config_; }
  const std::vector<FusionTower>& towers() const override { return config_.towers; }
  std::int64_t dimension() const override { return config_.output_size; }

  /// The same on tensors that autograd can follow.
  struct Batch {
    /// By tower: vectors [B, T, D], times [B, T] in seconds since the segment's middle, and which
    /// of them are real, boolean [B, T]. Towers may be left out; each has a T of its own.
    struct Tower {
      at::Tensor vectors;
      at::Tensor times;
      at::Tensor real;
    };
    std::map<std::string, Tower> towers;
    std::int64_t size = 0;  ///< B
  };
  struct Output {
    at::Tensor vectors;  ///< [B, output_size], L2-normalised
    at::Tensor tokens;   ///< [B, N, hidden_size], the towers in the order of the configuration
  };
  Output forward(const Batch& batch) const;

  /// The model's own parameters by their names.
  const std::map<std::string, at::Tensor>& parameters() const { return parameters_; }

 private:
  FusedSegment fuse_segment(const FusionSegment& segment, const Given& given) const override;

  struct Tower {
    Tower(const WeightScope& weights, std::int64_t size, std::int64_t hidden_size);
    Linear projection;
    at::Tensor modality_embedding;  // [hidden_size]
  };
  struct Layer {
    Layer(const WeightScope& weights, const OgamFusionConfig& config);
    at::Tensor operator()(const at::Tensor& x, const Rotation& rotation,
                          const at::Tensor& mask) const;

    std::int64_t heads;
    RmsNorm input_layernorm;
    Linear q_proj, k_proj, v_proj, o_proj;
    RmsNorm q_norm, k_norm;
    RmsNorm post_attention_layernorm;
    GatedMlp mlp;
  };

  OgamFusionConfig config_;
  std::map<std::string, at::Tensor> parameters_;
  at::Tensor class_embedding_;  // [hidden_size]
  at::Tensor frequencies_;      // [head_size / 2], radians a second
  std::vector<Tower> towers_;
  std::vector<Layer> layers_;
  RmsNorm norm_;
  Linear head_;
};

}  // namespace ogam

#include "decoders/audio/vits_durations.h"

#include <ATen/ATen.h>

#include <cmath>
#include <string>
#include <vector>

#include "core/nn/conv1d.h"
#include "core/nn/layers.h"
#include "decoders/audio/rational_quadratic_spline.h"

namespace ogam {
namespace {

/// A norm over the channels of [B, C, T].
at::Tensor over_channels(const LayerNorm& norm, const at::Tensor& x) {
  return norm(x.transpose(1, 2)).transpose(1, 2);
}

/// Residual layers of a convolution of each channel by itself, ever more dilated, and one across
/// the channels.
class DepthSeparableConvs {
 public:
  DepthSeparableConvs(const VitsConfig& config, const WeightScope& weights) {
    const auto channels = config.hidden_size;
    const auto kernel = config.duration_predictor_kernel_size;
    std::int64_t dilation = 1;
    for (std::int64_t i = 0; i < config.depth_separable_num_layers; ++i, dilation *= kernel) {
      const auto name = std::to_string(i);
      const auto scope = [&](const char* part) { return weights.scope(part).scope(name); };
      layers_.push_back({Conv1d(scope("convs_dilated"),
                                {.in = channels,
                                 .out = channels,
                                 .kernel = kernel,
                                 .padding = Conv1d::Config::same_padding(kernel, dilation),
                                 .dilation = dilation,
                                 .groups = channels}),
                         Conv1d(scope("convs_pointwise"), {.in = channels, .out = channels}),
                         LayerNorm(scope("norms_1"), {.size = channels}),
                         LayerNorm(scope("norms_2"), {.size = channels})});
    }
  }

  at::Tensor operator()(const at::Tensor& x) const {
    auto states = x;
    for (const auto& layer : layers_) {
      const auto spread = at::gelu(over_channels(layer.norm_1, layer.dilated(states)));
      states = states + at::gelu(over_channels(layer.norm_2, layer.pointwise(spread)));
    }
    return states;
  }

 private:
  struct Layer {
    Conv1d dilated;
    Conv1d pointwise;
    LayerNorm norm_1;
    LayerNorm norm_2;
  };
  std::vector<Layer> layers_;
};

/// Bends the second of two latents by a spline that the first one and the text choose.
class SplineFlow {
 public:
  SplineFlow(const VitsConfig& config, const WeightScope& weights)
      : bins_(config.duration_predictor_flow_bins),
        tail_bound_(config.duration_predictor_tail_bound),
        scale_(1 / std::sqrt(static_cast<double>(config.hidden_size))),
        conv_pre_(weights.scope("conv_pre"), {.in = 1, .out = config.hidden_size}),
        conv_dds_(config, weights.scope("conv_dds")),
        conv_proj_(weights.scope("conv_proj"), {.in = config.hidden_size, .out = 3 * bins_ - 1}) {}

  /// @param latents [1, 2, T]; @param text [1, hidden_size, T].
  at::Tensor invert(const at::Tensor& latents, const at::Tensor& text) const {
    const auto kept = latents.narrow(1, 0, 1);
    const auto states = conv_proj_(conv_dds_(conv_pre_(kept) + text));  // [1, 3K - 1, T]
    const auto curve = states.transpose(1, 2).unsqueeze(1);             // [1, 1, T, 3K - 1]
    const auto bent = invert_rational_quadratic_spline(
        latents.narrow(1, 1, 1), curve.narrow(-1, 0, bins_) * scale_,
        curve.narrow(-1, bins_, bins_) * scale_, curve.narrow(-1, 2 * bins_, bins_ - 1),
        tail_bound_);
    return at::cat({kept, bent}, 1);
  }

 private:
  std::int64_t bins_;
  double tail_bound_;
  double scale_;
  Conv1d conv_pre_;
  DepthSeparableConvs conv_dds_;
  Conv1d conv_proj_;
};

/// What a speaker adds to the states; nothing where the model has no speakers or none is given.
class SpeakerConv {
 public:
  SpeakerConv(const VitsConfig& config, const WeightScope& weights) {
    if (config.speaker_embedding_size > 0) {
      conv_.emplace_back(
          weights, Conv1d::Config{.in = config.speaker_embedding_size, .out = config.hidden_size});
    }
  }
  at::Tensor operator()(const at::Tensor& states, const at::Tensor& speaker) const {
    return speaker.defined() ? states + conv_.at(0)(speaker) : states;
  }

 private:
  std::vector<Conv1d> conv_;  // one or none
};

class StochasticDurations : public VitsDurations {
 public:
  StochasticDurations(const VitsConfig& config, const WeightScope& weights)
      : conv_pre_(weights.scope("conv_pre"), {.in = config.hidden_size, .out = config.hidden_size}),
        cond_(config, weights.scope("cond")),
        conv_dds_(config, weights.scope("conv_dds")),
        conv_proj_(weights.scope("conv_proj"),
                   {.in = config.hidden_size, .out = config.hidden_size}),
        translate_(weights.scope("flows").scope("0").get("translate", {2, 1})),
        log_scale_(weights.scope("flows").scope("0").get("log_scale", {2, 1})) {
    // Flow 1 is the last that would be undone, and by then it changes the latent that is not
    // looked at. The flows of durations that were heard serve training.
    for (std::int64_t i = 2; i <= config.duration_predictor_num_flows; ++i) {
      flows_.emplace_back(config, weights.scope("flows").scope(std::to_string(i)));
    }
    weights.scope("flows").ignore("1");
    for (const char* const name :
         {"post_conv_pre", "post_conv_dds", "post_conv_proj", "post_flows"}) {
      weights.ignore(name);
    }
  }

  at::Tensor log_durations(const at::Tensor& states, const at::Tensor& speaker,
                           const at::Tensor& noise) const override {
    const auto text = conv_proj_(conv_dds_(cond_(conv_pre_(states), speaker)));
    auto latents = noise;
    for (auto flow = flows_.rbegin(); flow != flows_.rend(); ++flow) {
      latents = flow->invert(latents.flip(1), text);
    }
    return ((latents.flip(1) - translate_) * (-log_scale_).exp()).narrow(1, 0, 1);
  }

 private:
  Conv1d conv_pre_;
  SpeakerConv cond_;
  DepthSeparableConvs conv_dds_;
  Conv1d conv_proj_;
  at::Tensor translate_;
  at::Tensor log_scale_;
  std::vector<SplineFlow> flows_;
};

class PlainDurations : public VitsDurations {
 public:
  PlainDurations(const VitsConfig& config, const WeightScope& weights)
      : cond_(config, weights.scope("cond")),
        conv_1_(weights.scope("conv_1"), conv(config, config.hidden_size)),
        norm_1_(weights.scope("norm_1"), norm(config)),
        conv_2_(weights.scope("conv_2"), conv(config, config.duration_predictor_filter_channels)),
        norm_2_(weights.scope("norm_2"), norm(config)),
        proj_(weights.scope("proj"), {.in = config.duration_predictor_filter_channels, .out = 1}) {}

  at::Tensor log_durations(const at::Tensor& states, const at::Tensor& speaker,
                           const at::Tensor& /*noise*/) const override {
    auto x = over_channels(norm_1_, conv_1_(cond_(states, speaker)).relu());
    x = over_channels(norm_2_, conv_2_(x).relu());
    return proj_(x);
  }

 private:
  static Conv1d::Config conv(const VitsConfig& config, std::int64_t in) {
    const auto kernel = config.duration_predictor_kernel_size;
    return {.in = in,
            .out = config.duration_predictor_filter_channels,
            .kernel = kernel,
            .padding = kernel / 2};
  }
  static LayerNorm::Config norm(const VitsConfig& config) {
    return {.size = config.duration_predictor_filter_channels, .eps = config.layer_norm_eps};
  }

  SpeakerConv cond_;
  Conv1d conv_1_;
  LayerNorm norm_1_;
  Conv1d conv_2_;
  LayerNorm norm_2_;
  Conv1d proj_;
};

}  // namespace

std::unique_ptr<VitsDurations> make_vits_durations(const VitsConfig& config,
                                                   const WeightScope& weights) {
  if (config.use_stochastic_duration_prediction) {
    return std::make_unique<StochasticDurations>(config, weights);
  }
  return std::make_unique<PlainDurations>(config, weights);
}

}  // namespace ogam

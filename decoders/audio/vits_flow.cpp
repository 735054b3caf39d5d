#include "decoders/audio/vits_flow.h"

#include <ATen/ATen.h>

#include <string>

namespace ogam {

VitsFlow::WaveNet::WaveNet(const VitsConfig& config, const WeightScope& weights)
    : channels(config.hidden_size) {
  const auto layers = config.prior_encoder_num_wavenet_layers;
  const auto kernel = config.wavenet_kernel_size;
  std::int64_t dilation = 1;
  for (std::int64_t i = 0; i < layers; ++i, dilation *= config.wavenet_dilation_rate) {
    const auto name = std::to_string(i);
    in_layers.emplace_back(weights.scope("in_layers").scope(name),
                           Conv1d::Config{.in = channels,
                                          .out = 2 * channels,
                                          .kernel = kernel,
                                          .padding = Conv1d::Config::same_padding(kernel, dilation),
                                          .dilation = dilation});
    // Nothing comes after the last layer, so it only adds to the output.
    res_skip_layers.emplace_back(
        weights.scope("res_skip_layers").scope(name),
        Conv1d::Config{.in = channels, .out = i + 1 < layers ? 2 * channels : channels});
  }
  if (config.speaker_embedding_size > 0) {
    cond_layer.emplace_back(
        weights.scope("cond_layer"),
        Conv1d::Config{.in = config.speaker_embedding_size, .out = 2 * channels * layers});
  }
}

at::Tensor VitsFlow::WaveNet::operator()(const at::Tensor& x, const at::Tensor& speaker) const {
  at::Tensor conditions;
  if (speaker.defined()) {
    conditions = cond_layer.at(0)(speaker);
  }
  auto states = x;
  auto output = at::zeros_like(x);
  for (std::size_t i = 0; i < in_layers.size(); ++i) {
    auto gates = in_layers[i](states);
    if (conditions.defined()) {
      gates =
          gates + conditions.narrow(1, static_cast<std::int64_t>(i) * 2 * channels, 2 * channels);
    }
    const auto halves = gates.chunk(2, 1);
    const auto parts = res_skip_layers[i](halves[0].tanh() * halves[1].sigmoid());
    if (i + 1 < in_layers.size()) {
      states = states + parts.narrow(1, 0, channels);
      output = output + parts.narrow(1, channels, channels);
    } else {
      output = output + parts;
    }
  }
  return output;
}

VitsFlow::Coupling::Coupling(const VitsConfig& config, const WeightScope& weights)
    : conv_pre(weights.scope("conv_pre"), {.in = config.flow_size / 2, .out = config.hidden_size}),
      wavenet(config, weights.scope("wavenet")),
      conv_post(weights.scope("conv_post"),
                {.in = config.hidden_size, .out = config.flow_size / 2}) {}

at::Tensor VitsFlow::Coupling::invert(const at::Tensor& latents, const at::Tensor& speaker) const {
  const auto halves = latents.chunk(2, 1);
  const auto mean = conv_post(wavenet(conv_pre(halves[0]), speaker));
  return at::cat({halves[0], halves[1] - mean}, 1);
}

VitsFlow::VitsFlow(const VitsConfig& config, const WeightScope& weights) {
  for (std::int64_t i = 0; i < config.prior_encoder_num_flows; ++i) {
    flows_.emplace_back(config, weights.scope("flows").scope(std::to_string(i)));
  }
}

at::Tensor VitsFlow::invert(const at::Tensor& latents, const at::Tensor& speaker) const {
  auto x = latents;
  for (auto flow = flows_.rbegin(); flow != flows_.rend(); ++flow) {
    x = flow->invert(x.flip(1), speaker);
  }
  return x;
}

}  // namespace ogam

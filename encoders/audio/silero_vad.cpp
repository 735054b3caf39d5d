#include "encoders/audio/silero_vad.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <string>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/nn/config_reader.h"

namespace ogam {
namespace {

constexpr std::int64_t kBins = 129;
constexpr std::int64_t kHop = 128;
constexpr std::int64_t kHidden = 128;
// Full scale is 1; the squares of sums of louder samples might not be finite.
constexpr float kLoudest = 1e15F;

void check_config(const Checkpoint& checkpoint) {
  const ConfigReader config(checkpoint.config(), display_path(checkpoint.folder() / "config.json"));
  config.demand<std::string>("model_type", "silero_vad");
  config.demand("sample_rate", SileroVad::kSampleRate);
  config.demand("chunk", SileroVad::kChunk);
  config.demand("context", SileroVad::kContext);
}

Conv::Config convolution(std::int64_t in, std::int64_t out, std::int64_t stride) {
  return {.in = in, .out = out, .kernel = {3}, .stride = {stride}, .padding = {1}};
}

}  // namespace

SileroVad::SileroVad(Checkpoint& checkpoint)
    : stft_basis_(
          checkpoint.weights().scope("stft").get("forward_basis_buffer", {2 * kBins, 1, 2 * kHop})),
      output_(checkpoint.weights().scope("decoder").scope("decoder").scope("2"),
              {.in = kHidden, .out = 1, .kernel = {1}}) {
  check_config(checkpoint);
  const std::array convolutions = {convolution(kBins, 128, 1), convolution(128, 64, 2),
                                   convolution(64, 64, 2), convolution(64, kHidden, 1)};
  const auto encoder = checkpoint.weights().scope("encoder");
  for (std::size_t i = 0; i < convolutions.size(); ++i) {
    encoder_.emplace_back(encoder.scope(std::to_string(i)).scope("reparam_conv"), convolutions[i]);
  }
  const auto rnn = checkpoint.weights().scope("decoder").scope("rnn");
  lstm_ = {rnn.get("weight_ih", {4 * kHidden, kHidden}),
           rnn.get("weight_hh", {4 * kHidden, kHidden}), rnn.get("bias_ih", {4 * kHidden}),
           rnn.get("bias_hh", {4 * kHidden})};
}

SileroVad::State SileroVad::start() const {
  return {.hidden = at::zeros({1, 1, kHidden}, at::kFloat),
          .cell = at::zeros({1, 1, kHidden}, at::kFloat),
          .context = at::zeros({kContext}, at::kFloat)};
}

std::vector<float> SileroVad::operator()(std::span<const float> samples, State& state) const {
  const auto count = static_cast<std::int64_t>(samples.size());
  require(count % kChunk == 0, ErrorCode::invalid_argument,
          "voice activity is detected in chunks of {} samples, got {} samples", kChunk, count);
  if (count == 0) {
    return {};
  }
  auto signal = at::empty({kContext + count}, at::kFloat);
  signal.narrow(0, 0, kContext).copy_(state.context);
  std::copy(samples.begin(), samples.end(), signal.mutable_data_ptr<float>() + kContext);
  // The state would carry one such sample to all that follow, and no speech be found in them.
  require(signal.abs().max().item<float>() <= kLoudest, ErrorCode::corrupt_data,
          "the sound has samples that are not finite numbers or beyond {}; convert it to 16-bit "
          "samples first",
          kLoudest);
  state.context = signal.narrow(0, count, kContext).clone();

  const auto windows = signal.unfold(0, kContext + kChunk, kChunk);    // [N, 576]
  auto x = at::reflection_pad1d(windows, {0, kContext}).unsqueeze(1);  // [N, 1, 640]
  x = at::conv1d(x, stft_basis_, {}, kHop);                            // [N, 258, 4]
  x = (x.narrow(1, 0, kBins).square() + x.narrow(1, kBins, kBins).square()).sqrt();
  for (const auto& convolution : encoder_) {
    x = at::relu(convolution(x));
  }
  const auto features = x.transpose(1, 2);  // [N, 1, 128]: a sequence of N chunks, one stream
  auto [hidden, last_hidden, last_cell] =
      at::lstm(features, {state.hidden, state.cell}, lstm_, /*has_biases=*/true, /*num_layers=*/1,
               /*dropout=*/0.0, /*train=*/false, /*bidirectional=*/false, /*batch_first=*/false);
  state.hidden = last_hidden;
  state.cell = last_cell;
  const auto probability = at::sigmoid(output_(at::relu(hidden).transpose(1, 2))).contiguous();
  const auto* values = probability.const_data_ptr<float>();
  return {values, values + probability.numel()};
}

}  // namespace ogam

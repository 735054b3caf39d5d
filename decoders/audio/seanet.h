#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/nn/config_reader.h"
#include "core/nn/conv1d.h"
#include "core/tensor/checkpoint.h"

namespace ogam {

/// The sizes of SEANet's decoder, named in config.json as EnCodec and Mimi name them.
struct SeanetConfig {
  std::int64_t hidden_size = 0;  ///< of what goes in
  std::int64_t num_filters = 0;
  std::int64_t channels = 1;  ///< of the sound
  std::int64_t num_residual_layers = 0;
  std::vector<std::int64_t> ratios;
  std::int64_t kernel_size = 0;
  std::int64_t last_kernel_size = 0;
  std::int64_t residual_kernel_size = 0;
  std::int64_t dilation_growth_rate = 0;
  std::int64_t compress = 0;
  std::int64_t num_lstm_layers = 0;  ///< 0: no memory
  double trim_right_ratio = 1;
  bool causal = true;
  bool group_norm = false;  ///< of each convolution, instead of normalised weights
  bool reflects = true;     ///< at the edges, where zeros stand otherwise
  bool conv_shortcut = true;

  /// What a configuration class takes for a key that is left out.
  struct Defaults {
    std::int64_t hidden_size = 0;
    std::int64_t num_filters = 0;
    std::vector<std::int64_t> ratios;
    std::int64_t last_kernel_size = 0;
    const char* pad_mode = "";
    bool conv_shortcut = false;
  };
  /// All but the number of LSTM layers and the kind of norm.
  /// @throws Error{corrupt_data, unsupported}.
  static SeanetConfig parse(const ConfigReader& config, const Defaults& defaults);

  /// Samples that each value of the input becomes.
  std::int64_t hop_length() const;
};

/// One of the words that are implemented.
/// @throws Error{unsupported} for another.
std::string read_choice(const ConfigReader& config, const char* key, const std::string& first,
                        const std::string& second);

/// What a group norm over all channels and times does to [1, C, T]. Names: `weight`, `bias` [C].
class TimeNorm {
 public:
  TimeNorm(const WeightScope& weights, std::int64_t channels)
      : weight_(weights.get("weight", {channels})), bias_(weights.get("bias", {channels})) {}
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  at::Tensor weight_;
  at::Tensor bias_;
};

/// A convolution that keeps the length: it sees only the past, or both sides alike. Names: `conv`,
/// `norm`.
class PaddedConv {
 public:
  struct Config {
    std::int64_t in = 0;
    std::int64_t out = 0;
    std::int64_t kernel = 1;
    std::int64_t dilation = 1;
  };
  PaddedConv(const SeanetConfig& model, const WeightScope& weights, const Config& config);
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  at::Tensor pad(const at::Tensor& x, std::int64_t left, std::int64_t right) const;

  std::int64_t total_;
  bool causal_;
  bool reflects_;
  Conv1d conv_;
  std::optional<TimeNorm> norm_;
};

/// A transposed convolution that makes each value `stride` values. Names: `conv`, `norm`.
class TrimmedConv {
 public:
  struct Config {
    std::int64_t in = 0;
    std::int64_t out = 0;
    std::int64_t stride = 1;  ///< half of the kernel
    std::int64_t groups = 1;
    bool bias = true;
  };
  TrimmedConv(const SeanetConfig& model, const WeightScope& weights, const Config& config);
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  Conv1d conv_;
  std::optional<TimeNorm> norm_;
  std::int64_t left_ = 0;
  std::int64_t right_ = 0;
};

/// SEANet's decoder: latents to sound. Names: those of `EncodecDecoder` and `MimiDecoder`,
/// `layers`. Source: Tagliasacchi et al. 2020, section 2; Défossez et al. 2022, section 3.1.
class SeanetDecoder {
 public:
  SeanetDecoder(const SeanetConfig& config, const WeightScope& weights);

  /// @param latents [1, hidden_size, T]; @return [channels, T * hop_length].
  at::Tensor operator()(const at::Tensor& latents) const;

 private:
  /// Long short-term memory over the times of [1, C, T], added to its input.
  /// Names: `lstm.weight_ih_lN`, `lstm.weight_hh_lN`, `lstm.bias_ih_lN`, `lstm.bias_hh_lN`.
  class Memory {
   public:
    Memory(const WeightScope& weights, std::int64_t size, std::int64_t layers);
    at::Tensor operator()(const at::Tensor& x) const;

   private:
    std::int64_t size_;
    std::int64_t layers_;
    std::vector<at::Tensor> weights_;
  };
  class ResidualLayer {
   public:
    ResidualLayer(const SeanetConfig& config, const WeightScope& weights, std::int64_t channels,
                  std::int64_t dilation);
    at::Tensor operator()(const at::Tensor& x) const;

   private:
    PaddedConv narrow_;
    PaddedConv widen_;
    std::optional<PaddedConv> shortcut_;
  };
  struct Stage {
    TrimmedConv upsampler;
    std::vector<ResidualLayer> residual;
  };

  PaddedConv first_;
  std::optional<Memory> memory_;
  std::vector<Stage> stages_;
  PaddedConv last_;
};

}  // namespace ogam

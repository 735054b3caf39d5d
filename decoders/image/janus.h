#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/base/cancellation.h"
#include "core/media/image.h"
#include "core/nn/activation.h"
#include "core/nn/layers.h"
#include "core/nn/mlp.h"
#include "core/tensor/checkpoint.h"
#include "core/text/tokenizer.h"
#include "decoders/image/vq_decoder.h"
#include "decoders/text/language_model.h"
#include "decoders/text/sampling.h"

namespace ogam {

/// What a picture is generated under.
struct ImageGenerationConfig {
  SamplingConfig sampling = {};  ///< of the picture's tokens; no repetition is held against one
  /// How far the picture follows the prompt: the scores of tokens without the prompt, and so many
  /// times what the prompt changes of them; 1 is the prompt alone. Source: Ho and Salimans 2022.
  double guidance = 5;
  /// Is told how many of the picture's tokens there are.
  std::function<void(std::int64_t done, std::int64_t total)> on_progress = {};
  CancellationToken cancellation = {};
};

struct GeneratedImage {
  Image image;
  std::vector<std::int32_t> tokens;  ///< the picture's codes, row by row
};

/// Janus as a painter: its language model writes the codes of a picture, row by row, which the
/// decoder of a VQ-GAN turns into pixels. Names: the reference class
/// `JanusForConditionalGeneration`; what sees pictures is passed over.
/// Source: Wu et al. 2024, "Janus", section 3; Chen et al. 2025, "Janus-Pro".
class JanusPainter {
 public:
  /// @throws Error{corrupt_data, unsupported, not_found}.
  explicit JanusPainter(Checkpoint& checkpoint);

  /// @param prompt ids as the model's chat template wrote them, without the token that begins a
  ///     picture.
  /// @throws Error{invalid_argument} when the prompt is empty, holds an id that is none, or leaves
  ///     the picture no room in the context, and for values in `config` that make no sense;
  ///     Error{corrupt_data} when scores are not numbers; Cancelled.
  GeneratedImage paint(std::span<const std::int32_t> prompt,
                       const ImageGenerationConfig& config) const;

  /// [3, side, side] float32 of a picture's codes, about -1 to 1.
  at::Tensor pixels(std::span<const std::int32_t> tokens) const;

 private:
  /// What generation_config.json says.
  struct TokenIds {
    std::int64_t begin_text = 0;
    std::int64_t begin_picture = 0;
    std::int64_t padding = 0;
  };
  /// The text and picture halves of config.json.
  struct Config {
    LanguageModelConfig text;
    VqDecoderConfig picture;
    std::int64_t projection_dim = 0;
    std::int64_t aligner_layers = 0;
    Activation activation = nullptr;
  };
  static Config parse(const Checkpoint& checkpoint);
  TokenIds read_token_ids(const Checkpoint& checkpoint) const;
  at::Tensor embed(const at::Tensor& tokens) const;
  Image picture_of(const at::Tensor& pixels) const;

  Config config_;
  TokenIds ids_;
  LanguageModel model_;
  Embedding codes_;              // as the language model reads them
  std::vector<Linear> aligner_;  // of those to its size
  Mlp head_;                     // of its states to scores of codes
  VqDecoder decoder_;
  std::array<double, 3> mean_{};  // of the picture's colours
  std::array<double, 3> deviation_{};
};

}  // namespace ogam

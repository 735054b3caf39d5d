#pragma once

#include <cstdint>
#include <string_view>

#include "core/nn/decoder_layer.h"

namespace ogam {

/// How one type of language model differs from the others, and the defaults of its reference
/// configuration, which files need not repeat.
struct LanguageModelType {
  enum class Biases {
    none,
    configured,             ///< of all projections of attention, as `attention_bias` says
    configured_but_output,  ///< as `attention_bias` says, but never of the output
    always_but_output,
  };
  enum class Windows {
    none,
    upper_layers,  ///< with `use_sliding_window`, in layers from `max_window_layers` on
    pattern,       ///< in all but every `sliding_window_pattern`-th layer
  };
  enum class Rotations {
    all_layers,
    by_kind,       ///< by other frequencies in layers with windows than in full ones
    windows_only,  ///< in layers with windows alone, where a model has them
  };
  /// Mixtures of experts: the keys and defaults of their sizes. Without a count there are none.
  struct Experts {
    const char* count = nullptr;
    std::int64_t default_count = 0;
    const char* shared = nullptr;
    std::int64_t intermediate_size = 0;
    std::int64_t groups = 1;
    std::int64_t chosen_groups = 1;
    double scale = 1;
    const char* correction = nullptr;  ///< a tensor's name, below `mlp.`
    bool needs_correction = true;
    bool has_dense_layers = true;     ///< the first ones, or as `mlp_layer_types` says
    const char* after_mlp = nullptr;  ///< the norm after a mixture
  };

  std::string_view name;
  std::int64_t vocab_size = 0;
  std::int64_t hidden_size = 4096;
  std::int64_t intermediate_size = 0;
  std::int64_t layers = 32;
  std::int64_t heads = 32;
  std::int64_t key_value_heads = 0;  ///< 0: as many as of queries
  std::int64_t head_dim = 0;         ///< 0: hidden_size / heads
  std::int64_t max_position_embeddings = 0;
  double rms_norm_eps = 1e-6;
  double rope_theta = 10000;       ///< in full layers, where others have windows
  std::int64_t eos_token_id = -1;  ///< -1: none
  bool tie_word_embeddings = false;
  const char* activation_key = "hidden_act";
  const char* activation = "silu";
  Biases biases = Biases::configured;
  bool has_mlp_bias_key = false;
  bool head_norms = false;
  bool centered_norms = false;
  DecoderNorms norms = kPreNorms;
  Windows windows = Windows::none;
  std::int64_t window_pattern = 0;
  Rotations rotations = Rotations::all_layers;
  bool is_gemma = false;        ///< scaled embeddings, stated scale of scores, capped logits
  bool is_hyperclovax = false;  ///< multipliers, norms after each half as `use_post_norm` says
  bool latent_attention = false;
  Experts experts = {};
};

/// The row of a `model_type`.
/// @throws Error{unsupported} naming `origin` and the types there are.
const LanguageModelType& find_language_model_type(std::string_view name, std::string_view origin);

}  // namespace ogam

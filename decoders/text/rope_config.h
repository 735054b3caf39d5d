#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "core/nn/config_reader.h"

namespace ogam {

/// The rotary frequencies of a language model, and how they were stretched so that it reads more
/// than it was first trained on.
///
/// `rope_type` is one of: default; linear (Chen et al. 2023, section 3); llama3 (Grattafiori et al.
/// 2024, section 3.2, and its released code); yarn (Peng et al. 2023, section 3); dynamic (NTK),
/// which changes nothing up to `max_position_embeddings`, and ogam goes no further.
struct RopeConfig {
  at::Tensor frequencies;          ///< [head size / 2] float32
  double attention_factor = 1;     ///< of cosines and sines
  double score_factor = 1;         ///< of the scores of latent attention: `mscale_all_dim` of yarn
  std::int64_t max_positions = 0;  ///< tokens of the longest sequence
  /// [head size / 2] integers: which axis each frequency follows, where tokens have positions on
  /// several; undefined where they have one.
  at::Tensor axes = {};

  /// What a file says where it does not say more.
  struct Defaults {
    std::int64_t head_size = 0;  ///< channels that are turned, even
    double theta = 10000;
    std::int64_t max_position_embeddings = 0;
  };
  /// @param parameters the section `rope_parameters`, or `rope_scaling` of earlier files.
  /// @throws Error{corrupt_data} when a value is missing or absurd, Error{unsupported} for another
  ///     type and for keys that are not implemented.
  static RopeConfig parse(const ConfigReader& parameters, const Defaults& defaults);
};

}  // namespace ogam

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/nn/decoder_layer.h"
#include "decoders/text/rope_config.h"

namespace ogam {

/// What config.json says of a causal language model, whichever of the types it is that
/// docs/language_models.md lists.
struct LanguageModelConfig {
  std::int64_t vocab_size = 0;
  std::int64_t hidden_size = 0;
  std::int64_t context_length = 0;  ///< tokens of the longest sequence
  double rms_norm_eps = 0;
  bool centered_norms = false;                ///< of the last norm, as of all others
  double embedding_multiplier = 1;            ///< of the embeddings, rounded to their precision
  double logits_multiplier = 1;               ///< of the logits
  std::optional<double> logits_softcap = {};  ///< logits become cap * tanh(logits / cap)
  bool tie_word_embeddings = false;           ///< the head is the table of embeddings
  std::vector<std::int64_t> eos_token_ids;    ///< each ends a text; of config.json

  /// What layers of one kind have in common.
  struct LayerKind {
    std::optional<std::int64_t> window = {};  ///< tokens that a token sees, itself among them
    std::optional<RopeConfig> rope = {};      ///< none where nothing is turned
  };
  LayerKind full;
  LayerKind sliding;

  struct Layer {
    bool is_sliding = false;
    DecoderLayer::Config config;
  };
  std::vector<Layer> layers;
  /// Parts of every layer that checkpoints hold and the model does not use.
  std::vector<std::string> unused_in_layers;
  /// The same of the whole model.
  std::vector<std::string> unused;

  /// @param origin the file's name, for errors.
  /// @throws Error{corrupt_data} when a value is missing or absurd, Error{unsupported} for another
  ///     model type and for mathematics that is not implemented.
  static LanguageModelConfig parse(const Json& config, const std::string& origin);
};

/// The ids under `eos_token_id` of a config.json or generation_config.json: one, several or none.
/// @throws Error{corrupt_data} when one is outside the vocabulary.
std::vector<std::int64_t> parse_eos_ids(const Json& config, const std::string& origin,
                                        std::int64_t vocab_size);

}  // namespace ogam

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/nn/config_reader.h"
#include "core/nn/embedding_gemma2_text.h"
#include "core/nn/gemma_media_text.h"
#include "core/nn/processor_config.h"
#include "core/text/tokenizer.h"

namespace ogam {

/// The tokens that keep the places of other media in a text; -1 where a model knows none.
struct MediaSlots {
  std::int64_t image = -1;
  std::int64_t video = -1;
  std::int64_t audio = -1;
  std::int64_t padding = 0;  ///< the token that is looked up for a slot

  /// @param config of an EmbeddingGemma 2; @param vocab_size of its text model.
  /// @throws Error{corrupt_data}.
  static MediaSlots parse(const ConfigReader& config, std::int64_t vocab_size);

  /// `ids` as they are looked up: slots may have no row of their own.
  at::Tensor look_up(const at::Tensor& ids) const;
};

/// How EmbeddingGemma 2's video processor writes a video.
struct GemmaVideoSettings {
  bool add_timestamps = false;  ///< each frame after its time
  bool listens = false;         ///< to the sound of videos, which goes between the frames

  /// @throws Error{corrupt_data}; Error{unsupported} for sound between frames without times.
  static GemmaVideoSettings parse(const ProcessorConfig& config);
};

/// Soft tokens in the sequence that EmbeddingGemma 2's text model reads, between its own markers.
/// Source: the reference class EmbeddingGemma2Processor.
class GemmaMediaSequence {
 public:
  /// Which media the model has; the markers of the others may be missing.
  struct Media {
    bool vision = false;
    bool audio = false;
  };
  /// @param config of an EmbeddingGemma 2.
  /// @throws Error{corrupt_data} when a marker is no token of the tokenizer.
  GemmaMediaSequence(std::shared_ptr<const EmbeddingGemma2Text> model, const ConfigReader& config,
                     const Tokenizer& tokenizer, Media media);

  const MediaSlots& slots() const { return slots_; }
  /// Writes media with slots for their soft tokens.
  const GemmaMediaText& text() const { return text_; }

  /// Soft tokens and the id of the slots that they take.
  struct Filling {
    std::int64_t slot = 0;
    at::Tensor tokens;  ///< [N, hidden_size] floating point
  };
  struct Filled {
    at::Tensor embeddings;           ///< [T, hidden_size] in the model's precision
    std::vector<at::Tensor> places;  ///< of each filling's tokens: [N] indices of embeddings
  };
  /// @param text whose slots are filled, each kind in order.
  /// @throws Error{corrupt_data} when there are not as many slots as tokens.
  Filled fill(const Tokenizer& tokenizer, const std::string& text,
              std::span<const Filling> fillings) const;

 private:
  std::shared_ptr<const EmbeddingGemma2Text> model_;
  MediaSlots slots_;
  GemmaMediaText text_;
};

}  // namespace ogam

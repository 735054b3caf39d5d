#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/nn/embedding_gemma2_text.h"
#include "core/nn/gemma_media_sequence.h"
#include "core/tensor/checkpoint.h"
#include "encoders/audio/gemma4_audio.h"
#include "encoders/audio/gemma4_audio_features.h"
#include "encoders/encoder.h"
#include "encoders/image/gemma4_vision.h"
#include "encoders/image/patch_processor.h"
#include "encoders/text/embedding_gemma2_text.h"
#include "encoders/text/sentence_encoder.h"
#include "encoders/video/frame_sampling.h"

namespace ogam {

/// EmbeddingGemma 2 beyond texts: pictures, sounds and videos in the space of its texts.
///
/// Media become soft tokens in towers of their own (see Gemma4Vision and Gemma4Audio), take the
/// places that a text keeps for them, and are read by the text model like words. The vector is what
/// the folder's sentence-transformers modules make of the text model's tokens: their mean at length
/// 1, or its first values where the folder declares a `truncate_dim`.
///
/// Output: `embedding`. Prompts go before texts alone. A checkpoint without one of the towers
/// encodes what it has. Source: the reference classes EmbeddingGemma2Model and
/// EmbeddingGemma2Processor.
class EmbeddingGemma2 : public ImageEncoder, public AudioEncoder, public VideoEncoder {
 public:
  /// @param checkpoint of `model_type` "embedding_gemma2".
  /// @throws Error{corrupt_data, unsupported, not_found}.
  explicit EmbeddingGemma2(Checkpoint& checkpoint);

  /// The encoder of texts, which shares the text model.
  const std::shared_ptr<const SentenceEncoder>& sentences() const { return sentences_; }
  bool has_vision() const { return vision_.has_value(); }
  bool has_audio() const { return audio_.has_value(); }

  std::vector<EncoderOutputInfo> outputs() const override;

  std::vector<EncoderOutput> encode(std::span<const Image> images) const override;

  int sample_rate() const override;
  Time window() const override;
  /// What lies behind the window is not heard.
  std::vector<EncoderOutput> encode(std::span<const std::vector<float>> clips) const override;

  /// Sound is wanted where the folder's video processor says `load_audio_from_video` and the
  /// checkpoint has an audio tower.
  VideoSampling sampling() const override;
  /// Frames of a clip have one size. More than `max_frames` are thinned out as the folder says.
  /// @throws Error{invalid_argument} when frames, times or sizes do not fit, or there is sound that
  ///     `sampling` does not ask for.
  std::vector<EncoderOutput> encode(std::span<const VideoClip> clips) const override;

  /// The text model, which fuses what it is given: embeddings of text and soft tokens.
  const EmbeddingGemma2Text& language_model() const { return *language_model_; }

  /// The soft tokens of a picture: [T, hidden_size] in the checkpoint's precision.
  at::Tensor image_tokens(const Image& image) const;
  /// The soft tokens of a video's frames, frame by frame: [F, T, hidden_size].
  /// @throws Error{invalid_argument} when frames differ in size.
  at::Tensor frame_tokens(std::span<const Image> frames) const;
  /// The soft tokens of a sound, one for 40 ms: [T, hidden_size].
  /// @throws Error{invalid_argument} when it is too short for one, Error{corrupt_data} for samples
  ///     that are no numbers.
  at::Tensor audio_tokens(std::span<const float> samples) const;
  /// How many of them a second of sound has.
  std::int64_t audio_tokens_per_second() const;
  /// The embeddings of a text's tokens, without those around it: [T, hidden_size].
  at::Tensor text_tokens(const std::string& text) const;

 private:
  /// Takes the tokens of a tower into the space of the text model's embeddings.
  struct Embedder {
    RmsNorm norm;
    Linear projection;
    at::Tensor operator()(const at::Tensor& x) const { return projection(norm(x)); }
  };
  struct Vision {
    Gemma4Vision tower;
    Embedder embedder;
    Gemma4Processor image_processor;
    Gemma4Processor frame_processor;
    FrameSampling sampling;
    GemmaVideoSettings video;
  };
  struct Audio {
    Gemma4Audio tower;
    Embedder embedder;
    Gemma4AudioFeatures features;
  };
  static Vision make_vision(Checkpoint& checkpoint, const ConfigReader& config,
                            const WeightScope& weights, std::int64_t size);
  static Audio make_audio(Checkpoint& checkpoint, const ConfigReader& config,
                          const WeightScope& weights, std::int64_t size);

  const Vision& vision() const;
  const Audio& audio() const;
  at::Tensor tower_tokens(std::span<const Image> images, const Gemma4Processor& processor) const;
  at::Tensor clip_sequence(const VideoClip& clip) const;

  /// The embeddings of a text whose slots are filled: [T, hidden_size].
  at::Tensor sequence(const std::string& text,
                      std::span<const GemmaMediaSequence::Filling> fillings) const;

  /// One row for each of `count` sequences, which are made as they are needed and read in batches.
  at::Tensor read_all(std::size_t count, const std::function<at::Tensor(std::size_t)>& make) const;

  std::shared_ptr<const EmbeddingGemma2Text> language_model_;
  std::shared_ptr<const SentenceEncoder> sentences_;
  std::unique_ptr<const GemmaMediaSequence> media_;
  std::optional<Vision> vision_;
  std::optional<Audio> audio_;
};

/// Builds the encoders of a folder with `model_type` "embedding_gemma2".
/// @throws Error{corrupt_data, unsupported, not_found}.
Encoders make_embedding_gemma2(Checkpoint& checkpoint);

}  // namespace ogam

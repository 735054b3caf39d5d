#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/cancellation.h"
#include "core/base/lane.h"
#include "core/media/limits.h"
#include "encoders/encoder.h"
#include "pipelines/embedding_model.h"
#include "pipelines/pack.h"

namespace ogam {

/// What makes vectors of one space: a model by itself, or a lane of a pack.
struct EmbeddingSource {
  std::string space;      ///< for people: "visual/efficientnet-lite2/posterior"
  std::string output;     ///< EncoderOutput::name
  int dimension = 0;      ///< D
  int min_dimension = 0;  ///< see EncoderOutputInfo
  /// [N, D] of N texts; empty where texts have no way into the space.
  std::function<at::Tensor(std::span<const std::string>)> text;
  std::shared_ptr<const ImageEncoder> image;  ///< null where there is none, as below
  std::shared_ptr<const AudioEncoder> audio;
  std::shared_ptr<const VideoEncoder> video;
};

/// @param output one of the model's; empty for its first.
/// @param prompt see TextEncoder::encode.
/// @throws Error{invalid_argument} when the model has no such output.
EmbeddingSource embedding_source(const EmbeddingModel& model, const std::string& output,
                                 const std::string& prompt);

/// @param output one of the lane's; empty for its first.
/// @throws Error{unavailable} when the pack has no such lane, Error{invalid_argument} when the lane
///     has no such output.
EmbeddingSource embedding_source(const Pack& pack, Lane lane, const std::string& output);

/// One vector. (`Embedding` is a layer of core/nn, and two types of a name do not go together in a
/// program.)
struct EmbeddedInput {
  std::string input;             ///< the text, or the file's path
  std::string_view kind;         ///< "text", "image", "audio", "video" or "frame"
  std::optional<TimeSpan> span;  ///< of the file; a frame's is empty
  std::vector<float> values;
};

struct EmbedOptions {
  int dimension = 0;      ///< to which vectors are cut; 0: as they are
  bool normalize = true;  ///< brings what was cut to length 1 again
  double sample_fps = 1;  ///< frames a second of a video, where pictures stand for it
  MediaLimits limits;
  CancellationToken cancellation;
};

/// Makes vectors of texts and files, and hands each over as soon as it is made.
class Embedder {
 public:
  using Sink = std::function<void(EmbeddedInput)>;

  /// @throws Error{invalid_argument} when vectors may not be cut to `options.dimension`.
  Embedder(EmbeddingSource source, EmbedOptions options);

  const EmbeddingSource& source() const { return source_; }
  /// D of what is handed over.
  int dimension() const { return options_.dimension > 0 ? options_.dimension : source_.dimension; }

  /// Vectors of what is in memory: [N, D] float32, one row for each of N >= 1 inputs; sounds at
  /// `source().audio->sample_rate()`.
  /// @throws Error{unsupported} when the source takes no such inputs.
  at::Tensor encode_texts(std::span<const std::string> texts) const;
  at::Tensor encode_images(std::span<const Image> images) const;
  at::Tensor encode_sounds(std::span<const std::vector<float>> sounds) const;
  at::Tensor encode_clips(std::span<const VideoClip> clips) const;

  /// One vector for each text.
  /// @throws Error{unsupported} when the source takes no texts.
  void texts(std::span<const std::string> texts, const Sink& sink) const;

  /// An image gives one vector, as a clip of one frame where only videos are encoded; a sound one
  /// for each window of the encoder; a video one for all of it where the encoder sees videos, else
  /// one for each sampled frame; a text file one for each passage, subtitles one for each cue.
  /// @throws errors of reading the file; Error{unsupported} when the source takes no such files;
  ///     Cancelled.
  void file(const std::filesystem::path& path, const Sink& sink) const;

 private:
  void image(const std::filesystem::path& path, const Sink& sink) const;
  void audio(const std::filesystem::path& path, const Sink& sink) const;
  void clip(const std::filesystem::path& path, const Sink& sink) const;
  void frames(const std::filesystem::path& path, const Sink& sink) const;
  at::Tensor finished(const at::Tensor& vectors) const;
  at::Tensor output_of(const std::vector<EncoderOutput>& outputs) const;

  EmbeddingSource source_;
  EmbedOptions options_;
};

}  // namespace ogam

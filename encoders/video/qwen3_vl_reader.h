#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/media/image.h"
#include "core/nn/qwen3_vl_chat.h"
#include "core/text/tokenizer.h"
#include "encoders/encoder.h"
#include "encoders/video/qwen3_vl_model.h"
#include "encoders/video/qwen3_vl_patches.h"

namespace ogam {

/// What a conversation says or shows.
using Qwen3VlContent = std::variant<std::string_view, const Image*, const VideoClip*>;

/// A conversation that waits for its answer: what the system was told, and what the user says and
/// shows. It refers to texts and media that live elsewhere.
struct Qwen3VlChat {
  std::string_view system;
  std::vector<Qwen3VlContent> user;
};

/// How long a sequence may be.
struct Qwen3VlLimit {
  std::int64_t max_tokens = 0;
  std::int64_t kept_at_end = 0;  ///< tokens at its end that are never cut off
};

/// Writes conversations down as the model was trained to read them, and cuts media up into patches.
///
/// Pictures keep their proportions: their sides become multiples of 32 pixels, their area 4,096 to
/// 1,843,200 pixels. Frames of a video share 15,728,640 pixels, each 131,072 to 786,432; two and
/// two make a moment, the last repeated where their number is odd, and each moment is announced by
/// the mean of its times. Source: `Qwen3VLEmbedder` and `Qwen3VLReranker` of the authors'
/// repository with qwen-vl-utils 0.0.14, whose numbers these are.
class Qwen3VlReader {
 public:
  /// @param folder of the model, with its tokenizer.
  /// @throws Error{corrupt_data} when the tokenizer has other ids than the configuration.
  Qwen3VlReader(const std::filesystem::path& folder, const Qwen3VlConfig& config);

  /// @throws Error{invalid_argument} when a text holds a token that stands for media, a clip has no
  ///     frames or more than kMaxFrames, a picture is more than 200 times as long as wide, or media
  ///     are longer than the limit.
  Qwen3VlSequence read(const Qwen3VlChat& chat, const Qwen3VlLimit& limit) const;

  /// A picture and a clip as patches.
  /// @throws Error{invalid_argument} when they make no sense.
  VisualPatches cut(const Image& image) const;
  VisualPatches cut(const VideoClip& clip) const;
  /// When the moments of a clip are.
  std::vector<Time> moments(const VideoClip& clip) const;
  /// A text's own tokens.
  /// @throws Error{invalid_argument} when it holds one that stands for media.
  std::vector<std::int64_t> read(std::string_view text) const;

  const Tokenizer& tokenizer() const { return text_.tokenizer(); }

  static constexpr int kMaxFrames = 64;
  /// One frame a second.
  static VideoSampling sampling() { return {.fps = 1, .max_frames = kMaxFrames}; }

 private:
  void shorten(Qwen3VlSequence& sequence, const Qwen3VlLimit& limit) const;

  Qwen3VlChatText text_;
  Qwen3VlVisionConfig vision_;
  VisualValues values_;
};

/// The contextual token at the end of each conversation, computed in batches of bounded size:
/// [N, D] float32.
at::Tensor last_states(const Qwen3VlModel& model, const Qwen3VlReader& reader,
                       std::span<const Qwen3VlChat> chats, const Qwen3VlLimit& limit);

}  // namespace ogam

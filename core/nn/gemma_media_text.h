#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "core/base/time.h"

namespace ogam {

/// Writes media as text: for every soft token a slot, which stands for it in the sequence that the
/// tokenizer makes of the text. Source: the reference class EmbeddingGemma2Processor.
class GemmaMediaText {
 public:
  /// The tokens as the tokenizer knows them.
  struct Tokens {
    std::string begin_image;
    std::string end_image;
    std::string image;  ///< the slot of a picture's soft token
    std::string video;  ///< the slot of a frame's
    std::string begin_audio;
    std::string end_audio;
    std::string audio;  ///< the slot of a sound's
  };
  explicit GemmaMediaText(Tokens tokens) : tokens_(std::move(tokens)) {}

  const Tokens& tokens() const { return tokens_; }

  std::string image(std::int64_t slots) const;
  std::string audio(std::int64_t slots) const;

  /// Frames one after the other, with nothing between them.
  /// @param slots of each frame.
  std::string video(std::int64_t frames, std::int64_t slots) const;

  /// Frames, each after its time as "mm:ss".
  /// @param times of the frames, since the clip began.
  std::string timed_video(std::span<const Time> times, std::int64_t slots) const;

  /// What is heard during a clip.
  struct Sound {
    std::int64_t slots = 0;
    std::int64_t slots_per_second = 0;
    Time duration = 0;
  };
  /// Frames as in timed_video; after each one the sound until the next, second by second, each
  /// after its time. The last second takes what is left of the slots.
  std::string timed_video(std::span<const Time> times, std::int64_t slots,
                          const Sound& sound) const;

 private:
  std::string frame(std::int64_t slots) const;

  Tokens tokens_;
};

}  // namespace ogam

#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/time.h"
#include "core/media/limits.h"
#include "core/media/picture.h"

namespace ogam {

/// What pictures of two files must agree in to be decoded as one H.264 stream.
struct CodedFormat {
  Size size;
  int profile = 0;             ///< as H.264 numbers it
  std::array<int, 4> color{};  ///< primaries, transfer, matrix, range, as FFmpeg numbers them
  ColorMatrix matrix = ColorMatrix::bt709;  ///< what `color` says, or leaves to be assumed
  std::string headers;                      ///< parameter sets, each after a start code
  int free_id = 0;                          ///< a number that none of them has
  friend bool operator==(const CodedFormat&, const CodedFormat&) = default;
};

/// A picture as it is stored, in the order of decoding.
struct CodedFrame {
  Time time = 0;  ///< when it is shown, relative to MediaInfo::start
  /// The stream can be cut here: it is decoded without what comes before, all that comes before is
  /// shown before it and all that comes after is shown after it.
  bool entry = false;
};

/// The stored pictures of a span of a video file, which can be taken over into another file without
/// decoding them.
class CodedVideo {
 public:
  /// Reads the packets from the keyframe at or before the span's start to those shown at its end.
  /// @throws Error{not_found, corrupt_data, ...} as MediaReader does, Error{unsupported} when there
  ///     is no video.
  CodedVideo(const std::filesystem::path& path, const TimeSpan& span,
             const MediaLimits& limits = {});
  ~CodedVideo();
  CodedVideo(CodedVideo&&) noexcept;
  CodedVideo& operator=(CodedVideo&&) noexcept;

  /// In the order of decoding; empty when not all of them have times.
  const std::vector<CodedFrame>& frames() const;

  /// The times at which pictures begin to be shown, ascending.
  std::vector<Time> shown_times() const;

  /// Nothing when the pictures cannot be taken over; `obstacle` says why.
  const std::optional<CodedFormat>& format() const;
  const std::string& obstacle() const;

  using TakeFrame = std::function<void(std::span<const std::uint8_t>, const CodedFrame&)>;

  /// Reads the pictures [first, last) of `frames`, each as units with start codes and without the
  /// parameter sets.
  /// @throws Error{corrupt_data} when the file has changed meanwhile.
  void read(std::size_t first, std::size_t last, const TakeFrame& take) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ogam

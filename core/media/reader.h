#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/time.h"
#include "core/media/image.h"
#include "core/media/limits.h"
#include "core/media/picture.h"

namespace ogam {

struct VideoStreamInfo {
  int stream = 0;  ///< index in the container
  std::string codec;
  Size size;         ///< upright; samples that are not square are left as stored
  Size shown;        ///< upright, with square samples: as wide as it is to be shown
  int rotation = 0;  ///< clockwise degrees that were applied: 0, 90, 180 or 270
  int bit_depth = 8;
  double average_fps = 0;  ///< what the container claims; never used for times
};

struct AudioStreamInfo {
  int stream = 0;
  std::string codec;
  int sample_rate = 0;
  int channels = 0;
  std::string language;  ///< ISO 639-2 as written in the container; may be empty
};

struct MediaInfo {
  std::string container;
  Time start = 0;     ///< the container's own first time; every `Time` below is relative to it
  Time duration = 0;  ///< as claimed by the container; 0 when unknown
  int stream_count = 0;
  std::optional<VideoStreamInfo> video;  ///< the stream that is read; cover art does not count
  std::optional<AudioStreamInfo> audio;
};

/// One decoded frame. Copies are cheap and share the pixels.
class VideoFrame {
 public:
  Time time() const;  ///< PTS relative to MediaInfo::start
  bool keyframe() const;
  Size size() const;  ///< upright

  /// The upright picture as RGB.
  Image rgb() const;
  /// The upright picture scaled to `size` (aspect not kept), straight from the decoded planes.
  Image rgb(Size size, Interpolation interpolation) const;

  /// The upright picture as video is coded, scaled to `size` (aspect not kept).
  /// @throws Error{invalid_argument} unless both sides are positive and even.
  Picture picture(Size size, ColorMatrix matrix) const;

  struct State;
  explicit VideoFrame(std::shared_ptr<const State> state);

 private:
  std::shared_ptr<const State> state_;
};

/// Float samples at ReadOptions::sample_rate, those of several channels interleaved. Gaps in the
/// stream are filled with silence, so that sample i of what is read lies at i / sample_rate after
/// ReadOptions::from.
struct AudioChunk {
  Time time = 0;  ///< of the first sample, relative to `MediaInfo::start`
  std::vector<float> samples;
};

using MediaEvent = std::variant<VideoFrame, AudioChunk>;

/// Which frames are wanted.
struct FrameSelection {
  enum class Kind {
    none,
    all,
    at_times,  ///< for each wanted time, the frame shown at it; a frame shown at several of them
               ///< comes once
  };
  Kind kind = Kind::all;
  std::vector<Time> times = {};  ///< ascending; for at_times
  /// For at_times: a keyframe this near a wanted time may stand in for the exact frame, which
  /// spares decoding what lies between. The frame still carries its own exact time. 0: exact.
  Time keyframe_tolerance = 0;
};

struct ReadOptions {
  FrameSelection frames = {};
  bool audio = true;
  int sample_rate = 16000;
  int channels = 1;  ///< 1 or 2
  /// What lies before is not read, as far as the file can be entered in its middle: at the last
  /// keyframe before. Sound starts exactly here; frames before it still come, unless FrameSelection
  /// leaves them out.
  Time from = 0;
  int threads = 1;  ///< of the video decoder
  MediaLimits limits = {};
};

/// What went wrong without stopping the read.
struct ReadReport {
  std::int64_t frames = 0;            ///< decoded
  std::int64_t corrupt_packets = 0;   ///< refused by the decoder, or marked as corrupt
  std::int64_t missing_times = 0;     ///< frames, of sound too, without a usable PTS; times were
                                      ///< given to them
  Time filled_audio = 0;              ///< silence put into gaps
  std::int64_t silenced_samples = 0;  ///< of sound, that were no numbers or absurdly loud
  bool truncated = false;             ///< what is read ended before the file said it would
};

/// What was damaged, in one line for people; empty when nothing was.
std::string describe_damage(const ReadReport& report);

/// Reads a media file in a single pass: the wanted frames and resampled audio, interleaved as
/// stored. Note: a frame is identified by its PTS alone; frame counts and rates are never used.
class MediaReader {
 public:
  /// @throws Error{not_found} when the file cannot be opened, Error{invalid_argument} when it is
  /// not
  ///     a regular file, Error{corrupt_data} when it is damaged beyond reading, Error{unsupported}
  ///     when it holds neither video nor audio or a codec is missing, Error{resource_exhausted}
  ///     beyond a limit.
  explicit MediaReader(const std::filesystem::path& path, ReadOptions options = {});
  ~MediaReader();
  MediaReader(MediaReader&&) noexcept;
  MediaReader& operator=(MediaReader&&) noexcept;

  const MediaInfo& info() const;

  /// The next frame or chunk, in decoding order of the streams; each stream by itself is in order
  /// of time. Nothing at the end.
  /// @throws Error{corrupt_data} when nothing at all could be decoded or too many packets in a row
  ///     failed, Error{resource_exhausted} beyond a limit, Error{unsupported} for sound that cannot
  ///     be resampled; each names the file.
  std::optional<MediaEvent> next();

  const ReadReport& report() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Opens the file, reads what it says of itself, and closes it.
MediaInfo probe_media(const std::filesystem::path& path, const MediaLimits& limits = {});

}  // namespace ogam

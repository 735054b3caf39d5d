#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "core/base/timed_text.h"
#include "core/media/coded_video.h"
#include "core/media/frame_rate.h"
#include "core/media/picture.h"

namespace ogam {

/// What a written video holds. It plays everywhere: MP4 with the index in front, H.264 in 4:2:0
/// with 8 bits, AAC.
struct WriterOptions {
  Size size = {};  ///< both sides even
  FrameRate rate = {};
  ColorMatrix matrix = ColorMatrix::bt709;
  bool sound = true;  ///< 48 kHz stereo
  /// The language of a stream of subtitles, ISO 639-1; empty when it is not known, nothing when
  /// there are none.
  std::optional<std::string> subtitles = {};
  /// The form of pictures that are taken over from other files, if any are: what is coded beside
  /// them is coded alike.
  std::optional<CodedFormat> taken_over = {};
  int delay = 0;  ///< how many pictures that are taken over may be decoded before one is shown
  std::map<std::string, std::string> metadata = {};  ///< by FFmpeg's names: title, comment, ...
  int threads = 1;
};

/// Writes an MP4 file picture by picture. The file is there when `finish` returns; without it
/// nothing is left, whatever happened.
class MediaWriter {
 public:
  static constexpr int kSampleRate = 48000;
  static constexpr int kChannels = 2;

  /// @throws Error{inaccessible, resource_exhausted} when the file cannot be made,
  ///     Error{unsupported} when this FFmpeg has no encoder.
  MediaWriter(const std::filesystem::path& path, const WriterOptions& options);
  ~MediaWriter();
  MediaWriter(const MediaWriter&) = delete;
  MediaWriter& operator=(const MediaWriter&) = delete;

  /// Codes the next picture to be shown.
  /// @throws Error{resource_exhausted} when the disk is full.
  void write_picture(const Picture& picture);

  /// Takes over the next coded picture in the order of decoding: the first is an entry.
  /// @param stream units with start codes, without parameter sets.
  /// @param place among those that are taken over in a row, in the order of showing, from 0.
  void take_over(std::span<const std::uint8_t> stream, std::int64_t place, bool key);

  /// @param samples interleaved, full scale is 1.
  void write_sound(std::span<const float> samples);

  /// Writes a subtitle; they come in the order of time and do not overlap.
  void write_subtitle(const TimedText& subtitle);

  /// Ends the streams and gives the file its name.
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ogam

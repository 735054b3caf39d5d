#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace ogam {

/// Writes one channel of sound to a file, piece by piece, in the format that the file's extension
/// names: wav, flac, mp3, ogg and opus (both Opus), m4a (AAC). The file is written under another
/// name and takes its own when it is whole; nothing stays of one that was not finished.
class AudioWriter {
 public:
  /// The extensions that can be written, with their dots.
  static std::vector<std::string> extensions();

  /// @throws Error{invalid_argument} for another extension, in upper or lower case.
  static void check_extension(const std::filesystem::path& path);

  /// @param sample_rate of what is written, in hertz; a format that lacks it gets the next it has.
  /// @throws Error{invalid_argument} as check_extension does, Error{unsupported} when this FFmpeg
  ///     lacks the encoder, Error{inaccessible, resource_exhausted} when the file cannot be made.
  AudioWriter(std::filesystem::path path, int sample_rate);
  ~AudioWriter();
  AudioWriter(const AudioWriter&) = delete;
  AudioWriter& operator=(const AudioWriter&) = delete;

  /// @param samples in [-1, 1]; what lies outside, or is no number, is brought inside.
  /// @throws Error{resource_exhausted, inaccessible} when the file cannot be written.
  void write(std::span<const float> samples);

  /// Ends the sound, makes it durable and gives the file its name.
  /// @throws as write does.
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ogam

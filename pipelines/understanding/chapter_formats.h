#pragma once

#include <span>
#include <string>

#include "pipelines/understanding/chapters.h"

namespace ogam {

/// Lines of "0:00 Title" as YouTube reads them in the description of a video.
/// @throws Error{invalid_argument} where YouTube would show no chapters: with less than three, or
/// one
///     shorter than 10 s.
std::string write_youtube_chapters(std::span<const Chapter> chapters);

/// FFmpeg's metadata file, for `ffmpeg -i VIDEO -i FILE -map_metadata 1 -codec copy OUT`.
std::string write_ffmetadata(std::span<const Chapter> chapters);

/// A chapter track in WebVTT.
std::string write_vtt_chapters(std::span<const Chapter> chapters);

/// From what length on YouTube takes a chapter.
constexpr Time kYoutubeShortest = 10 * kSecond;

}  // namespace ogam

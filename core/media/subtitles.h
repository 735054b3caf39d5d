#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "core/base/timed_text.h"
#include "core/media/limits.h"

namespace ogam {

/// Whether text is a subtitle file: SubRip, WebVTT or SAMI.
bool looks_like_subtitles(std::string_view text);

/// Reads the cues of SubRip (.srt), WebVTT (.vtt) or SAMI (.smi) text, told apart by content.
///
/// Markup is removed, lines of a cue are joined with "\n", cues come in order of time. Missing
/// numbers, blank lines too many and single broken cues are forgiven; a cue beyond
/// MediaLimits::max_duration is a broken one.
/// @param text UTF-8, with or without a byte order mark.
/// @throws Error{corrupt_data} when there is no valid cue at all, Error{resource_exhausted} when
///     there are more than any film has.
std::vector<TimedText> parse_subtitles(std::string_view text);

/// The same for a file.
/// @throws what read_text_file and parse_subtitles throw; the message names the file.
std::vector<TimedText> read_subtitles(const std::filesystem::path& path,
                                      const MediaLimits& limits = {});

}  // namespace ogam

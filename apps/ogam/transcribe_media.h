#pragma once

#include <filesystem>

#include "apps/ogam/command_line.h"
#include "pipelines/pack.h"
#include "pipelines/transcription.h"

namespace ogam {

/// Transcribes a file with the pack's recogniser, shows progress and says what was damaged; stops
/// at Ctrl-C.
/// @param options whose `workers` are set here.
/// @throws Error{unavailable} when the pack has no model for speech, and as `transcribe_file`.
Transcript transcribe_media(const CommonOptions& common, const Pack& pack,
                            const std::filesystem::path& path, TranscriptionOptions options);

}  // namespace ogam

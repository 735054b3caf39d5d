#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "core/base/cancellation.h"
#include "core/base/error.h"

namespace ogam {

/// A file to index, or a place that could not be looked into.
struct InputFile {
  std::filesystem::path path;
  std::filesystem::path subtitles;  ///< .srt or .vtt of the same name beside it, or empty
  std::uintmax_t bytes = 0;         ///< its size; 0 when that is not known
  std::optional<Error> error;
};

/// The files that `inputs` name, in order: files as given, folders walked by name.
///
/// In folders, files with a media extension are taken; hidden ones are not. Links are followed, a
/// folder is entered once however many ways lead to it. Subtitles beside a video or a sound belong
/// to it; others are files of their own. A missing input or an unreadable folder becomes an entry
/// with an error.
/// @throws Cancelled.
std::vector<InputFile> find_input_files(const std::vector<std::filesystem::path>& inputs,
                                        const CancellationToken& cancellation = {});

}  // namespace ogam

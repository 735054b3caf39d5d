#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/media/limits.h"

namespace ogam {

/// Whether bytes are UTF-8 text: valid sequences, and no control characters but tabs, line and page
/// breaks.
///
/// @param cut_off the bytes are the start of something longer, which may end inside a character.
bool looks_like_text(std::string_view bytes, bool cut_off = false);

/// Whether bytes start with the mark of UTF-16 text.
bool has_utf16_mark(std::string_view bytes);

/// Reads a text file in UTF-8, without its byte order mark.
/// @throws Error{not_found, invalid_argument}, Error{unsupported} when it is in another encoding,
///     Error{resource_exhausted} beyond `limits.max_text_bytes`.
std::string read_text_file(const std::filesystem::path& path, const MediaLimits& limits = {});

}  // namespace ogam

#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "core/media/limits.h"

namespace ogam {

/// Whether bytes are UTF-8 text: valid sequences, and no control characters but tabs, line and page
/// breaks.
///
/// @param cut_off the bytes are the start of something longer, which may end inside a character.
bool looks_like_text(std::string_view bytes, bool cut_off = false);

/// The text in UTF-8, without a byte order mark, of bytes that are UTF-8, UTF-16 with a byte order
/// mark, or CP949 (and with it EUC-KR), in which older Korean text and subtitles are written.
///
/// Note: CP949 has no mark. Bytes are taken for it when they are valid and nearly all that is not
/// ASCII is Hangul of KS X 1001, which text in Chinese, Japanese or Latin encodings is not.
/// @param cut_off the bytes are the start of something longer, which may end inside a character.
/// @return nothing when they are no text in any of these.
std::optional<std::string> decode_text(std::string_view bytes, bool cut_off = false);

/// What to say of a file that `decode_text` makes nothing of, after its name.
inline constexpr std::string_view kNotText =
    "is not text in UTF-8, CP949, or UTF-16 with a byte order mark; convert it with `iconv -f "
    "ENCODING -t UTF-8`";

/// Reads a text file that `decode_text` understands.
/// @throws Error{not_found, invalid_argument}, Error{unsupported} when it is in another encoding,
///     Error{resource_exhausted} beyond `limits.max_text_bytes`.
std::string read_text_file(const std::filesystem::path& path, const MediaLimits& limits = {});

}  // namespace ogam

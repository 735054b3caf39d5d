#pragma once

#include <filesystem>
#include <string_view>

namespace ogam {

/// What a file holds, as far as indexing is concerned.
enum class MediaKind { video, audio, image, text, subtitles };

std::string_view media_kind_name(MediaKind kind);

/// The kind of a file by what is in it, not by its name: magic bytes, then whether
/// `decode_text` takes it for text, then what FFmpeg finds. A file whose content contradicts its
/// extension is taken for what it is.
/// @throws Error{not_found, unsupported, corrupt_data} with the reason and the way out.
MediaKind detect_media_kind(const std::filesystem::path& path);

/// Whether a file met while walking a folder is worth looking at, by its extension. Files named
/// on the command line are always looked at.
bool has_media_extension(const std::filesystem::path& path);

}  // namespace ogam

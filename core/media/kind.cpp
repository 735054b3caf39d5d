#include "core/media/kind.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <optional>
#include <span>
#include <string>
#include <variant>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/media/image_header.h"
#include "core/media/reader.h"
#include "core/media/subtitles.h"
#include "core/media/text_file.h"

namespace ogam {

namespace fs = std::filesystem;

using namespace std::string_view_literals;

namespace {

/// How much of a file is looked at to tell what it is.
constexpr std::size_t kHeadBytes = 65536;

/// Content that is recognised only to say clearly why it is not read.
struct Refusal {
  std::size_t offset;
  std::string_view magic;
  std::string_view what;
  std::string_view way_out;
};

constexpr std::array kRefusals = {
    Refusal{0, "%PDF-", "a PDF document", "export its pages as PNG"},
    Refusal{0, "PK\x03\x04", "a ZIP archive or an office document",
            "unpack it, or export it as text"},
    Refusal{0, "\x1F\x8B", "a gzip file", "unpack it"},
    Refusal{0, "7z\xBC\xAF", "a 7-Zip archive", "unpack it"},
    Refusal{0,
            "\x7F"
            "ELF",
            "a program", "leave it out"},
    Refusal{0, "SQLite format 3", "a database", "leave it out"},
    Refusal{0, "#EXTM3U", "a playlist", "name the media files themselves"},
    Refusal{0, "ffconcat version", "a playlist", "name the media files themselves"},
    Refusal{4, "ftypavif", "an AVIF picture", "convert it to JPEG or PNG"},
    Refusal{4, "ftypheic", "an HEIC picture", "convert it to JPEG or PNG"},
    Refusal{4, "ftypheix", "an HEIC picture", "convert it to JPEG or PNG"},
    Refusal{4, "ftypmif1", "an HEIF picture", "convert it to JPEG or PNG"},
    Refusal{0, "\0\0\0\x0CJXL "sv, "a JPEG XL picture", "convert it to JPEG or PNG"},
};

constexpr auto kExtensions = std::to_array<std::string_view>({
    // video
    ".mp4",
    ".m4v",
    ".mov",
    ".mkv",
    ".webm",
    ".avi",
    ".ts",
    ".m2ts",
    ".mts",
    ".mpg",
    ".mpeg",
    ".vob",
    ".flv",
    ".wmv",
    ".asf",
    ".3gp",
    ".3g2",
    ".ogv",
    ".mxf",
    ".rm",
    ".rmvb",
    ".dv",
    ".nut",
    ".gif",
    ".h264",
    ".hevc",
    ".m2v",
    ".f4v",
    ".ogm",
    ".tp",
    ".trp",
    ".k3g",
    // audio
    ".mp3",
    ".wav",
    ".flac",
    ".ogg",
    ".oga",
    ".opus",
    ".m4a",
    ".aac",
    ".wma",
    ".aiff",
    ".aif",
    ".amr",
    ".ac3",
    ".au",
    ".caf",
    ".ape",
    ".wv",
    ".mka",
    ".mp2",
    ".m4b",
    ".weba",
    // pictures
    ".jpg",
    ".jpeg",
    ".png",
    ".webp",
    ".bmp",
    ".tif",
    ".tiff",
    ".jpe",
    ".jfif",
    // pictures that are refused with the way out, not passed over in silence
    ".heic",
    ".heif",
    ".avif",
    ".jxl",
    // words
    ".txt",
    ".md",
    ".srt",
    ".vtt",
    ".smi",
});

std::string read_head(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  require(fs::exists(status), ErrorCode::not_found, "{} does not exist", display_path(path));
  require(fs::is_regular_file(status), ErrorCode::invalid_argument, "{} is not a regular file",
          display_path(path));
  std::ifstream file(path, std::ios::binary);
  require(file.good(), ErrorCode::not_found, "cannot open {}; check its permissions",
          display_path(path));
  std::string head(kHeadBytes, '\0');
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(file.gcount()));
  return head;
}

/// A GIF with a second picture moves.
bool is_animated(const fs::path& path) {
  MediaReader reader(path, {.audio = false});
  return reader.next().has_value() && reader.next().has_value();
}

void refuse_known(const fs::path& path, std::string_view head) {
  for (const Refusal& row : kRefusals) {
    const bool matches =
        head.size() >= row.offset && head.substr(row.offset).starts_with(row.magic);
    require(!matches, ErrorCode::unsupported, "{} is {}; {}", display_path(path), row.what,
            row.way_out);
  }
}

std::string lower_extension(const fs::path& path) {
  std::string extension = path.extension().string();
  for (char& c : extension) {
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return extension;
}

}  // namespace

std::string_view media_kind_name(MediaKind kind) {
  constexpr std::array<std::string_view, 5> kNames = {"video", "audio", "image", "text",
                                                      "subtitles"};
  return kNames[static_cast<std::size_t>(kind)];
}

MediaKind detect_media_kind(const fs::path& path) {
  const std::string head = read_head(path);
  require(!head.empty(), ErrorCode::corrupt_data, "{} is empty", display_path(path));
  refuse_known(path, head);
  const std::span<const std::uint8_t> bytes(reinterpret_cast<const std::uint8_t*>(head.data()),
                                            head.size());
  if (const auto format = image_format(bytes)) {
    return *format == ImageFormat::gif && is_animated(path) ? MediaKind::video : MediaKind::image;
  }
  if (const auto text = decode_text(head, head.size() == kHeadBytes)) {
    return looks_like_subtitles(*text) ? MediaKind::subtitles : MediaKind::text;
  }
  try {
    return probe_media(path).video ? MediaKind::video : MediaKind::audio;
  } catch (const Error& error) {
    const std::string extension = lower_extension(path);
    constexpr auto kWords =
        std::to_array<std::string_view>({".txt", ".md", ".srt", ".vtt", ".smi"});
    const bool words = std::find(kWords.begin(), kWords.end(), extension) != kWords.end();
    require(error.code() != ErrorCode::unsupported || !words, ErrorCode::unsupported, "{} {}",
            display_path(path), kNotText);
    throw;
  }
}

bool has_media_extension(const fs::path& path) {
  return std::find(kExtensions.begin(), kExtensions.end(), lower_extension(path)) !=
         kExtensions.end();
}

}  // namespace ogam

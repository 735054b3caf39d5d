#include "core/media/image_header.h"

#include <array>
#include <string_view>

#include "core/media/byte_reader.h"

namespace ogam {

namespace {

using Bytes = std::span<const std::uint8_t>;

struct Magic {
  std::string_view bytes;
  ImageFormat format;
};

using namespace std::string_view_literals;

constexpr std::array kMagics = {
    Magic{"\xFF\xD8\xFF"sv, ImageFormat::jpeg}, Magic{"\x89PNG\r\n\x1A\n"sv, ImageFormat::png},
    Magic{"GIF87a"sv, ImageFormat::gif},        Magic{"GIF89a"sv, ImageFormat::gif},
    Magic{"II*\0"sv, ImageFormat::tiff},        Magic{"MM\0*"sv, ImageFormat::tiff},
};

/// The tags of a TIFF directory that matter here; EXIF is stored as one.
struct TiffTags {
  Size size;
  int orientation = 1;
  int photometric = 0;
  int samples = 1;
  bool sizes_sound = true;  ///< the sides are stored once, as one number each
};

constexpr int kTagWidth = 256;
constexpr int kTagHeight = 257;
constexpr int kTagPhotometric = 262;
constexpr int kTagOrientation = 274;
constexpr int kTagSamples = 277;
constexpr int kPhotometricRgb = 2;

/// Reads the first directory of a TIFF structure.
std::optional<TiffTags> read_tiff_tags(Bytes bytes) {
  const bool big = !bytes.empty() && bytes[0] == 'M';
  ByteReader reader(bytes, big ? std::endian::big : std::endian::little);
  if (!reader.has(0, big ? "MM" : "II") || reader.u16(2) != 42) {
    return std::nullopt;
  }
  const std::size_t directory = reader.u32(4);
  const std::uint32_t entries = reader.u16(directory);
  TiffTags tags;
  for (std::uint32_t i = 0; i < entries && !reader.failed(); ++i) {
    const std::size_t entry = directory + 2 + std::size_t{12} * i;
    constexpr std::uint32_t kShort = 3;
    constexpr std::uint32_t kLong = 4;
    const std::uint32_t type = reader.u16(entry + 2);
    const bool is_short = type == kShort;
    const bool is_number = (is_short || type == kLong) && reader.u32(entry + 4) == 1;
    const std::uint32_t value = is_short ? reader.u16(entry + 8) : reader.u32(entry + 8);
    // A side beyond int is as good as one at its end: both are refused by the limits.
    const int number = static_cast<int>(value > 0x7FFFFFFF ? 0x7FFFFFFF : value);
    switch (reader.u16(entry)) {
      case kTagWidth:
        tags.sizes_sound = tags.sizes_sound && is_number && tags.size.width == 0;
        tags.size.width = number;
        break;
      case kTagHeight:
        tags.sizes_sound = tags.sizes_sound && is_number && tags.size.height == 0;
        tags.size.height = number;
        break;
      case kTagPhotometric:
        tags.photometric = number;
        break;
      case kTagOrientation:
        tags.orientation = number;
        break;
      case kTagSamples:
        tags.samples = number;
        break;
      default:
        break;
    }
  }
  return reader.failed() ? std::nullopt : std::optional(tags);
}

/// EXIF is a convenience: a damaged one leaves the picture as stored.
Orientation exif_orientation(Bytes bytes) {
  const auto tags = read_tiff_tags(bytes);
  return Orientation::from_exif(tags ? tags->orientation : 1);
}

/// Counts the scans of a JPEG, from its first one on.
int count_passes(std::string_view scans) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(scans[i]); };
  // Behind 0xFF: stuffing and restart markers belong to the coded data, 0xFF is a fill byte.
  const auto is_marker = [](unsigned char kind) {
    return kind != 0x00 && kind != 0x01 && kind != 0xFF && (kind < 0xD0 || kind > 0xD7);
  };
  int passes = 0;
  for (std::size_t at = 0; at + 4 <= scans.size() && byte(at + 1) != 0xD9;) {
    passes += byte(at + 1) == 0xDA ? 1 : 0;
    const std::size_t length = std::size_t{byte(at + 2)} << 8 | byte(at + 3);
    at = scans.find('\xFF', at + 2 + length);
    while (at != std::string_view::npos && at + 1 < scans.size() && !is_marker(byte(at + 1))) {
      at = scans.find('\xFF', at + 1);
    }
    if (at == std::string_view::npos) {
      break;
    }
  }
  return passes;
}

std::optional<ImageHeader> read_jpeg(Bytes bytes) {
  ByteReader reader(bytes, std::endian::big);
  ImageHeader header{.format = ImageFormat::jpeg};
  std::size_t at = 2;
  while (!reader.failed()) {
    while (reader.u8(at) == 0xFF && reader.u8(at + 1) == 0xFF) {
      ++at;  // fill bytes
    }
    const std::uint32_t marker = reader.u16(at);
    if (marker == 0xFF01 || (marker >= 0xFFD0 && marker <= 0xFFD7)) {
      at += 2;  // these have no length
      continue;
    }
    const std::uint32_t length = reader.u16(at + 2);
    if (marker < 0xFFC0 || length < 2) {
      return std::nullopt;
    }
    const bool frame = marker <= 0xFFCF && marker != 0xFFC4 && marker != 0xFFC8 && marker != 0xFFCC;
    if (frame) {
      header.size = {static_cast<int>(reader.u16(at + 7)), static_cast<int>(reader.u16(at + 5))};
    } else if (marker == 0xFFE1 && reader.has(at + 4, "Exif\0\0"sv) && length > 8) {
      header.orientation = exif_orientation(reader.part(at + 10, length - 8));
    } else if (marker == 0xFFDA) {
      const Bytes data = reader.part(at, bytes.size());
      const std::string_view scan(reinterpret_cast<const char*>(data.data()), data.size());
      header.complete = scan.rfind("\xFF\xD9"sv) != std::string_view::npos;
      header.passes = count_passes(scan);
      return header;
    }
    at += 2 + length;
  }
  return std::nullopt;
}

std::optional<ImageHeader> read_png(Bytes bytes) {
  ByteReader reader(bytes, std::endian::big);
  ImageHeader header{.format = ImageFormat::png};
  header.size = {static_cast<int>(reader.u32(16) & 0x7FFFFFFF),
                 static_cast<int>(reader.u32(20) & 0x7FFFFFFF)};
  constexpr std::uint32_t kAlphaBit = 4;
  header.has_alpha = (reader.u8(25) & kAlphaBit) != 0;
  if (!reader.has(12, "IHDR") || reader.failed()) {
    return std::nullopt;
  }
  header.complete = false;
  for (std::size_t at = 8; at + 12 <= bytes.size() && !header.complete;) {
    const std::size_t length = reader.u32(at);
    header.has_alpha = header.has_alpha || reader.has(at + 4, "tRNS");
    header.complete = reader.has(at + 4, "IEND");
    if (reader.has(at + 4, "eXIf")) {
      header.orientation = exif_orientation(reader.part(at + 8, length));
    }
    at += 12 + length;
  }
  return header;
}

std::optional<ImageHeader> read_webp(Bytes bytes) {
  ByteReader reader(bytes, std::endian::little);
  ImageHeader header{.format = ImageFormat::webp};
  if (reader.has(12, "VP8X")) {
    const std::uint32_t flags = reader.u8(20);
    header.has_alpha = (flags & 0x10) != 0;
    header.animated = (flags & 0x02) != 0;
    header.size = {static_cast<int>(reader.u24(24)) + 1, static_cast<int>(reader.u24(27)) + 1};
  } else if (reader.has(12, "VP8L")) {
    const std::uint32_t bits = reader.u32(21);
    header.has_alpha = (bits >> 28 & 1) != 0;
    header.size = {static_cast<int>(bits & 0x3FFF) + 1, static_cast<int>(bits >> 14 & 0x3FFF) + 1};
  } else if (reader.has(12, "VP8 ")) {
    header.size = {static_cast<int>(reader.u16(26) & 0x3FFF),
                   static_cast<int>(reader.u16(28) & 0x3FFF)};
  } else {
    return std::nullopt;
  }
  header.complete = std::size_t{8} + reader.u32(4) <= bytes.size();
  for (std::size_t at = 12; at + 8 <= bytes.size();) {
    const std::size_t length = reader.u32(at + 4);
    if (reader.has(at, "EXIF")) {
      const std::size_t skip =
          reader.has(at + 8, "Exif\0\0"sv) ? 6 : 0;  // some writers keep JPEG's prefix
      header.orientation = exif_orientation(reader.part(at + 8 + skip, length));
    }
    at += 8 + length + length % 2;
  }
  return reader.failed() ? std::nullopt : std::optional(header);
}

std::optional<ImageHeader> read_bmp(Bytes bytes) {
  ByteReader reader(bytes, std::endian::little);
  ImageHeader header{.format = ImageFormat::bmp};
  constexpr std::uint32_t kOs2Header = 12;
  if (reader.u32(14) == kOs2Header) {
    header.size = {static_cast<int>(reader.u16(18)), static_cast<int>(reader.u16(20))};
  } else {
    const std::uint32_t height = reader.u32(22);  // negative: rows from the top
    const std::uint32_t rows = height > 0x80000000 ? 0 - height : height & 0x7FFFFFFF;
    header.size = {static_cast<int>(reader.u32(18) & 0x7FFFFFFF), static_cast<int>(rows)};
    constexpr std::uint32_t kRgb = 0;
    constexpr std::uint32_t kBitFields = 3;
    const std::uint32_t compression = reader.u32(30);
    if (compression == kRgb || compression == kBitFields) {
      const std::uint64_t bits = static_cast<std::uint64_t>(header.size.width) * reader.u16(28);
      header.complete = reader.u32(10) + (bits + 31) / 32 * 4 * rows <= bytes.size();
    }
  }
  return reader.failed() ? std::nullopt : std::optional(header);
}

/// OpenCV's TIFF decoder turns the picture upright whatever it is told, so no orientation is given.
std::optional<ImageHeader> read_tiff(Bytes bytes) {
  const auto tags = read_tiff_tags(bytes);
  if (!tags || !tags->sizes_sound) {
    return std::nullopt;
  }
  return ImageHeader{.format = ImageFormat::tiff,
                     .size = tags->size,
                     .has_alpha = tags->photometric == kPhotometricRgb && tags->samples == 4};
}

std::optional<ImageHeader> read_gif(Bytes bytes) {
  ByteReader reader(bytes, std::endian::little);
  ImageHeader header{.format = ImageFormat::gif};
  header.size = {static_cast<int>(reader.u16(6)), static_cast<int>(reader.u16(8))};
  return reader.failed() ? std::nullopt : std::optional(header);
}

}  // namespace

std::string_view image_format_name(ImageFormat format) {
  constexpr std::array<std::string_view, 6> kNames = {"JPEG", "PNG", "WebP", "BMP", "TIFF", "GIF"};
  return kNames[static_cast<std::size_t>(format)];
}

std::optional<ImageFormat> image_format(Bytes bytes) {
  const ByteReader reader(bytes, std::endian::little);
  for (const Magic& magic : kMagics) {
    if (reader.has(0, magic.bytes)) {
      return magic.format;
    }
  }
  if (reader.has(0, "RIFF") && reader.has(8, "WEBP")) {
    return ImageFormat::webp;
  }
  // "BM" alone is too little to go by: the header's length has to be one that exists.
  constexpr std::array kBmpHeaders = {12U, 40U, 52U, 56U, 64U, 108U, 124U};
  if (reader.has(0, "BM") && bytes.size() >= 26) {
    const std::uint32_t length = ByteReader(bytes, std::endian::little).u32(14);
    for (const std::uint32_t known : kBmpHeaders) {
      if (length == known) {
        return ImageFormat::bmp;
      }
    }
  }
  return std::nullopt;
}

std::optional<ImageHeader> read_image_header(Bytes bytes, ImageFormat format) {
  constexpr std::array kReaders = {&read_jpeg, &read_png,  &read_webp,
                                   &read_bmp,  &read_tiff, &read_gif};
  auto header = kReaders[static_cast<std::size_t>(format)](bytes);
  if (header && (header->size.width <= 0 || header->size.height <= 0)) {
    return std::nullopt;
  }
  return header;
}

}  // namespace ogam

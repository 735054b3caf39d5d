#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/media/image.h"
#include "core/media/orientation.h"

namespace ogam {

enum class ImageFormat { jpeg, png, webp, bmp, tiff, gif };

std::string_view image_format_name(ImageFormat format);

/// What a still picture says of itself before it is decoded.
struct ImageHeader {
  ImageFormat format = ImageFormat::jpeg;
  Size size = {};                ///< as stored
  Orientation orientation = {};  ///< from EXIF; a TIFF's own is left to its decoder
  bool has_alpha = false;        ///< a real alpha channel, or may have one
  bool animated = false;         ///< several pictures over time (GIF is not looked through)
  int passes = 1;                ///< over the whole picture, to decode it (progressive JPEG)
  bool complete = true;          ///< false when the file visibly ends too early
};

/// The format by its magic bytes.
std::optional<ImageFormat> image_format(std::span<const std::uint8_t> bytes);

/// Reads the header of a picture.
///
/// Note: the decoders' own limits come from environment variables and are met after allocation; a
/// few bytes read here keep a small hostile file from asking for gigabytes.
/// @return nothing when the header is damaged.
std::optional<ImageHeader> read_image_header(std::span<const std::uint8_t> bytes,
                                             ImageFormat format);

}  // namespace ogam

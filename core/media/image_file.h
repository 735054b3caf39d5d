#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/media/image.h"
#include "core/media/limits.h"

namespace ogam {

/// Reads a still picture, turned upright by its EXIF orientation; transparency is laid over white.
/// @throws Error{not_found, corrupt_data, unsupported}, Error{resource_exhausted} beyond the limits
///     (checked before decoding).
Image read_image(const std::filesystem::path& path, const MediaLimits& limits = {});

/// The bytes of a PNG or JPEG file.
/// @param extension ".png", ".jpg" or ".jpeg", in letters of either size.
/// @throws Error{invalid_argument} for another.
std::vector<std::uint8_t> encode_image(const Image& image, const std::string& extension);

/// Writes PNG or JPEG, by the file's extension.
void write_image(const std::filesystem::path& path, const Image& image);

}  // namespace ogam

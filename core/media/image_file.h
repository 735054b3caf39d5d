#pragma once

#include <filesystem>

#include "core/media/image.h"
#include "core/media/limits.h"

namespace ogam {

/// Reads a still picture, turned upright by its EXIF orientation; transparency is laid over white.
/// @throws Error{not_found, corrupt_data, unsupported}, Error{resource_exhausted} beyond the limits
///     (checked before decoding).
Image read_image(const std::filesystem::path& path, const MediaLimits& limits = {});

/// Writes PNG or JPEG, by the file's extension.
void write_image(const std::filesystem::path& path, const Image& image);

}  // namespace ogam

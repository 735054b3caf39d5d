#pragma once

#include <filesystem>
#include <span>

#include "core/media/image.h"
#include "encoders/image/pixel_values.h"
#include "encoders/video/qwen3_vl_model.h"

namespace ogam {

/// What stands for the samples of pictures and of frames in the model's input.
struct VisualValues {
  PixelValues picture;
  PixelValues frame;

  /// As the processors of a model folder say.
  /// @throws Error{not_found}; Error{corrupt_data} also when their patches are of other sizes than
  ///     the tower's; Error{unsupported} for another resampling than bicubic.
  static VisualValues read(const std::filesystem::path& folder, const Qwen3VlVisionConfig& tower);
};

/// A picture as one frame of patches, repeated to fill a moment. Its area is brought to 4 to 1,800
/// tokens, its proportions are kept as nearly as whole tokens allow.
/// Source: qwen-vl-utils 0.0.14, `fetch_image`, with the numbers of `Qwen3VLEmbedder`.
/// @param values what stands for the samples, as the folder's processor says.
/// @throws Error{invalid_argument} when a side is not positive or 200 times the other, or the
///     samples are not as many as the sides say.
VisualPatches cut_picture(const Image& image, const Qwen3VlVisionConfig& config,
                          const PixelValues& values);

/// The frames of a video as patches; the last frame is repeated to fill a moment. A frame is
/// brought to 128 to 768 tokens, and fewer where all together would be more than 7,680.
/// Source: qwen-vl-utils 0.0.14, `fetch_video` of a file, with the numbers of `Qwen3VLEmbedder`.
/// @param frames of the first one's size.
/// @throws Error{invalid_argument} likewise, or when there are none, or frames differ in size.
VisualPatches cut_frames(std::span<const Image> frames, const Qwen3VlVisionConfig& config,
                         const PixelValues& values);

}  // namespace ogam

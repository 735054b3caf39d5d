#pragma once

#include <cstdint>

#include "core/media/image.h"

namespace ogam {

// To which sizes models that cut pictures into patches resize them. Pure arithmetic, equal to the
// references' in every step, since a size off by one patch is another input.

struct NaflexBudget {
  int patch_size = 16;
  int max_num_patches = 256;
};

/// The largest size of about the same shape whose patches fit the budget; sides are multiples of
/// the patch. Small pictures grow. Source: transformers' `Siglip2ImageProcessor`.
Size naflex_size(Size from, const NaflexBudget& budget);

struct Gemma4Budget {
  int patch_size = 16;
  int pooling_kernel_size = 3;  ///< patches a side that one soft token stands for
  int max_soft_tokens = 280;

  int side() const { return patch_size * pooling_kernel_size; }
  int max_patches() const { return max_soft_tokens * pooling_kernel_size * pooling_kernel_size; }
};

/// The largest size of about the same shape with at most the budget's soft tokens; sides are
/// multiples of a token's. Small pictures grow. Source: transformers' `Gemma4ImageProcessor`.
/// @throws Error{invalid_argument} when no such size exists.
Size gemma4_size(Size from, const Gemma4Budget& budget);

struct QwenBudget {
  int factor = 28;  ///< sides become multiples of it: the patch times the merged patches a side
  std::int64_t min_pixels = 56 * 56;
  std::int64_t max_pixels = 28 * 28 * 1280;
};

/// The size of about the same shape with a number of pixels within the budget, and next to the
/// picture's own where that is. Source: `smart_resize` of transformers' Qwen2-VL.
/// @throws Error{invalid_argument} for pictures more than 200 times as long as wide.
Size qwen_image_size(Size from, const QwenBudget& budget);

struct QwenVideoBudget {
  QwenBudget pixels;  ///< of all frames together
  int temporal_patch_size = 2;
};

/// The same for the frames of a video, which share the budget.
/// Source: `smart_resize` of transformers' Qwen3-VL.
/// @throws Error{invalid_argument} also for fewer frames than a temporal patch has.
Size qwen_video_size(Size from, std::int64_t frames, const QwenVideoBudget& budget);

}  // namespace ogam

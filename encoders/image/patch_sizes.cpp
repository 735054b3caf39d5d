#include "encoders/image/patch_sizes.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"

namespace ogam {
namespace {

constexpr double kNaflexPrecision = 1e-5;
constexpr double kNaflexMaxScale = 100.0;
constexpr double kQwenMaxRatio = 200.0;

void require_sides(Size size) {
  require(size.width > 0 && size.height > 0, ErrorCode::invalid_argument,
          "a picture needs positive sides, got {} x {}", size.width, size.height);
}

double multiple_below(double side, int step) { return std::floor(side / step) * step; }
double multiple_above(double side, int step) { return std::ceil(side / step) * step; }
/// Halves go to the even neighbour, as in Python.
double multiple_near(double side, int step) { return std::nearbyint(side / step) * step; }

Size to_size(double width, double height) {
  return {static_cast<int>(width), static_cast<int>(height)};
}

struct QwenSides {
  double width;
  double height;
};

/// @param from the sides; with `frames` of them that share the budget.
/// @param rounded_frames as many as are counted when the budget is compared.
Size qwen_size(const QwenSides& from, double frames, double rounded_frames,
               const QwenBudget& budget) {
  const double ratio = std::max(from.width, from.height) / std::min(from.width, from.height);
  require(ratio <= kQwenMaxRatio, ErrorCode::invalid_argument,
          "a picture of {} x {} is too narrow: one side may be at most {} times the other",
          from.width, from.height, kQwenMaxRatio);
  const int step = budget.factor;
  const double width = multiple_near(from.width, step);
  const double height = multiple_near(from.height, step);
  const double pixels = rounded_frames * width * height;
  const auto most = static_cast<double>(budget.max_pixels);
  const auto least = static_cast<double>(budget.min_pixels);
  if (pixels > most) {
    const double shrink = std::sqrt(frames * from.height * from.width / most);
    return to_size(std::max<double>(step, multiple_below(from.width / shrink, step)),
                   std::max<double>(step, multiple_below(from.height / shrink, step)));
  }
  if (pixels < least) {
    const double grow = std::sqrt(least / (frames * from.height * from.width));
    return to_size(multiple_above(from.width * grow, step),
                   multiple_above(from.height * grow, step));
  }
  return to_size(width, height);
}

}  // namespace

Size naflex_size(Size from, const NaflexBudget& budget) {
  require_sides(from);
  const int step = budget.patch_size;
  const auto scaled = [&](double scale) {
    return to_size(std::max<double>(step, multiple_above(from.width * scale, step)),
                   std::max<double>(step, multiple_above(from.height * scale, step)));
  };
  double low = kNaflexPrecision / 10;
  double high = kNaflexMaxScale;
  while (high - low >= kNaflexPrecision) {
    const double scale = (low + high) / 2;
    const Size size = scaled(scale);
    const std::int64_t patches = std::int64_t{size.width / step} * (size.height / step);
    (patches <= budget.max_num_patches ? low : high) = scale;
  }
  return scaled(low);
}

Size gemma4_size(Size from, const Gemma4Budget& budget) {
  require_sides(from);
  const double most =
      static_cast<double>(budget.max_patches()) * budget.patch_size * budget.patch_size;
  const double scale = std::sqrt(most / (static_cast<double>(from.height) * from.width));
  const int step = budget.side();
  double width = multiple_below(scale * from.width, step);
  double height = multiple_below(scale * from.height, step);
  const double longest = static_cast<double>(budget.max_soft_tokens) * step;
  const auto along = [&](int longer, int shorter) {
    return std::min(std::floor(static_cast<double>(longer) / shorter) * step, longest);
  };
  if (height == 0 && width > 0) {
    height = step;
    width = along(from.width, from.height);
  } else if (width == 0 && height > 0) {
    width = step;
    height = along(from.height, from.width);
  }
  require(width > 0 && height > 0 && width * height <= most, ErrorCode::invalid_argument,
          "a picture of {} x {} cannot be resized to at most {} squares of {} pixels a side",
          from.width, from.height, budget.max_soft_tokens, step);
  return to_size(width, height);
}

Size qwen_image_size(Size from, const QwenBudget& budget) {
  require_sides(from);
  return qwen_size({static_cast<double>(from.width), static_cast<double>(from.height)}, 1, 1,
                   budget);
}

Size qwen_video_size(Size from, std::int64_t frames, const QwenVideoBudget& budget) {
  require_sides(from);
  require(frames >= budget.temporal_patch_size, ErrorCode::invalid_argument,
          "a video needs at least {} frames, got {}", budget.temporal_patch_size, frames);
  const int step = budget.pixels.factor;
  QwenSides sides = {static_cast<double>(from.width), static_cast<double>(from.height)};
  if (from.height < step || from.width < step) {
    const double grow = std::max(step / sides.height, step / sides.width);
    sides = {std::trunc(sides.width * grow), std::trunc(sides.height * grow)};
  }
  const auto count = static_cast<double>(frames);
  return qwen_size(sides, count, multiple_near(count, budget.temporal_patch_size), budget.pixels);
}

}  // namespace ogam

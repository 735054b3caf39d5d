#include "core/media/resample.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <numbers>
#include <span>
#include <vector>

#include "core/base/error.h"

namespace ogam {
namespace {

constexpr std::size_t kChannels = 3;
constexpr int kPillowPrecision = 22;
constexpr int kMaxTorchvisionWeight = 1 << 15;

double triangle(double x) { return std::max(0.0, 1.0 - std::abs(x)); }

/// Keys' cubic with a = -1/2.
double cubic(double x) {
  x = std::abs(x);
  if (x < 1.0) {
    return (1.5 * x - 2.5) * x * x + 1.0;
  }
  return x < 2.0 ? (((x - 5.0) * x + 8.0) * x - 4.0) * -0.5 : 0.0;
}

double sinc(double x) {
  if (x == 0.0) {
    return 1.0;
  }
  x *= std::numbers::pi;
  return std::sin(x) / x;
}

double lanczos(double x) { return x >= -3.0 && x < 3.0 ? sinc(x) * sinc(x / 3.0) : 0.0; }

double box(double x) { return x > -0.5 && x <= 0.5 ? 1.0 : 0.0; }

double hamming(double x) {
  // The window's coefficients are single precision numbers in Pillow.
  return std::abs(x) < 1.0
             ? sinc(std::abs(x)) * (0.54F + 0.46F * std::cos(std::abs(x) * std::numbers::pi))
             : 0.0;
}

struct Kernel {
  double (*weight)(double);
  double support;  ///< half its width
  bool in_torchvision;
};

/// By ResampleFilter; `nearest` weighs nothing.
constexpr std::array kKernels = {
    Kernel{nullptr, 0.0, true}, Kernel{&lanczos, 3.0, false}, Kernel{&triangle, 1.0, true},
    Kernel{&cubic, 2.0, true},  Kernel{&box, 0.5, false},     Kernel{&hamming, 1.0, false},
};

/// For every output position along one side: the first input position and the weights from there.
struct Taps {
  struct Range {
    std::size_t first;
    std::size_t count;
  };
  std::vector<Range> ranges;
  std::vector<std::int32_t> weights;  ///< `stride` for every position, of which `count` are used
  std::size_t stride = 0;
  int precision = 0;  ///< a weight of one is 1 << precision
};

/// The most bits with which the largest weight still fits 16 signed ones.
int torchvision_precision(std::span<const double> weights) {
  const double largest = *std::max_element(weights.begin(), weights.end());
  int precision = 0;
  while (precision < kPillowPrecision &&
         static_cast<int>(0.5 + largest * (1 << (precision + 1))) < kMaxTorchvisionWeight) {
    ++precision;
  }
  return precision;
}

Taps make_taps(int from, int to, const Kernel& kernel, ResampleArithmetic arithmetic) {
  const double scale = static_cast<double>(from) / to;
  const double widening = std::max(scale, 1.0);
  const double support = kernel.support * widening;
  const double narrowing = 1.0 / widening;
  Taps taps;
  taps.stride = static_cast<std::size_t>(std::ceil(support)) * 2 + 1;
  std::vector<double> weights(taps.stride * static_cast<std::size_t>(to));
  for (int i = 0; i < to; ++i) {
    const double centre = (i + 0.5) * scale;
    const int first = std::max(static_cast<int>(centre - support + 0.5), 0);
    const int last = std::min(static_cast<int>(centre + support + 0.5), from);
    double* const row = weights.data() + static_cast<std::size_t>(i) * taps.stride;
    double sum = 0;
    for (int j = first; j < last; ++j) {
      row[j - first] = kernel.weight((j - centre + 0.5) * narrowing);
      sum += row[j - first];
    }
    if (sum != 0.0) {
      std::for_each(row, row + (last - first), [sum](double& weight) { weight /= sum; });
    }
    taps.ranges.push_back(
        {static_cast<std::size_t>(first), static_cast<std::size_t>(last - first)});
  }
  taps.precision = arithmetic == ResampleArithmetic::torchvision && kernel.in_torchvision
                       ? torchvision_precision(weights)
                       : kPillowPrecision;
  taps.weights.resize(weights.size());
  std::transform(weights.begin(), weights.end(), taps.weights.begin(), [&](double weight) {
    return static_cast<std::int32_t>(weight * (1 << taps.precision) + (weight < 0 ? -0.5 : 0.5));
  });
  return taps;
}

/// What one output position sums up: `count` lines that lie `stride` bytes apart, with a weight
/// for each.
struct WeightedLines {
  const std::uint8_t* first;
  std::size_t stride;
  std::span<const std::int32_t> weights;
  int precision;
};

/// Sixteen pixels; a multiple of every vector's width, so that a tile of sums stays in registers.
constexpr std::size_t kTile = 16 * kChannels;

template <typename Lanes>
[[gnu::always_inline]] inline void sum_lines(const WeightedLines& lines, std::size_t offset,
                                             Lanes lanes, std::uint8_t* target) {
  std::array<std::int32_t, kTile> sums;
  sums.fill(1 << (lines.precision - 1));
  const std::uint8_t* line = lines.first + offset;
  for (const std::int32_t weight : lines.weights) {
    for (std::size_t i = 0; i < lanes; ++i) {
      sums[i] += weight * line[i];
    }
    line += lines.stride;
  }
  for (std::size_t i = 0; i < lanes; ++i) {
    target[offset + i] = static_cast<std::uint8_t>(std::clamp(sums[i] >> lines.precision, 0, 255));
  }
}

/// Writes `lanes` samples, each the rounded sum of the samples above each other in the lines.
[[gnu::target_clones("default", "avx2")]] void weigh_lines(const WeightedLines& lines,
                                                           std::size_t lanes,
                                                           std::uint8_t* target) {
  std::size_t offset = 0;
  for (; offset + kTile <= lanes; offset += kTile) {
    sum_lines(lines, offset, std::integral_constant<std::size_t, kTile>(), target);
  }
  if (offset < lanes) {
    sum_lines(lines, offset, lanes - offset, target);
  }
}

Image make_image(Size size) {
  return {.width = size.width,
          .height = size.height,
          .pixels = std::vector<std::uint8_t>(static_cast<std::size_t>(size.width) *
                                              static_cast<std::size_t>(size.height) * kChannels)};
}

std::span<const std::int32_t> weights_at(const Taps& taps, std::size_t position) {
  return {taps.weights.data() + position * taps.stride, taps.ranges[position].count};
}

Image resample_vertically(const Image& image, int height, const Taps& taps) {
  Image result = make_image({image.width, height});
  const std::size_t row = static_cast<std::size_t>(image.width) * kChannels;
  for (std::size_t y = 0; y < taps.ranges.size(); ++y) {
    weigh_lines({image.pixels.data() + taps.ranges[y].first * row, row, weights_at(taps, y),
                 taps.precision},
                row, result.pixels.data() + y * row);
  }
  return result;
}

/// Turns sixteen rows at a time on their side, so that their pixels lie beside each other and are
/// summed together.
Image resample_horizontally(const Image& image, int width, const Taps& taps) {
  constexpr std::size_t kRows = kTile / kChannels;
  Image result = make_image({width, image.height});
  const std::size_t from_row = static_cast<std::size_t>(image.width) * kChannels;
  const std::size_t to_row = static_cast<std::size_t>(width) * kChannels;
  std::vector<std::uint8_t> columns(static_cast<std::size_t>(image.width) * kTile);
  std::array<std::uint8_t, kTile> sums{};
  const auto height = static_cast<std::size_t>(image.height);
  for (std::size_t top = 0; top < height; top += kRows) {
    const std::size_t rows = std::min(kRows, height - top);
    for (std::size_t y = 0; y < rows; ++y) {
      const std::uint8_t* source = image.pixels.data() + (top + y) * from_row;
      std::uint8_t* column = columns.data() + y * kChannels;
      for (int x = 0; x < image.width; ++x, source += kChannels, column += kTile) {
        std::memcpy(column, source, kChannels);
      }
    }
    for (std::size_t x = 0; x < taps.ranges.size(); ++x) {
      weigh_lines({columns.data() + taps.ranges[x].first * kTile, kTile, weights_at(taps, x),
                   taps.precision},
                  kTile, sums.data());
      for (std::size_t y = 0; y < rows; ++y) {
        std::memcpy(result.pixels.data() + (top + y) * to_row + x * kChannels,
                    sums.data() + y * kChannels, kChannels);
      }
    }
  }
  return result;
}

/// The input position that each output position shows.
std::vector<std::size_t> nearest_positions(int from, int to, ResampleArithmetic arithmetic) {
  std::vector<std::size_t> positions;
  if (arithmetic == ResampleArithmetic::pillow) {
    const double scale = static_cast<double>(from) / to;
    double position = scale * 0.5;  // summed up: the rounding errors are part of the result
    for (int i = 0; i < to; ++i, position += scale) {
      positions.push_back(static_cast<std::size_t>(std::min(static_cast<int>(position), from - 1)));
    }
    return positions;
  }
  const float scale = static_cast<float>(from) / static_cast<float>(to);
  for (int i = 0; i < to; ++i) {
    const float position = std::fma(scale, static_cast<float>(i) + 0.5F, -0.5F);
    positions.push_back(static_cast<std::size_t>(
        std::clamp(static_cast<int>(std::floor(position + 0.5F)), 0, from - 1)));
  }
  return positions;
}

Image resample_nearest(const Image& image, Size size, ResampleArithmetic arithmetic) {
  const auto columns = nearest_positions(image.width, size.width, arithmetic);
  const auto rows = nearest_positions(image.height, size.height, arithmetic);
  Image result = make_image(size);
  std::uint8_t* target = result.pixels.data();
  for (const std::size_t y : rows) {
    const std::uint8_t* const row =
        image.pixels.data() + y * static_cast<std::size_t>(image.width) * kChannels;
    for (const std::size_t x : columns) {
      std::memcpy(target, row + x * kChannels, kChannels);
      target += kChannels;
    }
  }
  return result;
}

}  // namespace

Image resample(const Image& image, Size size, const ResampleOptions& options) {
  require(image.width > 0 && image.height > 0 &&
              image.pixels.size() == static_cast<std::size_t>(image.width) *
                                         static_cast<std::size_t>(image.height) * kChannels,
          ErrorCode::invalid_argument, "a picture of {} x {} cannot have {} bytes of RGB",
          image.width, image.height, image.pixels.size());
  require(size.width > 0 && size.height > 0, ErrorCode::invalid_argument,
          "a picture needs positive sides, got {} x {}", size.width, size.height);
  if (size == Size{image.width, image.height}) {
    return image;
  }
  if (options.filter == ResampleFilter::nearest) {
    return resample_nearest(image, size, options.arithmetic);
  }
  const Kernel& kernel = kKernels[static_cast<std::size_t>(options.filter)];
  const auto horizontally = [&](const Image& source) {
    return resample_horizontally(source, size.width,
                                 make_taps(source.width, size.width, kernel, options.arithmetic));
  };
  const auto vertically = [&](const Image& source) {
    return resample_vertically(source, size.height,
                               make_taps(source.height, size.height, kernel, options.arithmetic));
  };
  if (size.height == image.height) {
    return horizontally(image);
  }
  if (size.width == image.width) {
    return vertically(image);
  }
  // Pillow shortens tall pictures first, to have fewer rows in the other pass.
  const int lost_rows = image.height - size.height;
  const int lost_columns = image.width - size.width;
  const bool pillow = options.arithmetic == ResampleArithmetic::pillow || !kernel.in_torchvision;
  const bool vertical_first = pillow && lost_rows > 0 && lost_rows > 2 * lost_columns;
  return vertical_first ? horizontally(vertically(image)) : vertically(horizontally(image));
}

}  // namespace ogam

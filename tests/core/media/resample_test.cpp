#include "core/media/resample.h"

#include <gtest/gtest.h>

#include <array>

#include "core/base/error.h"

namespace ogam {
namespace {

constexpr std::array kFilters = {ResampleFilter::nearest,  ResampleFilter::lanczos,
                                 ResampleFilter::bilinear, ResampleFilter::bicubic,
                                 ResampleFilter::box,      ResampleFilter::hamming};
constexpr std::array kArithmetics = {ResampleArithmetic::pillow, ResampleArithmetic::torchvision};

/// A gray picture.
Image gray(Size size, const std::vector<int>& levels) {
  Image image{.width = size.width, .height = size.height, .pixels = {}};
  for (const int level : levels) {
    image.pixels.insert(image.pixels.end(), 3, static_cast<std::uint8_t>(level));
  }
  return image;
}

std::vector<int> levels(const Image& image) {
  std::vector<int> values;
  for (std::size_t i = 0; i < image.pixels.size(); i += 3) {
    values.push_back(image.pixels[i]);
  }
  return values;
}

TEST(ResampleTest, KeepsAPictureThatHasTheSize) {
  const Image image = gray({3, 2}, {1, 2, 3, 4, 5, 6});
  for (const auto filter : kFilters) {
    EXPECT_EQ(resample(image, {3, 2}, {.filter = filter}).pixels, image.pixels);
  }
}

TEST(ResampleTest, KeepsOneColourWhateverTheSizes) {
  const Image image = gray({37, 23}, std::vector<int>(std::size_t{37} * 23, 201));
  for (const auto filter : kFilters) {
    for (const auto arithmetic : kArithmetics) {
      for (const Size size : {Size{1, 1}, Size{5, 90}, Size{90, 5}, Size{64, 48}, Size{37, 7}}) {
        const Image result = resample(image, size, {.filter = filter, .arithmetic = arithmetic});
        ASSERT_EQ(levels(result), std::vector<int>(std::size_t(size.width) * size.height, 201))
            << static_cast<int>(filter) << ' ' << size.width << " x " << size.height;
      }
    }
  }
}

TEST(ResampleTest, InterpolatesBetweenTwoPixels) {
  const Image image = gray({2, 1}, {0, 100});
  // Centres at 1/4, 3/4, 5/4 and 7/4 of a pixel.
  EXPECT_EQ(levels(resample(image, {4, 1}, {.filter = ResampleFilter::bilinear})),
            (std::vector<int>{0, 25, 75, 100}));
  EXPECT_EQ(levels(resample(image, {4, 1}, {.filter = ResampleFilter::nearest})),
            (std::vector<int>{0, 0, 100, 100}));
}

TEST(ResampleTest, AveragesWhatAPixelCoversWhenItShrinks) {
  const Image image = gray({4, 2}, {0, 10, 20, 30, 40, 50, 60, 70});
  EXPECT_EQ(levels(resample(image, {2, 1}, {.filter = ResampleFilter::box})),
            (std::vector<int>{25, 45}));
}

TEST(ResampleTest, TreatsBothSidesAlike) {
  const Image row = gray({5, 1}, {7, 250, 3, 90, 91});
  const Image column = gray({1, 5}, {7, 250, 3, 90, 91});
  for (const auto filter : kFilters) {
    for (const int side : {2, 3, 9, 40}) {
      EXPECT_EQ(levels(resample(row, {side, 1}, {.filter = filter})),
                levels(resample(column, {1, side}, {.filter = filter})));
    }
  }
}

TEST(ResampleTest, StopsAtBlackAndWhite) {
  const Image edge = gray({4, 1}, {0, 0, 255, 255});
  const auto wide = levels(resample(edge, {16, 1}, {.filter = ResampleFilter::bicubic}));
  EXPECT_EQ(wide.front(), 0);
  EXPECT_EQ(wide[5], 0);     // the cubic goes below black before the edge
  EXPECT_EQ(wide[10], 255);  // and above white behind it
}

TEST(ResampleTest, RefusesSizesThatMakeNoSense) {
  const Image image = gray({2, 1}, {0, 1});
  EXPECT_THROW(resample(image, {0, 1}, {}), Error);
  EXPECT_THROW(resample(image, {1, -1}, {}), Error);
  EXPECT_THROW(resample({.width = 2, .height = 2, .pixels = image.pixels}, {1, 1}, {}), Error);
  EXPECT_THROW(resample({}, {1, 1}, {}), Error);
}

}  // namespace
}  // namespace ogam

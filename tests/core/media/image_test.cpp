#include "core/media/image.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "core/media/orientation.h"

namespace ogam {
namespace {

/// Pixel values 0, 1, 2, ... in the red channel.
Image counted(int width, int height) {
  Image image{.width = width, .height = height, .pixels = {}};
  for (int i = 0; i < width * height; ++i) {
    image.pixels.insert(image.pixels.end(), {static_cast<std::uint8_t>(i), 0, 0});
  }
  return image;
}

std::vector<int> red(const Image& image) {
  std::vector<int> values;
  for (std::size_t i = 0; i < image.pixels.size(); i += 3) {
    values.push_back(image.pixels[i]);
  }
  return values;
}

TEST(ImageTest, CropsARectangle) {
  const Image part = crop(counted(4, 3), 1, 1, {2, 2});
  EXPECT_EQ(red(part), (std::vector<int>{5, 6, 9, 10}));
}

TEST(ImageTest, RefusesACropOutside) {
  EXPECT_THROW(crop(counted(4, 3), 3, 0, {2, 1}), Error);
  EXPECT_THROW(crop(counted(4, 3), -1, 0, {2, 1}), Error);
  EXPECT_THROW(crop(counted(4, 3), 0, 0, {0, 1}), Error);
}

TEST(ImageTest, AreaAveragesPixels) {
  const Image half = resize(counted(4, 2), {2, 1}, Interpolation::area);
  EXPECT_EQ(red(half), (std::vector<int>{3, 5}));  // (0+1+4+5)/4 = 2.5 and 4.5, rounded up
}

TEST(ImageTest, ResizeKeepsTheSameSizeUnchanged) {
  const Image image = counted(5, 4);
  for (const auto mode : {Interpolation::area, Interpolation::bilinear, Interpolation::bicubic}) {
    EXPECT_EQ(resize(image, {5, 4}, mode).pixels, image.pixels);
  }
}

TEST(ImageTest, RefusesPixelsThatDoNotFitTheSize) {
  Image image = counted(4, 3);
  image.pixels.pop_back();
  EXPECT_THROW(resize(image, {2, 2}, Interpolation::area), Error);
  EXPECT_THROW(resize(counted(4, 3), {0, 2}, Interpolation::area), Error);
}

TEST(OrientationTest, TurnsEachExifOrientationUpright) {
  // 0 1 2
  // 3 4 5
  const std::vector<std::vector<int>> expected = {
      {0, 1, 2, 3, 4, 5}, {2, 1, 0, 5, 4, 3}, {5, 4, 3, 2, 1, 0}, {3, 4, 5, 0, 1, 2},
      {0, 3, 1, 4, 2, 5}, {3, 0, 4, 1, 5, 2}, {5, 2, 4, 1, 3, 0}, {2, 5, 1, 4, 0, 3}};
  for (int tag = 1; tag <= 8; ++tag) {
    const Image turned = turn_upright(counted(3, 2), Orientation::from_exif(tag));
    EXPECT_EQ(red(turned), expected[static_cast<std::size_t>(tag - 1)]) << tag;
    EXPECT_EQ(turned.width, tag >= 5 ? 2 : 3);
  }
  EXPECT_TRUE(Orientation::from_exif(0).upright());
  EXPECT_TRUE(Orientation::from_exif(99).upright());
}

}  // namespace
}  // namespace ogam

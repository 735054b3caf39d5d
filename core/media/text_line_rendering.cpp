#include "core/media/text_line_rendering.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "core/base/error.h"
#include "core/media/opencv_view.h"

namespace ogam {
namespace {

/// The value that a `share` of the pixels do not exceed.
int percentile(const cv::Mat& gray, double share) {
  std::array<int, 256> histogram{};
  for (int y = 0; y < gray.rows; ++y) {
    const std::uint8_t* row = gray.ptr<std::uint8_t>(y);
    for (int x = 0; x < gray.cols; ++x) {
      ++histogram[row[x]];
    }
  }
  double rest = share * static_cast<double>(gray.total());
  int value = 0;
  while (value < 255 && rest >= histogram[static_cast<std::size_t>(value)]) {
    rest -= histogram[static_cast<std::size_t>(value++)];
  }
  return value;
}

/// Brightness, with the strokes as the brighter side.
cv::Mat gray_ink(const cv::Mat& colour, bool light) {
  cv::Mat gray;
  cv::cvtColor(colour, gray, cv::COLOR_RGB2GRAY);
  return light ? gray : cv::Mat(255 - gray);
}

/// Top-hat that takes what lies beyond the picture for its nearest pixels.
cv::Mat thin_parts(const cv::Mat& gray, int size) {
  cv::Mat out;
  cv::copyMakeBorder(gray, out, size, size, size, size, cv::BORDER_REPLICATE);
  cv::morphologyEx(out, out, cv::MORPH_TOPHAT,
                   cv::getStructuringElement(cv::MORPH_RECT, {size, size}));
  return out({size, size, gray.cols, gray.rows}).clone();
}

/// The middle value of each channel over the pixels of `mask`.
cv::Scalar median_colour(const cv::Mat& colour, const cv::Mat& mask) {
  std::vector<cv::Mat> channels;
  cv::split(colour, channels);
  cv::Scalar median;
  for (int c = 0; c < 3; ++c) {
    std::vector<std::uint8_t> values;
    for (int y = 0; y < mask.rows; ++y) {
      for (int x = 0; x < mask.cols; ++x) {
        if (mask.at<std::uint8_t>(y, x) != 0) {
          values.push_back(channels[static_cast<std::size_t>(c)].at<std::uint8_t>(y, x));
        }
      }
    }
    if (!values.empty()) {
      const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
      std::nth_element(values.begin(), middle, values.end());
      median[c] = *middle;
    }
  }
  return median;
}

/// Wipes out the connected spots of ink that `unwanted` says: it is given a row of OpenCV's
/// statistics for each.
template <typename Unwanted>
void erase_spots(cv::Mat& ink, const Unwanted& unwanted) {
  cv::Mat labels;
  cv::Mat stats;
  cv::Mat centroids;
  const int count = cv::connectedComponentsWithStats(ink > 96, labels, stats, centroids, 8, CV_32S);
  std::vector<std::uint8_t> kept_value(static_cast<std::size_t>(count), 0);
  for (int i = 1; i < count; ++i) {
    kept_value[static_cast<std::size_t>(i)] = unwanted(stats.ptr<int>(i)) ? 0 : 255;
  }
  cv::Mat kept(ink.size(), CV_8U);
  for (int y = 0; y < ink.rows; ++y) {
    const int* label = labels.ptr<int>(y);
    std::uint8_t* row = kept.ptr<std::uint8_t>(y);
    for (int x = 0; x < ink.cols; ++x) {
      row[x] = kept_value[static_cast<std::size_t>(label[x])];
    }
  }
  // The soft edges of what is kept stay.
  cv::dilate(kept, kept, cv::getStructuringElement(cv::MORPH_RECT, {3, 3}));
  cv::bitwise_and(ink, kept, ink);
}

/// Wipes out spots smaller than a full stop and whatever lies in the margin without reaching into
/// the line.
void erase_specks(cv::Mat& ink, int line_height) {
  const int margin = (ink.rows - line_height) / 2;
  erase_spots(ink, [&](const int* spot) {
    const int top = spot[cv::CC_STAT_TOP];
    return spot[cv::CC_STAT_AREA] * 130 < line_height * line_height ||
           top + spot[cv::CC_STAT_HEIGHT] <= margin || top >= ink.rows - margin;
  });
}

/// Wipes out what reaches the edge of the picture: the ground around outlined letters.
void erase_ground(cv::Mat& ink) {
  erase_spots(ink, [&](const int* spot) {
    return spot[cv::CC_STAT_LEFT] == 0 || spot[cv::CC_STAT_TOP] == 0 ||
           spot[cv::CC_STAT_LEFT] + spot[cv::CC_STAT_WIDTH] == ink.cols ||
           spot[cv::CC_STAT_TOP] + spot[cv::CC_STAT_HEIGHT] == ink.rows;
  });
}

/// The writing of one line has one colour: what comes near it and is no wider than a stroke is ink.
cv::Mat stroke_ink(const cv::Mat& colour, const TextLine& line, int line_height, bool outlined) {
  const int size = line_height * 9 / 20 | 1;
  const cv::Mat hat = thin_parts(gray_ink(colour, line.light), size);
  const int contrast = std::max(16, percentile(hat, 0.95));
  const int strong = contrast * 7 / 10;
  const cv::Scalar stroke = median_colour(colour, hat > strong);
  cv::Mat away;
  cv::absdiff(colour, stroke, away);
  std::vector<cv::Mat> channels;
  cv::split(away, channels);
  cv::Mat distance = cv::max(cv::max(channels[0], channels[1]), channels[2]);
  // Full ink within an eighth of the contrast from the stroke's colour, none beyond two fifths of
  // it.
  cv::Mat ink;
  distance.convertTo(ink, CV_8U, -255.0 / (0.275 * contrast), 255 * 0.4 / 0.275);
  if (outlined) {
    erase_ground(ink);
  }
  ink = thin_parts(ink, size);
  erase_specks(ink, line_height);
  return ink;
}

}  // namespace

GrayImage render_text_line(const Image& image, const TextLine& line, int line_height,
                           LineRendering rendering) {
  const cv::Mat picture = opencv_view(image);
  const cv::Rect box(line.left, line.top, line.size.width, line.size.height);
  require(box.area() > 0 && (box & cv::Rect({0, 0}, picture.size())) == box && line_height > 0,
          ErrorCode::invalid_argument,
          "a line of {} x {} at ({}, {}) is not in a picture of {} x {}", box.width, box.height,
          box.x, box.y, picture.cols, picture.rows);
  const int margin = std::max(2, box.height * 3 / 10);
  const cv::Rect wide =
      cv::Rect(box.x - margin, box.y - margin, box.width + 2 * margin, box.height + 2 * margin) &
      cv::Rect({0, 0}, picture.size());
  const double scale = static_cast<double>(line_height) / box.height;
  cv::Mat colour;
  cv::resize(picture(wide), colour, {}, scale, scale, scale < 1 ? cv::INTER_AREA : cv::INTER_CUBIC);
  const cv::Mat ink =
      rendering == LineRendering::gray
          ? gray_ink(colour, line.light)
          : stroke_ink(colour, line, line_height, rendering == LineRendering::outlined);
  // No ink is what the palest twentieth of the pixels have, full ink what the next but strongest
  // have.
  const int none = percentile(ink, 0.05);
  const int full = std::max(percentile(ink, 0.95), none + 8);
  const double gain = 255.0 / (full - none);
  cv::Mat paper;
  ink.convertTo(paper, CV_8U, -gain, 255 + gain * none);
  const int border = line_height / 4;
  cv::copyMakeBorder(paper, paper, border, border, border, border, cv::BORDER_CONSTANT, {255});
  return {paper.cols, paper.rows, {paper.datastart, paper.dataend}};
}

TextLineSignature::TextLineSignature(const Image& image, const TextLine& line) {
  const GrayImage paper = render_text_line(image, line, 24, LineRendering::strokes);
  cv::Mat ink;
  const cv::Mat full(paper.height, paper.width, CV_8U,
                     const_cast<std::uint8_t*>(paper.pixels.data()));
  cv::resize(255 - full, ink, {kColumns, kRows}, 0, 0, cv::INTER_AREA);
  ink = ink.t();  // column by column
  ink.convertTo(ink, CV_32F, 1.0 / 255);
  aspect_ = static_cast<float>(line.size.width) / static_cast<float>(line.size.height);
  ink_.assign(ink.begin<float>(), ink.end<float>());
}

float TextLineSignature::similarity(const TextLineSignature& other) const {
  const float ratio = aspect_ / other.aspect_;
  if (ratio < 0.9F || ratio > 1.1F) {
    return 0;
  }
  // One letter may be all that differs ("서울역", "시청역"): the least alike place counts.
  const auto letter = std::clamp(static_cast<std::size_t>(kColumns / (aspect_ + 1)), std::size_t{8},
                                 std::size_t{kColumns});
  struct Products {
    float mine = 0;
    float others = 0;
    float both = 0;
  };
  const auto multiply = [&](std::size_t first, std::size_t last) {
    Products sum;
    for (std::size_t i = first * kRows; i < last * kRows; ++i) {
      sum.mine += ink_[i] * ink_[i];
      sum.others += other.ink_[i] * other.ink_[i];
      sum.both += ink_[i] * other.ink_[i];
    }
    return sum;
  };
  const Products whole = multiply(0, kColumns);
  const float share = 0.2F * static_cast<float>(letter) / kColumns;
  const float hardly_any = share * std::max(whole.mine, whole.others);
  float least = 1;
  for (std::size_t first = 0; first + letter <= kColumns; first += letter / 2) {
    const Products place = multiply(first, first + letter);
    if (std::max(place.mine, place.others) > hardly_any) {
      least = std::min(least, place.both / std::sqrt(std::max(place.mine * place.others, 1e-6F)));
    }
  }
  return least;
}

}  // namespace ogam

#include "core/media/text_lines.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "core/media/opencv_view.h"

namespace ogam {
namespace {

// Heights of a line on the pyramid level where it is looked for. The next level halves the picture,
// so that every height from kMinHeight up is met on one level at least.
constexpr int kMinHeight = 8;
constexpr int kMaxHeight = 30;
constexpr int kMaxLevelSide = 1920;  // of the finest level
constexpr int kMinLevelSide = 64;    // of the coarsest
constexpr int kHatSize = 11;         // wider than a bold stroke of a line kMaxHeight high

/// Which pixels of the top-hat count as strokes.
struct StrokeRule {
  int contrast;   ///< more than this
  int whiteness;  ///< light strokes are at least this bright, dark ones at most 255 less this
};
// Captions over a busy picture stand out by being nearly white or black.
constexpr std::array kRules = {StrokeRule{28, 0}, StrokeRule{64, 0}, StrokeRule{110, 0},
                               StrokeRule{64, 190}, StrokeRule{110, 225}};
constexpr int kMaxPieces = 20000;  // of one mask; more is texture

struct Piece {
  cv::Rect box;
  bool light = false;
  float score = 0;
};

/// One way of looking at one level: strokes of one polarity.
struct StrokeMap {
  cv::Mat gray;
  cv::Mat hat;  // contrast of the stroke, 0 elsewhere
  bool light = false;
};

constexpr int kFeatures = 14;

/// What tells writing from texture, measured inside and around one box.
using LineFeatures = std::array<float, kFeatures>;

/// Mean and spread of what was added.
class Moments {
 public:
  void add(double x) {
    ++count_;
    sum_ += x;
    squares_ += x * x;
  }
  int count() const { return count_; }
  double mean() const { return count_ > 0 ? sum_ / count_ : 0; }
  double spread() const {
    return count_ > 0 ? std::sqrt(std::max(0.0, squares_ / count_ - mean() * mean())) : 0;
  }

 private:
  int count_ = 0;
  double sum_ = 0;
  double squares_ = 0;
};

LineFeatures measure(const StrokeMap& map, const cv::Rect& box, int threshold) {
  Moments strokes;   // brightness where the contrast is full
  Moments contrast;  // of all stroke pixels
  Moments ground;    // brightness between the strokes
  Moments runs;      // lengths of horizontal runs of stroke pixels
  int columns = 0;
  int column_runs = 0;
  std::vector<std::uint8_t> above(static_cast<std::size_t>(box.width), 0);
  std::vector<std::uint8_t> used(static_cast<std::size_t>(box.width), 0);
  for (int y = box.y; y < box.y + box.height; ++y) {
    const std::uint8_t* hat = map.hat.ptr<std::uint8_t>(y) + box.x;
    const std::uint8_t* gray = map.gray.ptr<std::uint8_t>(y) + box.x;
    int run = 0;
    for (int x = 0; x < box.width; ++x) {
      const auto i = static_cast<std::size_t>(x);
      const bool stroke = hat[x] > threshold;
      if (stroke) {
        contrast.add(hat[x]);
        column_runs += above[i] == 0 ? 1 : 0;
        columns += used[i] == 0 ? 1 : 0;
        used[i] = 1;
        ++run;
        if (x + 1 < box.width && hat[x + 1] <= hat[x] && x > 0 && hat[x - 1] <= hat[x]) {
          strokes.add(gray[x]);
        }
      } else {
        if (run > 0) {
          runs.add(run);
          run = 0;
        }
        if (hat[x] < threshold / 2) {
          ground.add(gray[x]);
        }
      }
      above[i] = stroke ? 1 : 0;
    }
    if (run > 0) {
      runs.add(run);
    }
  }
  Moments ring;
  int bleeding = 0;
  const auto look_around = [&](int x, int y) {
    if (x >= 0 && y >= 0 && x < map.gray.cols && y < map.gray.rows) {
      ring.add(map.gray.at<std::uint8_t>(y, x));
      bleeding += map.hat.at<std::uint8_t>(y, x) > threshold ? 1 : 0;
    }
  };
  for (int x = box.x - 2; x < box.br().x + 2; ++x) {
    for (const int d : {2, 3}) {
      look_around(x, box.y - d);
      look_around(x, box.br().y - 1 + d);
    }
  }
  for (int y = box.y; y < box.br().y; ++y) {
    look_around(box.x - 2, y);
    look_around(box.br().x + 1, y);
  }
  const double area = box.area();
  const double height = box.height;
  const double full = std::max(1.0, contrast.mean());
  const double density = contrast.count() / area;
  const double sign = map.light ? 1 : -1;
  const auto bounded = [](double x) { return static_cast<float>(std::clamp(x, -3.0, 3.0)); };
  return {bounded(density * 3),
          bounded(contrast.mean() / 100),
          bounded(contrast.spread() / full * 3),
          bounded(strokes.spread() / full * 3),
          bounded(ground.spread() / full * 2),
          bounded((ground.count() / area) * 2),
          bounded(runs.count() / area * height),
          bounded(column_runs / area * box.width * std::min(1.0, height / box.width)),
          bounded(runs.mean() / height * 5),
          bounded(runs.spread() / std::max(1.0, runs.mean())),
          bounded(sign * (strokes.mean() - ring.mean()) / full),
          bounded(ring.spread() / full),
          bounded(bleeding / std::max(1.0, static_cast<double>(ring.count())) / density),
          bounded(std::log(box.width / height))};
}

constexpr std::array<float, 2 * kFeatures + 1> kWeights = {
    0.626F, -0.055F, 2.311F,  -0.252F, 0.721F,  0.182F,  0.562F,  -0.266F, -2.936F, -0.512F,
    0.365F, 0.052F,  3.237F,  -0.510F, 0.086F,  0.227F,  -1.163F, -0.310F, 1.910F,  -0.845F,
    3.150F, -0.320F, -1.152F, -0.267F, -2.470F, -1.525F, 1.942F,  0.241F,  -12.064F};

/// A logistic regression on the features and their squares.
float score_of(const LineFeatures& features) {
  float sum = kWeights.back();
  for (std::size_t i = 0; i < features.size(); ++i) {
    sum += features[i] * (kWeights[2 * i] + features[i] * kWeights[2 * i + 1]);
  }
  return 1 / (1 + std::exp(-sum));
}

/// Rows of a piece with hardly a stroke part it into lines.
std::vector<cv::Rect> split_rows(const cv::Mat& mask, const cv::Rect& box) {
  cv::Mat profile;
  cv::reduce(mask(box), profile, 1, cv::REDUCE_SUM, CV_32S);
  std::vector<cv::Rect> lines;
  const int limit = 255 * std::max(1, box.width / 50);
  int start = -1;
  for (int y = 0; y <= box.height; ++y) {
    const bool used = y < box.height && profile.at<int>(y) > limit;
    if (used && start < 0) {
      start = y;
    } else if (!used && start >= 0) {
      lines.emplace_back(box.x, box.y + start, box.width, y - start);
      start = -1;
    }
  }
  return lines;
}

/// Joins neighbours of like height on one row.
std::vector<cv::Rect> join_neighbours(std::vector<cv::Rect> boxes) {
  std::sort(boxes.begin(), boxes.end(), [](const auto& a, const auto& b) { return a.x < b.x; });
  std::vector<cv::Rect> joined;
  for (const cv::Rect& box : boxes) {
    cv::Rect* best = nullptr;
    int best_gap = 0;
    for (cv::Rect& line : joined) {
      const int low = std::min(line.height, box.height);
      const int high = std::max(line.height, box.height);
      const int overlap = std::min(line.br().y, box.br().y) - std::max(line.y, box.y);
      const int gap = box.x - line.br().x;
      if (overlap * 10 >= low * 6 && low * 2 >= high && gap * 10 <= high * 9 &&
          (best == nullptr || gap < best_gap)) {
        best = &line;
        best_gap = gap;
      }
    }
    if (best != nullptr) {
      *best |= box;
    } else {
      joined.push_back(box);
    }
  }
  return joined;
}

/// The rectangle around the strokes in `box`.
cv::Rect tighten(const cv::Mat& mask, const cv::Rect& box) {
  const cv::Rect inner = cv::boundingRect(mask(box));
  return {box.x + inner.x, box.y + inner.y, inner.width, inner.height};
}

void find_pieces(const StrokeMap& map, const StrokeRule& rule, std::vector<Piece>& pieces) {
  cv::Mat mask;
  cv::threshold(map.hat, mask, rule.contrast, 255, cv::THRESH_BINARY);
  if (rule.whiteness > 0) {
    cv::Mat white;
    cv::threshold(map.gray, white, map.light ? rule.whiteness : 255 - rule.whiteness, 255,
                  map.light ? cv::THRESH_BINARY : cv::THRESH_BINARY_INV);
    mask &= white;
  }
  if (cv::countNonZero(mask) < kMinHeight * 4) {
    return;
  }
  cv::Mat runs;
  cv::morphologyEx(mask, runs, cv::MORPH_CLOSE,
                   cv::getStructuringElement(cv::MORPH_RECT, {kHatSize, 1}));
  cv::morphologyEx(runs, runs, cv::MORPH_CLOSE, cv::getStructuringElement(cv::MORPH_RECT, {1, 3}));
  std::vector<std::vector<cv::Point>> outlines;
  std::vector<cv::Vec4i> tree;
  cv::findContours(runs, outlines, tree, cv::RETR_CCOMP, cv::CHAIN_APPROX_SIMPLE);
  if (outlines.size() > kMaxPieces) {
    return;
  }
  std::vector<cv::Rect> boxes;
  for (std::size_t i = 0; i < outlines.size(); ++i) {
    const cv::Rect box = cv::boundingRect(outlines[i]);
    const bool hole = tree[i][3] >= 0;
    if (hole || box.height < kMinHeight - 2 || box.width < 3) {
      continue;
    }
    if (box.height <= kMaxHeight) {
      boxes.push_back(box);
    } else if (box.width > kMaxHeight) {
      for (const cv::Rect& part : split_rows(mask, box)) {
        if (part.height >= kMinHeight - 2 && part.height <= kMaxHeight) {
          boxes.push_back(tighten(mask, part));
        }
      }
    }
  }
  for (const cv::Rect& box : join_neighbours(std::move(boxes))) {
    if (box.height < kMinHeight || box.height > kMaxHeight || box.width * 10 < box.height * 12) {
      continue;
    }
    pieces.push_back({box, map.light, score_of(measure(map, box, rule.contrast))});
  }
}

cv::Rect scaled(const cv::Rect& box, double scale, const cv::Size& limit) {
  const int left = static_cast<int>(std::floor(box.x * scale));
  const int top = static_cast<int>(std::floor(box.y * scale));
  const int right = static_cast<int>(std::ceil(box.br().x * scale));
  const int bottom = static_cast<int>(std::ceil(box.br().y * scale));
  return cv::Rect(left, top, right - left, bottom - top) & cv::Rect({0, 0}, limit);
}

/// Long lines are worth more than their fragments.
float worth(const Piece& piece) {
  const float aspect = static_cast<float>(piece.box.width) / static_cast<float>(piece.box.height);
  return piece.score * std::log(1 + std::min(aspect, 30.0F));
}

/// Keeps the worthiest of those that overlap.
std::vector<Piece> suppress(std::vector<Piece> pieces, int limit) {
  std::sort(pieces.begin(), pieces.end(),
            [](const Piece& a, const Piece& b) { return worth(a) > worth(b); });
  std::vector<Piece> kept;
  for (const Piece& piece : pieces) {
    const bool taken = std::any_of(kept.begin(), kept.end(), [&](const Piece& other) {
      const int common = (other.box & piece.box).area();
      return common * 10 > 3 * std::min(other.box.area(), piece.box.area());
    });
    if (!taken) {
      kept.push_back(piece);
      if (static_cast<int>(kept.size()) == limit) {
        break;
      }
    }
  }
  return kept;
}

}  // namespace

std::vector<TextLine> find_text_lines(const Image& image, const TextLineOptions& options) {
  const cv::Mat picture = opencv_view(image);
  cv::Mat gray;
  cv::cvtColor(picture, gray, cv::COLOR_RGB2GRAY);
  const int longest = std::max(gray.cols, gray.rows);
  if (longest > kMaxLevelSide) {
    const double scale = static_cast<double>(kMaxLevelSide) / longest;
    cv::resize(gray, gray, {}, scale, scale, cv::INTER_AREA);
  }
  const cv::Mat kernel = cv::getStructuringElement(cv::MORPH_RECT, {kHatSize, kHatSize});
  std::vector<Piece> pieces;
  while (std::min(gray.cols, gray.rows) >= kMinHeight &&
         std::max(gray.cols, gray.rows) >= kMinLevelSide) {
    const double scale = static_cast<double>(picture.cols) / gray.cols;
    for (const bool light : {true, false}) {
      StrokeMap map{gray, {}, light};
      cv::morphologyEx(gray, map.hat, light ? cv::MORPH_TOPHAT : cv::MORPH_BLACKHAT, kernel);
      for (const StrokeRule& rule : kRules) {
        const std::size_t first = pieces.size();
        find_pieces(map, rule, pieces);
        for (std::size_t i = first; i < pieces.size(); ++i) {
          pieces[i].box = scaled(pieces[i].box, scale, picture.size());
        }
      }
    }
    cv::resize(gray, gray, {}, 0.5, 0.5, cv::INTER_AREA);
  }
  std::erase_if(pieces, [&](const Piece& piece) { return piece.score < options.min_score; });
  std::vector<TextLine> lines;
  for (const Piece& piece : suppress(std::move(pieces), options.max_lines)) {
    lines.push_back(
        {piece.box.x, piece.box.y, {piece.box.width, piece.box.height}, piece.light, piece.score});
  }
  std::sort(lines.begin(), lines.end(), [](const TextLine& a, const TextLine& b) {
    return a.top != b.top ? a.top < b.top : a.left < b.left;
  });
  return lines;
}

}  // namespace ogam

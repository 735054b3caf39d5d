#include "pipelines/editing/subject_path.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>
#include <variant>

#include "core/base/error.h"

namespace ogam {

namespace {

constexpr Time kStep = kSecond / 5;
constexpr int kCells = 96;             ///< of the side along which the part moves
constexpr double kStandingOut = 0.25;  // counts against what moves
constexpr double kMiddle = 0.02;       // for a part in the middle, when all else is equal
constexpr double kHaste = 0.0008;      // against a step of one cell; grows with its square
constexpr int kSmoothing = 2;          // steps to either side that are averaged

/// Brightness, one number for each pixel.
std::vector<float> brightness(const Image& picture) {
  std::vector<float> gray(picture.pixels.size() / 3);
  for (std::size_t i = 0; i < gray.size(); ++i) {
    gray[i] = (static_cast<float>(picture.pixels[3 * i]) + 2 * picture.pixels[3 * i + 1] +
               picture.pixels[3 * i + 2]) /
              4;
  }
  return gray;
}

/// How much each pixel differs from another picture, beyond what most of them do: light that
/// flickers and a camera that moves change all.
std::vector<float> changes(const std::vector<float>& one, const std::vector<float>& other) {
  std::vector<float> difference(one.size());
  for (std::size_t i = 0; i < one.size(); ++i) {
    difference[i] = std::abs(one[i] - other[i]);
  }
  std::vector<float> sorted = difference;
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  constexpr float kNoise = 4;  // of 255
  for (float& value : difference) {
    value = std::max(value - *middle - kNoise, 0.0F);
  }
  return difference;
}

/// How much each pixel differs from those around it.
std::vector<float> contrast(const std::vector<float>& gray, int width) {
  const auto columns = static_cast<std::size_t>(width);
  std::vector<float> edges(gray.size());
  for (std::size_t i = columns; i + columns < gray.size(); ++i) {
    if (i % columns != 0 && (i + 1) % columns != 0) {
      edges[i] =
          std::abs(gray[i + 1] - gray[i - 1]) + std::abs(gray[i + columns] - gray[i - columns]);
    }
  }
  return edges;
}

/// The sums of the columns, or rows, which together are 1; nothing when all is zero.
std::vector<double> profile(const std::vector<float>& values, int width, bool across) {
  const auto columns = static_cast<std::size_t>(width);
  const std::size_t rows = values.size() / columns;
  std::vector<double> sums(across ? columns : rows);
  for (std::size_t i = 0; i < values.size(); ++i) {
    sums[across ? i % columns : i / columns] += values[i];
  }
  const double total = std::accumulate(sums.begin(), sums.end(), 0.0);
  if (total <= 0) {
    return {};
  }
  for (double& sum : sums) {
    sum /= total;
  }
  return sums;
}

/// The mean of each number and those around it, as many to either side: at the ends none, for a
/// mean of one side would lag behind.
std::vector<double> smoothed(const std::vector<double>& values) {
  std::vector<double> result(values.size());
  const auto count = static_cast<std::ptrdiff_t>(values.size());
  for (std::ptrdiff_t i = 0; i < count; ++i) {
    const auto reach = std::min<std::ptrdiff_t>({kSmoothing, i, count - 1 - i});
    const auto first = values.begin() + (i - reach);
    const auto last = values.begin() + (i + reach + 1);
    result[static_cast<std::size_t>(i)] =
        std::accumulate(first, last, 0.0) / static_cast<double>(last - first);
  }
  return result;
}

}  // namespace

double SubjectPath::place_at(Time time) const {
  constexpr double kCentre = 0.5;
  if (times.empty()) {
    return kCentre;
  }
  const auto after =
      static_cast<std::size_t>(std::ranges::lower_bound(times, time) - times.begin());
  if (after == 0 || after == times.size()) {
    return after == 0 ? places.front() : places.back();
  }
  const double share = static_cast<double>(time - times[after - 1]) /
                       static_cast<double>(times[after] - times[after - 1]);
  return places[after - 1] + share * (places[after] - places[after - 1]);
}

std::vector<std::vector<double>> weigh_subject(const std::vector<Image>& pictures, bool across) {
  std::vector<std::vector<float>> grays;
  grays.reserve(pictures.size());
  for (const Image& picture : pictures) {
    grays.push_back(brightness(picture));
  }
  std::vector<std::vector<double>> weights;
  for (std::size_t i = 0; i < grays.size(); ++i) {
    const int width = pictures[i].width;
    // What has moved differs both from before and from after; where it was, or will be, only from
    // one of them.
    std::vector<float> motion;
    if (i > 0) {
      motion = changes(grays[i], grays[i - 1]);
    }
    if (i + 1 < grays.size()) {
      const std::vector<float> later = changes(grays[i], grays[i + 1]);
      for (std::size_t j = 0; j < motion.size(); ++j) {
        motion[j] = std::min(motion[j], later[j]);
      }
      motion = motion.empty() ? later : motion;
    }
    const std::vector<double> moving = profile(motion, width, across);
    const std::vector<double> standing = profile(contrast(grays[i], width), width, across);
    const auto cells = static_cast<std::size_t>(across ? width : pictures[i].height);
    std::vector<double> weight(cells, 1.0 / static_cast<double>(cells));
    if (!moving.empty() || !standing.empty()) {
      const double still = moving.empty() ? 1 : standing.empty() ? 0 : kStandingOut;
      for (std::size_t j = 0; j < cells; ++j) {
        weight[j] = (moving.empty() ? 0 : (1 - still) * moving[j]) +
                    (standing.empty() ? 0 : still * standing[j]);
      }
    }
    weights.push_back(std::move(weight));
  }
  return weights;
}

std::vector<double> follow_weight(const std::vector<std::vector<double>>& weights, int width) {
  if (weights.empty()) {
    return {};
  }
  const int cells = static_cast<int>(weights.front().size());
  require(width >= 1 && width <= cells, ErrorCode::invalid_argument,
          "a window of {} does not fit {} columns", width, cells);
  const auto places = static_cast<std::size_t>(cells - width + 1);
  // The best sum of a path that ends at each place, and for every step where it came from.
  std::vector<double> best(places);
  std::vector<std::vector<std::size_t>> from;
  for (std::size_t step = 0; step < weights.size(); ++step) {
    std::vector<double> next(places);
    std::vector<std::size_t> origin(places);
    for (std::size_t place = 0; place < places; ++place) {
      const auto first = weights[step].begin() + static_cast<std::ptrdiff_t>(place);
      const double off_middle =
          places == 1
              ? 0
              : std::abs(2.0 * static_cast<double>(place) / static_cast<double>(places - 1) - 1);
      const double covered =
          std::accumulate(first, first + width, 0.0) + kMiddle * (1 - off_middle);
      double most = step == 0 ? 0 : -1e300;
      for (std::size_t before = 0; step > 0 && before < places; ++before) {
        const double distance = static_cast<double>(place) - static_cast<double>(before);
        const double value = best[before] - kHaste * distance * distance;
        if (value > most) {
          most = value;
          origin[place] = before;
        }
      }
      next[place] = most + covered;
    }
    best = std::move(next);
    from.push_back(std::move(origin));
  }
  std::vector<double> path(weights.size());
  auto place = static_cast<std::size_t>(std::ranges::max_element(best) - best.begin());
  for (std::size_t step = weights.size(); step-- > 0;) {
    path[step] = static_cast<double>(place);
    place = from[step][place];
  }
  return path;
}

SubjectPath find_subject(const PlannedClip& clip, const EditPlan& plan,
                         const CancellationToken& cancel) {
  // The picture is scaled so that it covers the new one; what reaches over lies on one side.
  const std::int64_t excess = static_cast<std::int64_t>(clip.shown.width) * plan.size.height -
                              static_cast<std::int64_t>(clip.shown.height) * plan.size.width;
  const bool across = excess > 0;
  const int longer = across ? clip.shown.width : clip.shown.height;
  const int other = across ? clip.shown.height : clip.shown.width;
  const int cells = std::min(kCells, longer);
  const int other_cells = std::max(3, static_cast<int>(std::int64_t{other} * cells / longer));
  const double share = across ? static_cast<double>(plan.size.width) * clip.shown.height /
                                    (static_cast<double>(plan.size.height) * clip.shown.width)
                              : static_cast<double>(plan.size.height) * clip.shown.width /
                                    (static_cast<double>(plan.size.width) * clip.shown.height);
  const int window = std::clamp(static_cast<int>(std::lround(cells * share)), 1, cells);
  if (window == cells) {
    return {};
  }
  ReadOptions options{.frames = {.kind = FrameSelection::Kind::at_times},
                      .audio = false,
                      .from = clip.source.span.start};
  for (Time time = clip.source.span.start; time < clip.source.span.end; time += kStep) {
    options.frames.times.push_back(time);
  }
  // What is shown last.
  if (clip.source.span.end - 1 > options.frames.times.back()) {
    options.frames.times.push_back(clip.source.span.end - 1);
  }
  MediaReader reader(clip.source.path, options);
  SubjectPath path;
  std::vector<Image> pictures;
  while (const auto event = reader.next()) {
    cancel.check();
    const auto& frame = std::get<VideoFrame>(*event);
    path.times.push_back(frame.time());
    pictures.push_back(frame.rgb(across ? Size{cells, other_cells} : Size{other_cells, cells},
                                 Interpolation::area));
  }
  for (const double place : smoothed(follow_weight(weigh_subject(pictures, across), window))) {
    path.places.push_back(place / (cells - window));
  }
  return path;
}

}  // namespace ogam

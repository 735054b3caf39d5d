#include "pipelines/shots.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <optional>
#include <utility>
#include <variant>

#include "core/base/error.h"
#include "core/base/files.h"

namespace ogam {
namespace {

constexpr Time kUnknownFrameDuration = kSecond / 25;  // for a video of a single frame
constexpr int kMaxWindows = 8;  // under way at once; each needs some 200 MB while it is computed

Time typical_frame_duration(const std::vector<Time>& times) {
  std::vector<Time> steps;
  for (std::size_t i = 1; i < times.size(); ++i) {
    if (times[i] > times[i - 1]) {
      steps.push_back(times[i] - times[i - 1]);
    }
  }
  if (steps.empty()) {
    return kUnknownFrameDuration;
  }
  const auto middle = steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2);
  std::nth_element(steps.begin(), middle, steps.end());
  return *middle;
}

}  // namespace

ShotList cut_into_shots(std::vector<Time> frame_times, std::vector<float> probabilities,
                        double threshold) {
  require(frame_times.size() == probabilities.size(), ErrorCode::invalid_argument,
          "{} frame times with {} probabilities", frame_times.size(), probabilities.size());
  require(std::is_sorted(frame_times.begin(), frame_times.end()), ErrorCode::invalid_argument,
          "the times of a video's frames must ascend");
  ShotList list;
  const auto frames = frame_times.size();
  if (frames == 0) {
    return list;
  }
  Time shot_start = frame_times.front();
  const auto end_shot = [&](Time end) {
    if (end > shot_start) {
      list.shots.push_back({shot_start, end});
      shot_start = end;
    }
  };
  TransitionFinder finder;
  for (const float probability : probabilities) {
    if (const auto transition = finder.push(probability > threshold)) {
      end_shot(frame_times[transition->cut()]);
      list.transitions.push_back({frame_times[transition->first], frame_times[transition->after]});
    }
  }
  end_shot(frame_times.back() + typical_frame_duration(frame_times));
  list.frame_times = std::move(frame_times);
  list.probabilities = std::move(probabilities);
  return list;
}

std::optional<TransitionFinder::Transition> TransitionFinder::push(bool in_transition) {
  const std::size_t frame = frames_++;
  if (in_transition) {
    run_ = run_.value_or(frame);
    return std::nullopt;
  }
  const auto ended = std::exchange(run_, std::nullopt);
  return ended.value_or(0) > 0 ? std::optional<Transition>({*ended, frame}) : std::nullopt;
}

std::optional<std::size_t> TransitionFinder::settled() const {
  return run_ ? run_ : frames_ > 0 ? std::optional(frames_ - 1) : std::nullopt;
}

ShotDetector::ShotDetector(const TransNetV2& model, ThreadBudget& budget)
    : model_(model),
      budget_(budget),
      frame_bytes_(
          static_cast<std::size_t>(model.config().frame_width * model.config().frame_height * 3)),
      margin_(static_cast<std::size_t>(model.config().window - model.config().stride) / 2) {}

Size ShotDetector::frame_size() const {
  return {static_cast<int>(model_.config().frame_width),
          static_cast<int>(model_.config().frame_height)};
}

void ShotDetector::push(Time time, const Image& frame) {
  require(Size{frame.width, frame.height} == frame_size() && frame.pixels.size() == frame_bytes_,
          ErrorCode::invalid_argument, "shots are found in frames of {} x {} pixels, got {} x {}",
          frame_size().width, frame_size().height, frame.width, frame.height);
  require(times_.empty() || time >= times_.back(), ErrorCode::invalid_argument,
          "a frame at {} us came after the one at {} us", time, times_.empty() ? 0 : times_.back());
  if (times_.empty()) {
    for (std::size_t i = 0; i < margin_; ++i) {
      append(frame.pixels.data());
    }
  }
  times_.push_back(time);
  append(frame.pixels.data());
}

ShotProgress ShotDetector::poll() {
  while (!windows_.empty() &&
         windows_.front().wait_for(std::chrono::seconds(0)) == std::future_status::ready) {
    collect_window();
  }
  ShotProgress progress;
  // Those behind the frames are of the padding, but padding comes in `finish` alone.
  for (; polled_ < probabilities_.size(); ++polled_) {
    if (const auto transition = finder_.push(probabilities_[polled_] > model_.config().threshold)) {
      progress.cuts.push_back(times_[transition->cut()]);
    }
  }
  const auto settled = finder_.settled();
  progress.until = settled ? times_[*settled] : 0;
  return progress;
}

ShotList ShotDetector::finish() {
  if (!times_.empty()) {
    // The last frame is repeated until every frame has been in the middle of a window.
    const std::vector<std::uint8_t> last(pending_.end() - static_cast<std::ptrdiff_t>(frame_bytes_),
                                         pending_.end());
    const auto stride = static_cast<std::size_t>(model_.config().stride);
    const auto missing = (stride - times_.size() % stride) % stride;
    for (std::size_t i = 0; i < margin_ + missing; ++i) {
      append(last.data());
    }
  }
  while (!windows_.empty()) {
    collect_window();
  }
  probabilities_.resize(times_.size());  // those of the padding are not wanted
  pending_.clear();
  finder_ = {};
  polled_ = 0;
  return cut_into_shots(std::exchange(times_, {}), std::exchange(probabilities_, {}),
                        model_.config().threshold);
}

void ShotDetector::append(const std::uint8_t* pixels) {
  pending_.insert(pending_.end(), pixels, pixels + frame_bytes_);
  if (pending_.size() == static_cast<std::size_t>(model_.config().window) * frame_bytes_) {
    start_window();
  }
}

void ShotDetector::start_window() {
  if (windows_.size() >= static_cast<std::size_t>(std::min(budget_.size(), kMaxWindows))) {
    collect_window();
  }
  const auto& config = model_.config();
  const auto frames =
      at::empty({config.window, config.frame_height, config.frame_width, 3}, at::kByte);
  std::memcpy(frames.mutable_data_ptr<std::uint8_t>(), pending_.data(), pending_.size());
  const auto kept = static_cast<std::size_t>(config.stride) * frame_bytes_;
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(kept));
  windows_.push_back(std::async(std::launch::async, [this, frames] {
    const ThreadBudget::Slot slot(budget_);
    at::set_num_threads(1);
    return model_.forward(frames).cut;
  }));
}

void ShotDetector::collect_window() {
  const auto cut = windows_.front().get().contiguous();
  windows_.pop_front();
  const auto* first = cut.const_data_ptr<float>() + margin_;
  probabilities_.insert(probabilities_.end(), first, first + model_.config().stride);
}

ShotList detect_shots(const std::filesystem::path& path, const TransNetV2& model,
                      ThreadBudget& budget, const CancellationToken& cancel,
                      const ProgressCallback& on_progress, const MediaLimits& limits) {
  using Clock = std::chrono::steady_clock;
  ReadOptions options;
  options.audio = false;
  options.limits = limits;
  MediaReader reader(path, options);
  require(reader.info().video.has_value(), ErrorCode::unsupported,
          "{}: there is no video in it, so it has no shots", display_path(path));
  ShotDetector detector(model, budget);
  const auto started = Clock::now();
  auto reported = started;
  while (true) {
    cancel.check();
    std::optional<MediaEvent> event;
    Time time = 0;
    Image thumbnail;
    {
      const ThreadBudget::Slot slot(budget);
      event = reader.next();
      if (!event) {
        break;
      }
      const auto& frame = std::get<VideoFrame>(*event);
      time = frame.time();
      thumbnail = frame.rgb(detector.frame_size(), Interpolation::bicubic);
    }
    detector.push(time, thumbnail);
    const auto now = Clock::now();
    if (on_progress && now - reported > std::chrono::milliseconds(250)) {
      reported = now;
      const double elapsed = std::chrono::duration<double>(now - started).count();
      const double speed = to_seconds(time) / elapsed;
      const auto left = std::max<Time>(reader.info().duration - time, 0);
      on_progress({.path = path,
                   .files_total = 1,
                   .time_done = time,
                   .time_total = reader.info().duration,
                   .realtime = speed,
                   .seconds_left = speed > 0 ? to_seconds(left) / speed : 0,
                   .message = "shots"});
    }
  }
  ShotList list = detector.finish();
  list.report = reader.report();
  return list;
}

}  // namespace ogam

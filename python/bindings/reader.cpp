#include "core/media/reader.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <tuple>
#include <utility>
#include <variant>

#include "core/base/error.h"
#include "core/base/files.h"
#include "pipelines/media_sampling.h"
#include "python/bindings/python.h"

namespace ogam::python {

namespace {

namespace fs = std::filesystem;

py::dict info_of(const fs::path& path) {
  MediaInfo info;
  {
    const py::gil_scoped_release release;
    info = probe_media(path);
  }
  py::dict fields;
  fields["container"] = info.container;
  fields["duration"] = to_seconds(info.duration);
  fields["width"] = info.video ? info.video->size.width : 0;
  fields["height"] = info.video ? info.video->size.height : 0;
  fields["rotation"] = info.video ? info.video->rotation : 0;
  fields["average_fps"] = info.video ? info.video->average_fps : 0.0;
  fields["video_codec"] = info.video ? info.video->codec : "";
  fields["audio_codec"] = info.audio ? info.audio->codec : "";
  fields["sample_rate"] = info.audio ? info.audio->sample_rate : 0;
  fields["channels"] = info.audio ? info.audio->channels : 0;
  return fields;
}

MediaReader open_video(const fs::path& path, FrameSelection frames) {
  ReadOptions options;
  options.audio = false;
  options.frames = std::move(frames);
  MediaReader reader(path, options);
  require(reader.info().video.has_value(), ErrorCode::unsupported, "{} has no video",
          display_path(path));
  return reader;
}

std::optional<VideoFrame> next_frame(MediaReader& reader) {
  while (auto event = reader.next()) {
    check_signals();
    if (auto* const frame = std::get_if<VideoFrame>(&*event)) {
      return std::move(*frame);
    }
  }
  return std::nullopt;
}

/// The frames of one video by the times at which they are shown, in the order in which they were
/// asked for.
class FrameBatch {
 public:
  /// @param seconds in any order, repeated or not.
  explicit FrameBatch(const std::vector<double>& seconds) : order_(seconds.size()) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::stable_sort(order_.begin(), order_.end(),
                     [&](std::size_t a, std::size_t b) { return seconds[a] < seconds[b]; });
    for (const std::size_t place : order_) {
      wanted_.push_back(from_seconds(seconds[place]));
    }
    times_ = at::zeros({static_cast<std::int64_t>(seconds.size())}, at::kDouble);
  }

  const std::vector<Time>& wanted() const { return wanted_; }
  bool empty() const { return wanted_.empty(); }

  /// Frames come in order of time, each once, though it may be shown at several wanted times:
  /// those from its own on until the next frame's.
  void add(const VideoFrame& frame) {
    if (last_ && next_ < wanted_.size()) {
      place_until(frame.time());
    }
    last_ = std::pair(frame.time(), frame.rgb());
  }

  /// (pixels [N, 3, H, W] uint8, times [N] float64)
  std::tuple<at::Tensor, at::Tensor> finish(const fs::path& path) {
    require(last_.has_value(), ErrorCode::corrupt_data, "{} has no frame that can be decoded",
            display_path(path));
    place_until(std::nullopt);
    return {pixels_.permute({0, 3, 1, 2}), times_};
  }

 private:
  /// Puts the last frame wherever it is wanted before `end`.
  void place_until(std::optional<Time> end) {
    const auto& [time, image] = *last_;
    if (!pixels_.defined()) {
      pixels_ = at::empty({times_.size(0), image.height, image.width, 3}, at::kByte);
    }
    require(
        pixels_.size(1) == image.height && pixels_.size(2) == image.width, ErrorCode::unsupported,
        "the frames at {} and before differ in size: {} x {} and {} x {}; ask for them one by one",
        format_time(time), image.width, image.height, pixels_.size(2), pixels_.size(1));
    for (; next_ < wanted_.size() && (!end || wanted_[next_] < *end); ++next_) {
      const auto place = static_cast<std::int64_t>(order_[next_]);
      std::copy(image.pixels.begin(), image.pixels.end(),
                pixels_[place].mutable_data_ptr<std::uint8_t>());
      times_[place] = to_seconds(time);
    }
  }

  std::vector<std::size_t> order_;  // places in the result, by wanted time
  std::vector<Time> wanted_;        // ascending
  std::size_t next_ = 0;            // first of them that has no frame yet
  std::optional<std::pair<Time, Image>> last_;
  at::Tensor pixels_;  // [N, H, W, 3]
  at::Tensor times_;   // [N]
};

std::tuple<at::Tensor, at::Tensor> frames_at(const fs::path& path,
                                             const std::vector<double>& seconds) {
  require(std::all_of(seconds.begin(), seconds.end(),
                      [](double second) { return std::isfinite(second) && second >= 0; }),
          ErrorCode::invalid_argument, "times are seconds from the start, 0 or more");
  FrameBatch batch(seconds);
  if (batch.empty()) {
    const MediaInfo info = open_video(path, {.kind = FrameSelection::Kind::none}).info();
    return {at::empty({0, 3, info.video->size.height, info.video->size.width}, at::kByte),
            at::empty({0}, at::kDouble)};
  }
  MediaReader reader =
      open_video(path, {.kind = FrameSelection::Kind::at_times, .times = batch.wanted()});
  while (const auto frame = next_frame(reader)) {
    batch.add(*frame);
  }
  return batch.finish(path);
}

/// Goes through all frames of a video once.
class Frames {
 public:
  explicit Frames(const fs::path& path)
      : reader_(open_video(path, {.kind = FrameSelection::Kind::all})) {}

  /// ([3, H, W] uint8, seconds)
  std::tuple<at::Tensor, double> next() {
    std::optional<VideoFrame> frame;
    at::Tensor pixels;
    {
      const py::gil_scoped_release release;
      frame = next_frame(reader_);
      if (frame) {
        pixels = adopt(frame->rgb());
      }
    }
    if (!frame) {
      throw py::stop_iteration();
    }
    return {pixels, to_seconds(frame->time())};
  }

 private:
  MediaReader reader_;
};

at::Tensor audio(const fs::path& path, double start, std::optional<double> end, int sample_rate) {
  require(std::isfinite(start) && start >= 0 && (!end || (std::isfinite(*end) && *end > start)),
          ErrorCode::invalid_argument,
          "a span is (start, end) in seconds, start 0 or more and below end, got ({}, {})", start,
          end.value_or(0));
  const Time longest = MediaLimits().max_duration;
  const TimeSpan span{from_seconds(start), end ? from_seconds(*end) : longest};
  std::vector<float> samples =
      sample_audio(path, span, {.sample_rate = sample_rate, .max_duration = longest});
  const auto count = static_cast<std::int64_t>(samples.size());
  return adopt(std::move(samples), {count});
}

}  // namespace

void bind_reader(py::module_& module) {
  module.def("media_info", &info_of, py::arg("path"));
  module.def("frames_at", &frames_at, py::arg("path"), py::arg("times"), WithoutInterpreter());
  module.def("audio", &audio, py::arg("path"), py::arg("start"), py::arg("end"),
             py::arg("sample_rate"), WithoutInterpreter());
  py::class_<Frames>(module, "Frames")
      .def(py::init<const fs::path&>(), py::arg("path"), WithoutInterpreter())
      .def("__iter__", [](py::object self) { return self; })
      .def("__next__", &Frames::next);
}

}  // namespace ogam::python

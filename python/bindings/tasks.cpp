#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "core/base/error.h"
#include "encoders/video/transnet_v2.h"
#include "pipelines/pack.h"
#include "pipelines/shots.h"
#include "pipelines/transcription.h"
#include "python/bindings/long_call.h"

namespace ogam::python {

namespace {

namespace fs = std::filesystem;

constexpr int kMostWorkers = 64;  // that a recogniser takes
constexpr std::chrono::milliseconds kProgressPause{100};

py::dict word_dict(const TimedWord& word) {
  py::dict fields;
  fields["start"] = to_seconds(word.span.start);
  fields["end"] = to_seconds(word.span.end);
  fields["text"] = word.text;
  fields["probability"] = word.probability;
  return fields;
}

py::dict segment_dict(const TimedText& text) {
  py::list words;
  for (const TimedWord& word : text.words) {
    words.append(word_dict(word));
  }
  py::dict fields;
  fields["start"] = to_seconds(text.span.start);
  fields["end"] = to_seconds(text.span.end);
  fields["text"] = text.text;
  fields["words"] = words;
  return fields;
}

py::dict transcribe(const fs::path& path, const Pack& pack, const std::string& language,
                    bool translate, int beam_size, int threads,
                    const std::optional<py::function>& on_progress) {
  LongCall call;
  const ProgressCallback tell = call.progress(on_progress);
  ProgressEvent event{.path = path, .files_total = 1, .message = "speech"};
  const auto start = std::chrono::steady_clock::now();
  auto last = start - kProgressPause;
  const auto on_time = [&](Time done, Time total) {
    const auto now = std::chrono::steady_clock::now();
    if (!tell || now - last < kProgressPause) {
      return;
    }
    last = now;
    event.time_done = done;
    event.time_total = total;
    const double seconds = std::chrono::duration<double>(now - start).count();
    event.realtime = seconds > 0 ? to_seconds(done) / seconds : 0;
    event.seconds_left =
        event.realtime > 0 && total > done ? to_seconds(total - done) / event.realtime : 0;
    tell(event);
  };
  Transcript transcript;
  call.run([&] {
    const PackLane* const lane = pack.manifest().lane(Lane::speech);
    require(lane != nullptr, ErrorCode::unavailable, "the pack {} has no model for speech",
            pack.manifest().name);
    const auto recognizer = pack.speech_recognizer(*lane);
    ThreadBudget budget(checked_threads(threads));
    TranscriptionOptions options;
    options.language = language;
    options.translate = translate;
    options.beam_size = beam_size;
    options.workers = std::min(budget.size(), kMostWorkers);
    recognizer->check(options);
    transcript = transcribe_file(recognizer, path, options, &budget, call.cancellation(), on_time);
  });
  py::list segments;
  for (const TimedText& utterance : transcript.utterances) {
    segments.append(segment_dict(utterance));
  }
  py::dict fields;
  fields["segments"] = segments;
  fields["language"] = transcript.language;
  fields["duration"] = to_seconds(transcript.duration);
  fields["damage"] = describe_damage(transcript.report);
  return fields;
}

py::list spans_of(const std::vector<TimeSpan>& spans) {
  py::list list;
  for (const TimeSpan& span : spans) {
    list.append(seconds_of(span));
  }
  return list;
}

py::dict shots(const fs::path& path, const Pack& pack, int threads,
               const std::optional<py::function>& on_progress) {
  LongCall call;
  const ProgressCallback tell = call.progress(on_progress);
  ShotList found;
  call.run([&] {
    const auto task = pack.manifest().tasks.find("shots");
    require(task != pack.manifest().tasks.end(), ErrorCode::unavailable,
            "the pack {} has no model that finds shots", pack.manifest().name);
    const auto model = pack.shot_model(task->second);
    ThreadBudget budget(checked_threads(threads));
    found = detect_shots(path, *model, budget, call.cancellation(), tell);
  });
  const auto count = static_cast<std::int64_t>(found.frame_times.size());
  at::Tensor times = at::empty({count}, at::kDouble);
  std::transform(found.frame_times.begin(), found.frame_times.end(),
                 times.mutable_data_ptr<double>(), &to_seconds);
  py::dict fields;
  fields["shots"] = spans_of(found.shots);
  fields["transitions"] = spans_of(found.transitions);
  fields["frame_times"] = times;
  fields["probabilities"] = adopt(std::move(found.probabilities), {count});
  fields["damage"] = describe_damage(found.report);
  return fields;
}

}  // namespace

void bind_tasks(py::module_& module) {
  module.def("transcribe", &transcribe, py::arg("path"), py::kw_only(), py::arg("pack"),
             py::arg("language"), py::arg("translate"), py::arg("beam_size"), py::arg("threads"),
             py::arg("on_progress"));
  module.def("shots", &shots, py::arg("path"), py::kw_only(), py::arg("pack"), py::arg("threads"),
             py::arg("on_progress"));
}

}  // namespace ogam::python

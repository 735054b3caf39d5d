#include "pipelines/editing/edit_render.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/version.h"
#include "core/media/media_writer.h"
#include "core/media/text_overlay.h"
#include "pipelines/editing/clip_pictures.h"
#include "pipelines/editing/edit_sound.h"
#include "pipelines/editing/edit_subtitles.h"
#include "pipelines/editing/subject_path.h"

namespace ogam {

namespace {

/// What made the video, of what, for its metadata.
std::string provenance(const EditPlan& plan) {
  Json clips = Json::array();
  for (const PlannedClip& clip : plan.clips) {
    Json entry = {{"at", to_seconds(plan.rate.time_of(clip.first))}};
    if (clip.source.path.empty()) {
      entry["title"] = clip.source.title;
    } else {
      entry["path"] = display_path(clip.source.path);
      entry["start"] = to_seconds(clip.source.span.start);
      entry["end"] = to_seconds(clip.source.span.end);
    }
    if (!clip.source.asset.empty()) {
      entry["asset"] = clip.source.asset;
    }
    clips.push_back(std::move(entry));
  }
  return dump_json({{"made_by", fmt::format("ogam {}", kVersion)}, {"clips", clips}});
}

/// The subtitles, when they are drawn into the pictures.
std::vector<OverlayText> drawn_subtitles(const RenderedEdit& edit, SubtitleMode mode) {
  std::vector<OverlayText> texts;
  if (mode == SubtitleMode::burnt) {
    for (const TimedText& subtitle : edit.subtitles) {
      texts.push_back({.span = subtitle.span, .text = subtitle.text});
    }
  }
  return texts;
}

/// The language of most of what is said.
std::string main_language(const EditPlan& plan) {
  std::map<std::string, std::size_t> counts;
  for (const PlannedClip& clip : plan.clips) {
    for (const TimedText& utterance : clip.source.speech) {
      ++counts[utterance.language];
    }
  }
  const auto most =
      std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; });
  return most == counts.end() ? "" : most->first;
}

WriterOptions writer_options(const RenderedEdit& edit, const RenderOptions& options) {
  const EditPlan& plan = edit.plan;
  WriterOptions wanted{.size = plan.size,
                       .rate = plan.rate,
                       .matrix = plan.matrix,
                       .sound = plan.sound,
                       .taken_over = plan.taken_over,
                       .delay = plan.delay,
                       .metadata = {{"encoding_tool", fmt::format("ogam {}", kVersion)},
                                    {"comment", provenance(plan)}},
                       .threads = options.threads};
  if (options.subtitles == SubtitleMode::soft && !edit.subtitles.empty()) {
    wanted.subtitles = main_language(plan);
  }
  return wanted;
}

void check_output(const Edit& edit, const std::filesystem::path& out) {
  for (const EditClip& clip : edit.clips) {
    std::error_code missing;
    require(clip.path.empty() || !std::filesystem::equivalent(clip.path, out, missing),
            ErrorCode::invalid_argument,
            "the video cannot be written over {}, which it is made of; give it another name",
            display_path(clip.path));
  }
}

/// Makes the pictures and the sound, and writes them.
class Renderer {
 public:
  Renderer(RenderedEdit& edit, const RenderOptions& options)
      : edit_(edit),
        plan_(edit.plan),
        options_(options),
        overlay_(plan_.size, drawn_subtitles(edit, options.subtitles)),
        sound_(plan_),
        writer_(options.out, writer_options(edit, options)) {}

  void run() {
    for (std::size_t i = 0; i < plan_.clips.size(); ++i) {
      const PlannedClip& clip = plan_.clips[i];
      const bool copies = clip.copy_first < clip.copy_last;
      draw(i, clip.fade_in, copies ? clip.copy_first : clip.count);
      if (copies) {
        take_over(clip);
        draw(i, clip.copy_last, clip.count);
      }
      subjects_.erase(i);
    }
    options_.cancel.check();
    writer_.finish();
  }

 private:
  /// After every picture: the sound that belongs to it.
  void written() {
    options_.cancel.check();
    ++done_;
    while (options_.subtitles == SubtitleMode::soft && titled_ < edit_.subtitles.size() &&
           edit_.subtitles[titled_].span.start < plan_.rate.time_of(done_)) {
      writer_.write_subtitle(edit_.subtitles[titled_++]);
    }
    if (plan_.sound) {
      writer_.write_sound(sound_.until(done_));
    }
    show_progress();
  }

  void draw(std::size_t number, std::int64_t from, std::int64_t to);
  void take_over(const PlannedClip& clip);
  ClipPictures pictures(std::size_t number, std::int64_t from, std::int64_t to);
  void show_progress();

  RenderedEdit& edit_;
  const EditPlan& plan_;
  const RenderOptions& options_;
  TextOverlay overlay_;
  EditSound sound_;
  MediaWriter writer_;
  std::map<std::size_t, SubjectPath> subjects_;  // by number of the clip
  std::int64_t done_ = 0;                        // pictures
  std::size_t titled_ = 0;                       // subtitles
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point shown_ = start_;
};

/// The pictures of a clip's frames [from, to).
ClipPictures Renderer::pictures(std::size_t number, std::int64_t from, std::int64_t to) {
  const PlannedClip& clip = plan_.clips[number];
  const SubjectPath* subject = nullptr;
  if (plan_.vertical && clip.shown != Size{}) {
    auto found = subjects_.find(number);
    if (found == subjects_.end()) {
      found = subjects_.emplace(number, find_subject(clip, plan_, options_.cancel)).first;
    }
    subject = &found->second;
  }
  return {plan_,
          clip,
          {.first = from, .count = to - from, .subject = subject, .threads = options_.threads}};
}

/// Draws and codes a clip's frames [from, to); over the last of them it goes into the next clip.
void Renderer::draw(std::size_t number, std::int64_t from, std::int64_t to) {
  if (from >= to) {
    return;
  }
  const PlannedClip& clip = plan_.clips[number];
  ClipPictures own = pictures(number, from, to);
  std::optional<ClipPictures> next;
  for (std::int64_t i = from; i < to; ++i) {
    Picture picture = own.next();
    const std::int64_t fading = i - (clip.count - clip.fade_out);
    if (fading >= 0) {
      if (!next) {
        next.emplace(pictures(number + 1, 0, clip.fade_out));
      }
      mix(picture, next->next(),
          static_cast<double>(fading + 1) / static_cast<double>(clip.fade_out + 1));
    }
    overlay_.draw(picture, plan_.rate.time_of(clip.first + i));
    writer_.write_picture(picture);
    ++edit_.encoded;
    written();
  }
}

void Renderer::take_over(const PlannedClip& clip) {
  clip.coded->read(clip.packet_first, clip.packet_last,
                   [&](std::span<const std::uint8_t> stream, const CodedFrame& frame) {
                     const std::int64_t place =
                         plan_.rate.frames_in(frame.time - clip.source.span.start) -
                         clip.copy_first;
                     writer_.take_over(stream, place, frame.entry);
                     ++edit_.copied;
                     written();
                   });
}

void Renderer::show_progress() {
  constexpr auto kPause = std::chrono::milliseconds(250);
  const auto now = std::chrono::steady_clock::now();
  if (!options_.on_progress || now - shown_ < kPause) {
    return;
  }
  shown_ = now;
  const double seconds = std::chrono::duration<double>(now - start_).count();
  ProgressEvent event;
  event.path = options_.out;
  event.files_total = 1;
  event.time_done = plan_.rate.time_of(done_);
  event.time_total = plan_.duration();
  event.realtime = to_seconds(event.time_done) / seconds;
  event.seconds_left = to_seconds(event.time_total - event.time_done) / event.realtime;
  options_.on_progress(event);
}

}  // namespace

RenderedEdit render_edit(const Edit& edit, const RenderOptions& options) {
  check_output(edit, options.out);
  RenderedEdit rendered{.plan = plan_edit(edit, options.subtitles == SubtitleMode::burnt),
                        .copied = 0,
                        .encoded = 0,
                        .subtitles = {}};
  if (options.subtitles != SubtitleMode::none) {
    rendered.subtitles = edit_subtitles(rendered.plan);
  }
  Renderer(rendered, options).run();
  return rendered;
}

}  // namespace ogam

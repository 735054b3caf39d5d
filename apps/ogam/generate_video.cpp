#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>

#include "apps/ogam/command_line.h"
#include "apps/ogam/console.h"
#include "apps/ogam/output_path.h"
#include "apps/ogam/progress_bar.h"
#include "apps/ogam/run_verb.h"
#include "apps/ogam/salient_moments.h"
#include "apps/ogam/understanding_input.h"
#include "apps/ogam/verbs.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/logging.h"
#include "core/base/thread_budget.h"
#include "pipelines/editing/edit_list.h"
#include "pipelines/editing/edit_render.h"
#include "pipelines/editing/edit_sources.h"
#include "pipelines/editing/timeline.h"
#include "pipelines/search.h"

namespace ogam {

namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;

constexpr double kLongestFade = 60;
constexpr double kLongestPad = 3600;
constexpr double kLongestVideo = 48 * 3600;

po::options_description own_options() {
  po::options_description options("Options", static_cast<unsigned>(terminal_width()));
  options.add_options()  //
      ("from-search", po::value<std::string>()->value_name("QUERY"),
       "the moments that this text finds, the best first")  //
      ("from-highlights", po::value<std::string>()->value_name("ASSET"),
       "the moments of a video or a recording that stand out, in order of time")  //
      ("limit,k", po::value<std::int64_t>()->value_name("N")->default_value(10),
       "moments to take")  //
      ("edit", po::value<std::string>()->value_name("F.json"),
       "the clips that this file lists; see docs/video_editing.md")          //
      ("out,o", po::value<std::string>()->value_name("F.mp4"), "the video")  //
      ("pad", po::value<double>()->value_name("S")->default_value(0, "0"),
       "seconds to add before and after each moment")  //
      ("cross-fade", po::value<double>()->value_name("S")->default_value(0, "0"),
       "seconds over which a clip goes over into the next; 0: cuts")                   //
      ("title", po::value<std::string>()->value_name("TEXT"), "a card to begin with")  //
      ("subtitles", po::value<std::string>()->value_name("none|soft|burnt")->default_value("none"),
       "what is said, by the archive: as a stream that can be switched off, or in the picture")  //
      ("vertical", po::bool_switch(), "9:16 for telephones, cut out around what moves")          //
      ("max-duration", po::value<double>()->value_name("S"), "of the video, in seconds")         //
      ("edl", po::value<std::string>()->value_name("F"),
       "write the edit as CMX 3600, too")  //
      ("otio", po::value<std::string>()->value_name("F"), "write the edit as OpenTimelineIO, too");
  return options;
}

SubtitleMode subtitle_mode(const std::string& name) {
  constexpr std::array kModes = {std::pair{"none", SubtitleMode::none},
                                 std::pair{"soft", SubtitleMode::soft},
                                 std::pair{"burnt", SubtitleMode::burnt}};
  for (const auto& [known, mode] : kModes) {
    if (name == known) {
      return mode;
    }
  }
  fail(ErrorCode::invalid_argument, "--subtitles takes none, soft or burnt, got '{}'", name);
}

/// Seconds of an option, within [0, most].
Time duration_of(const CommandLine& line, const std::string& option, double most) {
  const double seconds = line.get<double>(option);
  require(seconds >= 0 && seconds <= most, ErrorCode::invalid_argument,
          "--{} takes seconds from 0 to {:.0f}, got {}", option, most, seconds);
  return from_seconds(seconds);
}

std::size_t limit_of(const CommandLine& line) {
  const std::int64_t limit = line.get<std::int64_t>("limit");
  require(limit >= 1 && limit <= 1000, ErrorCode::invalid_argument,
          "-k takes a number from 1 to 1000, got {}", limit);
  return static_cast<std::size_t>(limit);
}

Edit edit_of_search(const CommandLine& line) {
  SearchRequest request;
  request.text = line.get<std::string>("from-search");
  request.limit = limit_of(line);
  require(!request.text.empty(), ErrorCode::invalid_argument, "--from-search takes a text");
  const Archive archive = Archive::open(line.common().archive);
  const Pack pack = Pack::open(line.common().pack);
  return edit_of_moments(search(archive, pack, request).moments,
                         duration_of(line, "pad", kLongestPad));
}

Edit edit_of_highlights(const CommandLine& line) {
  const std::array assets = {line.get<std::string>("from-highlights")};
  const HighlightChoice choice = {.most = limit_of(line)};
  const UnderstandingInput input(line, assets);
  const AssetMaterial material =
      input.material(input.assets().front(), {.sentence_vectors = false});
  std::vector<Moment> moments;
  for (const Highlight& highlight : salient_moments(line.common(), material, choice)) {
    moments.push_back({.asset = material.asset.id,
                       .path = material.asset.path,
                       .kind = material.asset.kind,
                       .span = highlight.span,
                       .lanes = {}});
  }
  std::ranges::sort(moments, {}, [](const Moment& moment) { return moment.span.start; });
  return edit_of_moments(moments, duration_of(line, "pad", kLongestPad));
}

Edit edit_of_list(const CommandLine& line) { return read_edit(line.get<std::string>("edit")); }

/// What a video can be made of.
struct Source {
  const char* option;
  Edit (*edit)(const CommandLine& line);
};
constexpr std::array kSources = {Source{"from-search", &edit_of_search},
                                 Source{"from-highlights", &edit_of_highlights},
                                 Source{"edit", &edit_of_list}};

/// Refuses a command line that cannot be done, before anything is loaded.
void check_line(const CommandLine& line) {
  require(std::ranges::count_if(kSources, [&](const Source& s) { return line.has(s.option); }) == 1,
          ErrorCode::invalid_argument,
          "say what the video is made of: --from-search QUERY, --from-highlights ASSET or --edit "
          "FILE.json");
  require(line.has("out"), ErrorCode::invalid_argument,
          "name the video: ogam generate video ... --out F.mp4");
  const fs::path out = line.get<std::string>("out");
  require(out.extension() == ".mp4", ErrorCode::invalid_argument,
          "{}: videos are written as MP4; give it a name that ends with .mp4", display_path(out));
  for (const char* const option : {"out", "edl", "otio"}) {
    if (line.has(option)) {
      check_out(line.get<std::string>(option));
    }
  }
}

/// The edit that the command line asks for; without clips when nothing is found.
Edit build_edit(const CommandLine& line, SubtitleMode subtitles) {
  const auto source =
      std::ranges::find_if(kSources, [&](const Source& s) { return line.has(s.option); });
  Edit edit = source->edit(line);
  if (edit.clips.empty()) {
    return edit;
  }
  edit.vertical = edit.vertical || line.get<bool>("vertical");
  if (line.has("title")) {
    edit.clips.insert(edit.clips.begin(), EditClip{.span = {0, kCardDuration},
                                                   .title = line.get<std::string>("title")});
  }
  const Time fade = duration_of(line, "cross-fade", kLongestFade);
  for (EditClip& clip : edit.clips) {
    clip.cross_fade = clip.cross_fade > 0 ? clip.cross_fade : fade;
  }
  edit.clips.back().cross_fade = 0;
  if (line.has("max-duration")) {
    const Time longest = duration_of(line, "max-duration", kLongestVideo);
    require(longest > 0, ErrorCode::invalid_argument, "--max-duration takes more than 0 seconds");
    limit_duration(edit, longest);
  }
  const bool captioned = std::ranges::all_of(
      edit.clips, [](const EditClip& clip) { return clip.path.empty() || !clip.caption.empty(); });
  if (subtitles != SubtitleMode::none && !captioned) {
    for (const EditClip& clip : add_speech(edit, Archive::open(line.common().archive))) {
      log_warning("{} is not in the archive {}, so nothing is known of what is said in it",
                  display_path(clip.path), display_path(line.common().archive));
    }
  }
  return edit;
}

Json clip_json(const PlannedClip& clip, const EditPlan& plan) {
  Json entry = Json::object();
  if (clip.source.path.empty()) {
    entry["title"] = clip.source.title;
  } else {
    entry["path"] = display_path(clip.source.path);
  }
  entry["start"] = to_seconds(clip.source.span.start);
  entry["end"] = to_seconds(clip.source.span.end);
  entry["at"] = to_seconds(plan.rate.time_of(clip.first));
  return entry;
}

void write_side_files(const CommandLine& line, const EditPlan& plan) {
  EditList list("ogam generate video", plan.rate);
  std::vector<TimelineClip> timeline;
  for (const PlannedClip& clip : plan.clips) {
    const EditClip& source = clip.source;
    const Time fade = plan.rate.time_of(clip.fade_in);
    if (source.path.empty()) {
      list.add_card(source.title, source.span.duration(), fade);
    } else {
      list.add(source.path, source.span, fade);
    }
    timeline.push_back({.path = source.path,
                        .name = source.title,
                        .span = source.span,
                        .fade = fade,
                        .metadata = clip_json(clip, plan)});
  }
  if (line.has("edl")) {
    write_file_atomically(line.get<std::string>("edl"), list.text());
  }
  if (line.has("otio")) {
    write_file_atomically(line.get<std::string>("otio"),
                          write_timeline("ogam generate video", timeline));
  }
}

void report(const CommandLine& line, const RenderedEdit& made) {
  const std::string out = display_path(line.get<std::string>("out"));
  const EditPlan& plan = made.plan;
  for (const std::string& note : plan.notes) {
    log_info("{}", note);
  }
  log_info("{} pictures were taken over as they are, {} were coded", made.copied, made.encoded);
  if (line.common().json) {
    Json clips = Json::array();
    for (const PlannedClip& clip : plan.clips) {
      clips.push_back(clip_json(clip, plan));
    }
    print_json({{"out", out},
                {"duration", to_seconds(plan.duration())},
                {"clips", clips},
                {"method", {{"copied", made.copied}, {"encoded", made.encoded}}}});
  } else if (!line.common().quiet) {
    fmt::print(stderr, "{}: {} of video from {} {}\n", out, format_time(plan.duration()),
               plan.clips.size(), plan.clips.size() == 1 ? "clip" : "clips");
  }
}

int report_nothing(const CommandLine& line) {
  if (line.common().json) {
    print_json({{"out", nullptr},
                {"duration", 0},
                {"clips", Json::array()},
                {"method", {{"copied", 0}, {"encoded", 0}}}});
  } else {
    fmt::print("Nothing in this archive that has pictures or sound matches; no video was made.\n");
  }
  return kDone;
}

}  // namespace

int run_generate_video(std::span<const std::string> arguments) {
  const CommandLine line(
      {.synopsis = "generate video --from-search QUERY|--from-highlights ASSET|--edit F.json --out "
                   "F.mp4 [OPTIONS]",
       .description =
           "Cuts moments of an archive together into an MP4 that plays everywhere. What is not\n"
           "changed is taken over without loss, from keyframe to keyframe, where the files are\n"
           "coded alike; cuts are exact to the frame either way.",
       .examples = "  ogam generate video --from-search \"빨간 자동차\" -k 5 --out cars.mp4\n"
                   "  ogam generate video --from-search \"the train leaves\" --pad 1 --cross-fade "
                   "0.5 \\\n      --title \"Trains\" --subtitles burnt --vertical --out short.mp4\n"
                   "  ogam generate video --from-highlights match.mp4 -k 5 --out recap.mp4\n"
                   "  ogam generate video --edit cut.json --out film.mp4 --edl film.edl\n"},
      own_options(), arguments);
  if (line.wants_nothing_more()) {
    return kDone;
  }
  check_line(line);
  const SubtitleMode subtitles = subtitle_mode(line.get<std::string>("subtitles"));
  const CancellationToken cancel = cancellation_by_signals();
  const Edit edit = build_edit(line, subtitles);
  if (edit.clips.empty()) {
    return report_nothing(line);
  }
  ProgressBar bar(line.common());
  const RenderedEdit made =
      render_edit(edit, {.out = line.get<std::string>("out"),
                         .subtitles = subtitles,
                         .threads = ThreadBudget(line.common().threads).size(),
                         .cancel = cancel,
                         .on_progress = [&](const ProgressEvent& event) { bar.show(event); }});
  bar.clear();
  if (subtitles != SubtitleMode::none && made.subtitles.empty() && !line.common().quiet) {
    fmt::print(stderr, "Nothing is said in these clips, so there are no subtitles.\n");
  }
  write_side_files(line, made.plan);
  report(line, made);
  return kDone;
}

}  // namespace ogam

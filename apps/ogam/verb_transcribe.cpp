#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdio>
#include <filesystem>

#include "apps/ogam/command_line.h"
#include "apps/ogam/console.h"
#include "apps/ogam/output_path.h"
#include "apps/ogam/progress_bar.h"
#include "apps/ogam/run_verb.h"
#include "apps/ogam/verbs.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "pipelines/pack.h"
#include "pipelines/subtitle_writer.h"
#include "pipelines/transcription.h"

namespace ogam {

namespace {

namespace po = boost::program_options;

po::options_description own_options() {
  po::options_description options("Options", static_cast<unsigned>(terminal_width()));
  options.add_options()  //
      ("language", po::value<std::string>()->value_name("auto|ko|en|...")->default_value("auto"),
       "what is spoken")                                                     //
      ("translate", po::bool_switch(), "write English, whatever is spoken")  //
      ("beam", po::value<int>()->value_name("N")->default_value(1),
       "hypotheses to keep; 1 is fast, 5 a little more exact")                        //
      ("format", po::value<std::string>()->value_name("F"), "txt, srt, vtt or json")  //
      ("out,o", po::value<std::string>()->value_name("FILE"),
       "write there; its extension gives the format");
  return options;
}

std::string format_of(const CommandLine& line) {
  if (line.common().json) {
    return "json";
  }
  if (line.has("format")) {
    return line.get<std::string>("format");
  }
  std::string extension =
      std::filesystem::path(line.get_or<std::string>("out", "")).extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension.empty() ? "txt" : extension.substr(1);
}

/// Tells how far a transcription has come.
class Progress {
 public:
  Progress(ProgressBar& bar, const std::filesystem::path& path) : bar_(bar) {
    event_.path = path;
    event_.files_total = 1;
  }

  void show(Time done, Time total) {
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    event_.time_done = done;
    event_.time_total = total;
    event_.realtime = seconds > 1 ? to_seconds(done) / seconds : 0;
    event_.seconds_left =
        event_.realtime > 0 && total > done ? to_seconds(total - done) / event_.realtime : 0;
    bar_.show(event_);
  }

 private:
  ProgressBar& bar_;
  ProgressEvent event_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace

int run_transcribe(std::span<const std::string> arguments) {
  const CommandLine line(
      {.synopsis = "transcribe FILE [OPTIONS]",
       .description = "Writes down what is said in a video or an audio file, with times.",
       .examples = "  ogam transcribe talk.mp4\n"
                   "  ogam transcribe 강연.mp4 --language ko -o 강연.srt\n",
       .positionals = 1},
      own_options(), arguments);
  if (line.wants_nothing_more()) {
    return kDone;
  }
  require(!line.words().empty(), ErrorCode::invalid_argument,
          "name the file: ogam transcribe FILE");
  const std::string format = format_of(line);
  write_transcript({}, format);  // an unknown format is refused before anything is loaded
  if (line.has("out")) {
    check_out(line.get<std::string>("out"));
  }
  TranscriptionOptions options;
  options.language = line.get<std::string>("language");
  options.translate = line.get<bool>("translate");
  options.beam_size = line.get<int>("beam");

  const Pack pack = Pack::open(line.common().pack);
  const PackLane* const lane = pack.manifest().lane(Lane::speech);
  require(lane != nullptr, ErrorCode::unavailable, "the pack {} has no model for speech",
          pack.manifest().name);
  const auto recognizer = pack.speech_recognizer(*lane);
  ThreadBudget budget(line.common().threads);
  options.workers = std::min(budget.size(), 64);  // what a recogniser takes
  recognizer->check(options);
  ProgressBar bar(line.common());
  const std::filesystem::path path = line.words().front();
  Progress progress(bar, path);
  const Transcript transcript =
      transcribe_file(recognizer, path, options, &budget, cancellation_by_signals(),
                      [&](Time done, Time total) { progress.show(done, total); });
  bar.clear();
  if (const std::string damage = describe_damage(transcript.report);
      !damage.empty() && !line.common().quiet) {
    fmt::print(stderr, "{}: {}\n", display_path(path), damage);
  }
  const std::string text = write_transcript(transcript, format);
  if (line.has("out")) {
    write_file_atomically(line.get<std::string>("out"), text);
  } else {
    fmt::print("{}", text);
  }
  if (transcript.utterances.empty() && !line.common().quiet) {
    fmt::print(stderr, "No speech was heard in {}.\n", display_path(path));
  }
  return kDone;
}

}  // namespace ogam

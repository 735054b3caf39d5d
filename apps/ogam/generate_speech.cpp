#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>

#include "apps/ogam/command_line.h"
#include "apps/ogam/console.h"
#include "apps/ogam/input_text.h"
#include "apps/ogam/output_path.h"
#include "apps/ogam/progress_bar.h"
#include "apps/ogam/run_verb.h"
#include "apps/ogam/verbs.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/thread_budget.h"
#include "core/media/audio_writer.h"
#include "pipelines/speech_generation.h"

namespace ogam {

namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;

po::options_description own_options() {
  po::options_description options("Options", static_cast<unsigned>(terminal_width()));
  options.add_options()  //
      ("file,f", po::value<std::string>()->value_name("FILE"),
       "the text, instead of words on the command line")  //
      ("out,o", po::value<std::string>()->value_name("FILE"),
       "the sound; its extension gives the format: wav, flac, mp3, ogg, opus or m4a")  //
      ("model", po::value<std::string>()->value_name("ID|DIR"),
       "a voice: a folder, or what 'ogam models pull' brought (vits, such as MMS-TTS)")  //
      ("language", po::value<std::string>()->value_name("en|ko|..."),
       "what the text is written in (default: Korean where it has Hangul, else English)")  //
      ("speaker", po::value<std::int64_t>()->value_name("N"),
       "of a voice that has several, from 0")  //
      ("speed", po::value<double>()->value_name("X")->default_value(1, "1"),
       "2 is twice as fast, 0.5 half as fast")  //
      ("seed", po::value<std::uint64_t>()->value_name("N")->default_value(0),
       "another seed speaks a little differently; the same one always the same");
  return options;
}

std::string read_text(const CommandLine& line) {
  require(line.words().empty() == line.has("file"), ErrorCode::invalid_argument,
          "give the text once: ogam generate speech TEXT, or --file FILE, or - for stdin");
  if (line.has("file")) {
    return read_input_text(line.get<std::string>("file"));
  }
  return line.words()[0] == "-" ? read_input_text("-") : line.words()[0];
}

/// The pack that is named on the command line; nothing when none is.
std::string named_pack(std::span<const std::string> arguments, const CommandLine& line) {
  const bool named = std::any_of(arguments.begin(), arguments.end(), [](const std::string& word) {
    return word == "--pack" || word.starts_with("--pack=");
  });
  return named ? line.common().pack : "";
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Tells people how far it is, and how far it will be by the text that is left.
ProgressEvent event_of(const SpeechProgress& progress, const fs::path& out, double seconds) {
  ProgressEvent event;
  event.path = out;
  event.files_total = 1;
  event.time_done = progress.spoken;
  event.time_total = from_seconds(to_seconds(progress.spoken) / progress.share);
  event.realtime = seconds > 1 ? to_seconds(progress.spoken) / seconds : 0;
  event.seconds_left = seconds / progress.share - seconds;
  return event;
}

void report(const CommandLine& line, const SpeechVoice& voice, const SpeechReport& spoken,
            const fs::path& out, double seconds) {
  const double duration = to_seconds(spoken.duration);
  if (line.common().json) {
    print_json({{"out", display_path(out)},
                {"voice", voice.name()},
                {"language", voice.language()},
                {"licence", voice.licence()},
                {"sample_rate", voice.sample_rate()},
                {"duration", duration},
                {"sentences", spoken.sentences},
                {"silent", spoken.silent},
                {"left_out", spoken.left_out},
                {"seconds", seconds},
                {"realtime", seconds > 0 ? duration / seconds : 0}});
    return;
  }
  if (line.common().quiet) {
    return;
  }
  fmt::print(stderr, "{}: {} of speech in {} sentences by the voice {}, {:.1f}x realtime\n",
             display_path(out), format_time(spoken.duration), spoken.sentences, voice.name(),
             seconds > 0 ? duration / seconds : 0);
  if (!spoken.left_out.empty()) {
    fmt::print(stderr, "Left out, since the voice does not know it: {}\n",
               printable(fmt::format("{}", fmt::join(spoken.left_out, " "))));
  }
}

}  // namespace

int run_generate_speech(std::span<const std::string> arguments) {
  const CommandLine line(
      {.synopsis = "generate speech TEXT|--file FILE|- --out FILE [OPTIONS]",
       .description =
           "Speaks a text into a sound file. English is spoken by the pack 'voice', which\n"
           "scripts/setup.sh --packs voice builds; other languages by espeak-ng's formant\n"
           "synthesis, unless a model is named.",
       .examples = "  ogam generate speech \"The train leaves at 9:30.\" -o train.wav\n"
                   "  ogam generate speech --file article.txt -o article.mp3 --speed 1.2\n"
                   "  ogam generate speech \"안녕하세요.\" -o hello.wav --model "
                   "facebook/mms-tts-kor\n",
       .positionals = 1},
      own_options(), arguments);
  if (line.wants_nothing_more()) {
    return kDone;
  }
  require(line.has("out"), ErrorCode::invalid_argument,
          "name the sound file: ogam generate speech TEXT --out FILE");
  const fs::path out = line.get<std::string>("out");
  AudioWriter::check_extension(out);
  check_out(out);
  const auto text = read_text(line);
  require(line.get<double>("speed") > 0, ErrorCode::invalid_argument,
          "--speed takes a number above 0");
  VoiceRequest request = {.pack = named_pack(arguments, line),
                          .model = line.get_or<std::string>("model", ""),
                          .language = line.get_or<std::string>("language", ""),
                          .sample = text};
  request.settings.speed = line.get<double>("speed");
  request.settings.seed = line.get<std::uint64_t>("seed");
  if (line.has("speaker")) {
    request.settings.speaker = line.get<std::int64_t>("speaker");
  }
  const auto cancellation = cancellation_by_signals();
  // Sentences are spoken one after another, so the cores work on the same one.
  at::set_num_threads(ThreadBudget(line.common().threads).size());
  const auto voice = open_voice(request);
  ProgressBar bar(line.common());
  const auto start = std::chrono::steady_clock::now();
  const auto spoken = generate_speech(*voice, text, out, cancellation, [&](const auto& progress) {
    bar.show(event_of(progress, out, seconds_since(start)));
  });
  bar.clear();
  report(line, *voice, spoken, out, seconds_since(start));
  return kDone;
}

}  // namespace ogam

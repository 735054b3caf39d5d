#include <fmt/format.h>

#include <cstdio>
#include <filesystem>

#include "apps/ogam/command_line.h"
#include "apps/ogam/console.h"
#include "apps/ogam/output_file.h"
#include "apps/ogam/run_verb.h"
#include "apps/ogam/transcribe_media.h"
#include "apps/ogam/verbs.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "pipelines/pack.h"
#include "pipelines/subtitle_writer.h"

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
       "hypotheses to keep; 1 is fast, 5 a little more exact")  //
      ("format", po::value<std::string>()->value_name("F"), "txt, srt, vtt, ass or json");
  OutputFile::add_option(options);
  return options;
}

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
  const OutputFile out(line);
  const std::string format = out.format("txt");
  write_transcript({}, format);  // an unknown format is refused before anything is loaded
  TranscriptionOptions options;
  options.language = line.get<std::string>("language");
  options.translate = line.get<bool>("translate");
  options.beam_size = line.get<int>("beam");

  const Pack pack = Pack::open(line.common().pack);
  const std::filesystem::path path = line.words().front();
  const Transcript transcript = transcribe_media(line.common(), pack, path, options);
  out.write(write_transcript(transcript, format));
  if (transcript.utterances.empty() && !line.common().quiet) {
    fmt::print(stderr, "No speech was heard in {}.\n", display_path(path));
  }
  return kDone;
}

}  // namespace ogam

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>

#include "apps/ogam/command_line.h"
#include "apps/ogam/console.h"
#include "apps/ogam/moment_formats.h"
#include "apps/ogam/run_verb.h"
#include "apps/ogam/search_request.h"
#include "apps/ogam/thumbnails.h"
#include "apps/ogam/verbs.h"
#include "core/base/files.h"
#include "ogam/ogam.h"

namespace ogam {

namespace {

namespace po = boost::program_options;

po::options_description own_options() {
  po::options_description options("Options", static_cast<unsigned>(terminal_width()));
  options.add_options()                                                                           //
      ("image", po::value<std::string>()->value_name("F"), "look for what this picture shows")    //
      ("audio", po::value<std::string>()->value_name("F"), "listen for what this sounds like")    //
      ("video", po::value<std::string>()->value_name("F[@START-END]"), "moments like this clip")  //
      ("limit,k", po::value<std::int64_t>()->value_name("N")->default_value(10),
       "moments to show")  //
      ("lane", po::value<std::string>()->value_name("L,..."),
       "only what these lanes see: visual, sound, speech, text, fused")  //
      ("mode", po::value<std::string>()->value_name("any|all")->default_value("any"),
       "whether one lane's match is enough")  //
      ("weight", po::value<std::vector<std::string>>()->value_name("LANE=W")->composing(),
       "how much a lane counts (default 1); may be repeated")                                     //
      ("not", po::value<std::string>()->value_name("TEXT"), "leave out moments that match this")  //
      ("filter", po::value<std::string>()->value_name("EXPR"),
       "such as: kind=video and duration>60 and tag.series=news")  //
      ("min-score", po::value<double>()->value_name("P"),
       "show nothing less likely than this, 0 to 1 (default 0.15)")  //
      ("group-by", po::value<std::string>()->value_name("moment|asset")->default_value("moment"),
       "asset: the best moment of each file")                                                   //
      ("page", po::value<std::string>()->value_name("TOKEN"), "go on after an earlier search")  //
      ("format", po::value<std::string>()->value_name("F"),
       "table, json, csv, srt, edl or otio")  //
      ("thumbnails", po::value<std::string>()->value_name("DIR"),
       "write a picture of each moment")  //
      ("queries", po::value<std::string>()->value_name("F|-"),
       "many queries, one per line: text, or a JSON object with these options' names; what a line "
       "does not say is as on the command line");
  return options;
}

Json query_json(const SearchRequest& request) {
  Json query = Json::object();
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) {
      query[name] = value;
    }
  };
  add("text", request.text);
  add("image", display_path(request.image));
  add("audio", display_path(request.audio));
  add("video", display_path(request.video));
  add("not", request.text_not);
  add("filter", request.filter);
  if (request.span) {
    query["start"] = to_seconds(request.span->start);
    query["end"] = to_seconds(request.span->end);
  }
  return query;
}

SearchAnswer ask(Searcher& searcher, const SearchRequest& request) {
  const auto start = std::chrono::steady_clock::now();
  SearchAnswer answer{query_json(request), searcher.search(request), 0};
  answer.milliseconds =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  return answer;
}

/// One line of JSON for each query, in order; one that fails says why and the others go on.
int answer_queries(Searcher& searcher, const std::string& source, const SearchRequest& defaults) {
  std::ifstream file;
  if (source != "-") {
    file.open(source);
    require(file.is_open(), ErrorCode::not_found, "cannot open the queries {}",
            display_path(source));
  }
  std::istream& lines = source == "-" ? std::cin : file;
  int status = kDone;
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    Json answer;
    try {
      const auto request = read_query_line(line, defaults, fmt::format("query {}", number));
      answer = answer_json(ask(searcher, request));
    } catch (const Error& error) {
      answer = {{"query", line},
                {"error", error_json(error_code_name(error.code()), describe(error))}};
      status = kSomeFailed;
    } catch (const std::exception& error) {
      answer = {{"query", line},
                {"error", error_json(error_code_name(ErrorCode::internal), describe(error))}};
      status = kSomeFailed;
    }
    print_json(answer);
  }
  return status;
}

}  // namespace

int run_search(std::span<const std::string> arguments) {
  const CommandLine line({.synopsis = "search [TEXT] [OPTIONS]",
                          .description = "Finds moments by what is seen, heard, said or written in "
                                         "them. The query is a text in Korean,\n"
                                         "English or another language, a picture, a sound, a clip, "
                                         "or several of these together.\n"
                                         "A score is the probability that the moment is a true "
                                         "match; nothing found is an answer too.",
                          .examples = "  ogam search \"빨간 자동차\"\n"
                                      "  ogam search \"dog barking\" --lane sound -k 3\n"
                                      "  ogam search --image photo.jpg --json\n"
                                      "  ogam search --video clip.mp4@0:10-0:20 --format edl\n",
                          .positionals = -1},
                         own_options(), arguments);
  if (line.wants_nothing_more()) {
    return kDone;
  }
  const std::string format =
      line.common().json ? "json" : line.get_or<std::string>("format", "table");
  format_answer({}, format);  // an unknown format is refused before anything is loaded
  const bool many = line.has("queries");
  const SearchRequest request = read_request(line);
  const bool empty = request.text.empty() && request.image.empty() && request.audio.empty() &&
                     request.video.empty();
  require(many || !empty, ErrorCode::invalid_argument,
          "nothing to look for; give a text, --image, --audio or --video");
  require(!many || (request.text.empty() && !line.has("thumbnails") &&
                    (format == "json" || !line.has("format"))),
          ErrorCode::invalid_argument,
          "--queries reads the texts from its file and writes lines of JSON; leave out the text, "
          "--thumbnails and --format");

  const Archive archive = Archive::open(line.common().archive);
  const Pack pack = Pack::open(line.common().pack);
  Searcher searcher(archive, pack);
  if (many) {
    return answer_queries(searcher, line.get<std::string>("queries"), request);
  }
  const SearchAnswer answer = ask(searcher, request);
  if (line.has("thumbnails")) {
    write_thumbnails(answer.result, line.get<std::string>("thumbnails"));
  }
  fmt::print("{}", line.common().json ? dump_json(answer_json(answer)) + "\n"
                                      : format_answer(answer, format));
  return kDone;
}

}  // namespace ogam

#include <fmt/format.h>

#include <cstdio>

#include "apps/ogam/command_line.h"
#include "apps/ogam/console.h"
#include "apps/ogam/run_verb.h"
#include "apps/ogam/understanding_input.h"
#include "apps/ogam/verbs.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "pipelines/understanding/answer.h"
#include "pipelines/understanding/summary.h"

namespace ogam {

namespace {

namespace po = boost::program_options;

/// How a lane's citation is introduced; what was said stands for itself.
std::string_view introduction(Lane lane) {
  switch (lane) {
    case Lane::visual:
      return "Seen: ";
    case Lane::sound:
      return "Heard: ";
    case Lane::text:
      return "Written: ";
    default:
      return "";
  }
}

std::string line_of(const Citation& citation, bool with_name) {
  std::string place = citation.span.duration() > 0 ? cite(citation.span) : "";
  if (with_name || place.empty()) {
    place = display_path(citation.path.filename()) + (place.empty() ? "" : " ") + place;
  }
  return fmt::format("{}{} [{}]", introduction(citation.lane), printable(citation.text), place);
}

/// "the video": where there was no answer.
std::string place_of(const UnderstandingInput& input) {
  if (input.assets().empty()) {
    return "the archive";
  }
  return input.assets().size() == 1
             ? "the " + input.archive().find(input.assets().front()).value().kind
             : "these assets";
}

Json json_of(const Question& question, const std::vector<Citation>& citations,
             const std::string& answer) {
  Json list = Json::array();
  for (const Citation& citation : citations) {
    list.push_back({{"asset", citation.asset},
                    {"path", display_path(citation.path)},
                    {"start", to_seconds(citation.span.start)},
                    {"end", to_seconds(citation.span.end)},
                    {"lane", citation.lane.name()},
                    {"text", citation.text},
                    {"score", rounded(citation.score)}});
  }
  return {{"method", kExtractive},
          {"question", question.text},
          {"found", !citations.empty()},
          {"answer", answer},
          {"citations", list}};
}

po::options_description own_options() {
  po::options_description options("Options", static_cast<unsigned>(terminal_width()));
  options.add_options()  //
      ("limit,k", po::value<std::int64_t>()->value_name("N")->default_value(3),
       "sentences to quote at most")  //
      ("min-score", po::value<double>()->value_name("P")->default_value(kAnswerMinScore),
       "what is less likely than this to be meant is no answer, 0 to 1");
  return options;
}

}  // namespace

int run_ask(std::span<const std::string> arguments) {
  const CommandLine line(
      {.synopsis = "ask QUESTION [ASSET...] [OPTIONS]",
       .description =
           "Answers from what is said, written, seen and heard in the named assets, or "
           "in the whole archive, by\n"
           "quoting it with its time. What is not there is said not to be there. Put the "
           "question in quotes.",
       .examples = "  ogam ask \"When does the library open?\"\n"
                   "  ogam ask \"다음 역은 어디인가요?\" 안내.mp4\n",
       .positionals = -1},
      own_options(), arguments);
  if (line.wants_nothing_more()) {
    return kDone;
  }
  require(!line.words().empty(), ErrorCode::invalid_argument,
          "ask something: ogam ask \"QUESTION\" [ASSET...]");
  const auto limit = line.get<std::int64_t>("limit");
  require(limit >= 1 && limit <= 1000, ErrorCode::invalid_argument,
          "-k takes a number from 1 to 1000, got {}", limit);

  const UnderstandingInput input(line, std::span(line.words()).subspan(1));
  const Question question{.text = line.words().front(),
                          .assets = input.assets(),
                          .min_score = line.get<double>("min-score"),
                          .most = static_cast<std::size_t>(limit)};
  const auto citations =
      answer_by_quoting(input.archive(), input.pack(), question, cancellation_by_signals());
  std::string answer;
  for (const Citation& citation : citations) {
    answer += line_of(citation, input.assets().size() != 1) + "\n";
  }
  if (citations.empty()) {
    answer = fmt::format("Not in {}.\n", place_of(input));
  }
  fmt::print(
      "{}",
      line.common().json
          ? dump_json(json_of(question, citations, answer.substr(0, answer.size() - 1))) + "\n"
          : answer);
  if (!citations.empty()) {
    note_extractive(line.common(), "sentences are quoted");
  }
  return kDone;
}

}  // namespace ogam

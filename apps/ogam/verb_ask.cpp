#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <optional>

#include "apps/ogam/command_line.h"
#include "apps/ogam/console.h"
#include "apps/ogam/grounded_output.h"
#include "apps/ogam/run_verb.h"
#include "apps/ogam/understanding_input.h"
#include "apps/ogam/verbs.h"
#include "apps/ogam/writer_option.h"
#include "core/base/error.h"
#include "pipelines/understanding/answer.h"
#include "pipelines/understanding/grounded_writing.h"

namespace ogam {

namespace {

namespace po = boost::program_options;

/// What a language model is given of what was found, if it fits.
constexpr std::size_t kFoundToRead = 6;
/// When the search is as sure as this, a model that finds no answer is not believed.
constexpr double kSureScore = 0.5;
constexpr std::size_t kMostWritten = 12;  // sentences of one answer
constexpr std::int64_t kMostSentences = 1000;

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
  return fmt::format("{}{} [{}]", introduction(citation.lane), printable(citation.text),
                     place_text(citation, with_name));
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

/// What the verb answers, whoever made it.
struct Answer {
  std::string text;  ///< lines; none: it is not there
  Json document;     ///< "method", "citations" and what else there is
};

Answer quoted(std::span<const Citation> citations, bool with_names) {
  Answer answer{.text = {}, .document = {{"method", kExtractive}, {"citations", Json::array()}}};
  for (const Citation& citation : citations) {
    answer.text += line_of(citation, with_names) + "\n";
    answer.document["citations"].push_back(citation_json(citation));
  }
  return answer;
}

/// What a language model writes from what was found; nothing when none of it is supported by its
/// sources, or it finds no answer where the search is sure.
std::optional<Answer> written(const CommandLine& line, TextWriter& writer,
                              const UnderstandingInput& input, const Question& question,
                              std::span<const Citation> found, bool with_names) {
  const auto limit = static_cast<std::size_t>(line.get<std::int64_t>("limit"));
  const GroundedTask task{.kind = GroundedKind::answer,
                          .request = question.text,
                          .sentences = std::min(limit, kMostWritten),
                          .cancellation = cancellation_by_signals()};
  const auto budget = source_budget(writer, task);
  const auto sources =
      gather_sources(input.archive(), input.pack(), found, budget, task.cancellation);
  const auto text = write_grounded(writer, sources, task);
  const GroundedOutput output(writer, sources, budget, text, with_names);
  output.note(line.common());
  const bool is_answered = !text.sentences.empty();
  const bool is_believed = text.says_nothing && found.front().score < kSureScore;
  if (!is_answered && !is_believed) {
    return std::nullopt;
  }
  return Answer{.text = output.lines(), .document = output.json()};
}

po::options_description own_options() {
  po::options_description options("Options", static_cast<unsigned>(terminal_width()));
  options.add_options()  //
      ("limit,k", po::value<std::int64_t>()->value_name("N")->default_value(3),
       "sentences at most")  //
      ("min-score", po::value<double>()->value_name("P")->default_value(kAnswerMinScore),
       "what is less likely than this to be meant is no answer, 0 to 1");
  add_writer_option(options);
  return options;
}

}  // namespace

int run_ask(std::span<const std::string> arguments) {
  const CommandLine line(
      {.synopsis = "ask QUESTION [ASSET...] [OPTIONS]",
       .description =
           "Answers from what is said, written, seen and heard in the named assets, or in the "
           "whole archive. A\n"
           "language model writes the answer, each sentence with the times that it is from; "
           "without one, what was\n"
           "found is quoted. What is not there is said not to be there. Put the question in "
           "quotes.",
       .examples = "  ogam ask \"When does the library open?\"\n"
                   "  ogam ask \"다음 역은 어디인가요?\" 안내.mp4\n"
                   "  ogam ask \"What did she promise?\" talk.mp4 --writer none\n",
       .positionals = -1},
      own_options(), arguments);
  if (line.wants_nothing_more()) {
    return kDone;
  }
  require(!line.words().empty(), ErrorCode::invalid_argument,
          "ask something: ogam ask \"QUESTION\" [ASSET...]");
  const auto limit = line.get<std::int64_t>("limit");
  require(limit >= 1 && limit <= kMostSentences, ErrorCode::invalid_argument,
          "-k takes a number from 1 to {}, got {}", kMostSentences, limit);

  const UnderstandingInput input(line, std::span(line.words()).subspan(1));
  const auto writer = writer_of(line);
  const auto most = static_cast<std::size_t>(limit);
  const Question question{.text = line.words().front(),
                          .assets = input.assets(),
                          .min_score = line.get<double>("min-score"),
                          .most = writer ? std::max(most, kFoundToRead) : most};
  const auto found =
      answer_by_quoting(input.archive(), input.pack(), question, cancellation_by_signals());
  const bool with_names = input.assets().size() != 1;
  std::optional<Answer> answer;
  if (writer && !found.empty()) {
    answer = written(line, *writer, input, question, found, with_names);
  }
  if (!answer) {
    answer = quoted(std::span(found).first(std::min(found.size(), most)), with_names);
    if (!found.empty()) {
      note_extractive(line.common(), "sentences are quoted");
    }
  }
  const bool is_there = !answer->text.empty();
  if (!is_there) {
    answer->text = fmt::format("Not in {}.\n", place_of(input));
  }
  if (line.common().json) {
    answer->document.update({{"question", question.text},
                             {"found", is_there},
                             {"answer", answer->text.substr(0, answer->text.size() - 1)}});
    print_json(answer->document);
  } else {
    fmt::print("{}", answer->text);
  }
  return kDone;
}

}  // namespace ogam

#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "apps/ogam/chat_session.h"
#include "apps/ogam/command_line.h"
#include "apps/ogam/console.h"
#include "apps/ogam/grounded_output.h"
#include "apps/ogam/input_text.h"
#include "apps/ogam/run_verb.h"
#include "apps/ogam/understanding_input.h"
#include "apps/ogam/verbs.h"
#include "apps/ogam/writer_option.h"
#include "apps/ogam/written_text.h"
#include "core/base/error.h"
#include "core/text/grammar/json_schema.h"
#include "core/text/grammar/pattern.h"
#include "pipelines/understanding/answer.h"

namespace ogam {

namespace {

namespace po = boost::program_options;

/// What a text that is grounded in an archive is given to read, if it fits.
constexpr std::size_t kFoundToRead = 12;
constexpr std::size_t kGroundedSentences = 8;

po::options_description own_options() {
  po::options_description options("Options", static_cast<unsigned>(terminal_width()));
  options.add_options()  //
      ("file,f", po::value<std::vector<std::string>>()->value_name("FILE"),
       "a text to put before the prompt, - for stdin; may be given several times")  //
      ("system", po::value<std::string>()->value_name("TEXT"),
       "how the model is to behave")  //
      ("chat", po::bool_switch(),
       "a conversation: each line of stdin is a turn; Ctrl-C ends an answer, Ctrl-D all")  //
      ("max-tokens", po::value<std::int64_t>()->value_name("N")->default_value(512),
       "how long the text may become")  //
      ("temperature", po::value<double>()->value_name("X")->default_value(0, "0"),
       "0 takes the likeliest token each time; higher is livelier")  //
      ("top-k", po::value<std::int64_t>()->value_name("N")->default_value(0),
       "only the N likeliest tokens; 0: all")  //
      ("top-p", po::value<double>()->value_name("P")->default_value(1, "1"),
       "only the likeliest tokens that reach this probability together")  //
      ("min-p", po::value<double>()->value_name("P")->default_value(0, "0"),
       "only tokens this likely, as a share of the likeliest one")  //
      ("repetition-penalty", po::value<double>()->value_name("X")->default_value(1, "1"),
       "above 1, tokens that were there before become less likely")  //
      ("seed", po::value<std::uint64_t>()->value_name("N")->default_value(0),
       "another seed gives another text; the same one always the same")  //
      ("stop", po::value<std::vector<std::string>>()->value_name("TEXT"),
       "the text ends before this; may be given several times")  //
      ("schema", po::value<std::string>()->value_name("FILE"),
       "the text is JSON that this JSON Schema accepts")  //
      ("regex", po::value<std::string>()->value_name("R"),
       "the text is one that this regular expression matches as a whole");
  add_writer_option(options);
  return options;
}

GenerationConfig generation_of(const CommandLine& line) {
  GenerationConfig config;
  config.sampling = {.temperature = line.get<double>("temperature"),
                     .top_k = line.get<std::int64_t>("top-k"),
                     .top_p = line.get<double>("top-p"),
                     .min_p = line.get<double>("min-p"),
                     .repetition_penalty = line.get<double>("repetition-penalty"),
                     .seed = line.get<std::uint64_t>("seed")};
  config.sampling.check();
  config.max_tokens = line.get<std::int64_t>("max-tokens");
  require(config.max_tokens >= 1, ErrorCode::invalid_argument,
          "--max-tokens takes a number from 1 on, got {}", config.max_tokens);
  config.stop = line.get_or<std::vector<std::string>>("stop", {});
  config.cancellation = cancellation_by_signals();
  return config;
}

std::shared_ptr<const Grammar> grammar_of(const CommandLine& line) {
  const bool has_schema = line.has("schema");
  const bool has_regex = line.has("regex");
  require(!has_schema || !has_regex, ErrorCode::invalid_argument,
          "--schema and --regex both say what the text may be; give one of them");
  require((!has_schema && !has_regex) || !line.has("stop"), ErrorCode::invalid_argument,
          "--stop could cut what --schema or --regex keep whole; leave it out");
  if (has_schema) {
    const auto file = line.get<std::string>("schema");
    return compile_json_schema(read_json_file(file), file);
  }
  return has_regex ? compile_pattern(line.get<std::string>("regex")) : nullptr;
}

/// Files, then the prompt, with empty lines between.
std::string prompt_of(const CommandLine& line) {
  std::vector<std::string> parts;
  for (const auto& file : line.get_or<std::vector<std::string>>("file", {})) {
    parts.push_back(read_input_text(file));
  }
  for (const std::string& word : line.words()) {
    parts.push_back(word == "-" ? read_input_text("-") : word);
  }
  std::string prompt;
  for (const std::string& part : parts) {
    prompt += (prompt.empty() ? "" : "\n\n") + part;
  }
  require(prompt.find_first_not_of(" \t\r\n") != std::string::npos, ErrorCode::invalid_argument,
          "say what to write: ogam generate text PROMPT, --file FILE, - for stdin, or --chat");
  return prompt;
}

void write_text(const CommandLine& line, TextWriter& writer, WritingRequest request) {
  WrittenText written(line, writer);
  request.generation.on_text = [&](std::string_view piece) { written.show(piece); };
  const auto made = writer.write(request);
  written.finish(made, line.has("schema") ? Json{{"value", parse_json(made.text, "the text")}}
                                          : Json::object());
}

/// Writes from what a search for the prompt finds in the archive, and from nothing else.
void write_grounded_text(const CommandLine& line, TextWriter& writer, const std::string& prompt,
                         const GenerationConfig& generation) {
  const UnderstandingInput input(line, {});
  const GroundedTask task{.kind = GroundedKind::text,
                          .request = prompt,
                          .style = line.get_or<std::string>("system", ""),
                          .sentences = kGroundedSentences,
                          .sampling = generation.sampling,
                          .cancellation = generation.cancellation};
  const auto budget = source_budget(writer, task);
  const Question question{.text = prompt, .assets = {}, .most = kFoundToRead};
  const auto found =
      answer_by_quoting(input.archive(), input.pack(), question, generation.cancellation);
  Sources sources;
  GroundedText text;
  if (!found.empty()) {
    sources = gather_sources(input.archive(), input.pack(), found, budget, generation.cancellation);
    text = write_grounded(writer, sources, task);
  }
  const GroundedOutput output(writer, sources, budget, text, /*with_names=*/true);
  output.note(line.common());
  const auto lines = text.sentences.empty() ? "Not in the archive.\n" : output.lines();
  if (line.common().json) {
    Json document = output.json();
    document["text"] = lines.substr(0, lines.size() - 1);
    print_json(document);
  } else {
    fmt::print("{}", lines);
  }
}

}  // namespace

int run_generate_text(std::span<const std::string> arguments) {
  const CommandLine line(
      {.synopsis = "generate text PROMPT|--file FILE|-|--chat [OPTIONS]",
       .description =
           "Lets a language model answer a prompt, as it comes. With --archive it writes from what "
           "the archive\n"
           "has about the prompt and from nothing else, each sentence with the times that it is "
           "from. The packs\n"
           "'writer' and 'writer-small' are built by scripts/setup.sh --packs NAME.",
       .examples = "  ogam generate text \"Write a haiku about rain.\" --temperature 0.8\n"
                   "  ogam generate text \"Summarize this letter.\" --file letter.txt\n"
                   "  ogam generate text \"도서관 안내문을 써 줘\" --archive talks\n"
                   "  ogam generate text \"Name three fruits.\" --schema fruits.json --json\n"
                   "  ogam generate text --chat --system \"Answer in one sentence.\"\n",
       .positionals = 1},
      own_options(), arguments);
  if (line.wants_nothing_more()) {
    return kDone;
  }
  WritingRequest request{
      .turns = {}, .generation = generation_of(line), .grammar = grammar_of(line)};
  if (line.has("system")) {
    request.turns.push_back({"system", line.get<std::string>("system")});
  }
  const bool grounded = line.has("archive");
  require(!grounded || (!request.grammar && !line.has("stop")), ErrorCode::invalid_argument,
          "with --archive the text is sentences with their sources; leave --schema, --regex and "
          "--stop out");
  if (line.get<bool>("chat")) {
    require(line.words().empty() && !line.has("file") && !grounded, ErrorCode::invalid_argument,
            "--chat takes its turns from stdin; leave the prompt, --file and --archive out");
    const auto writer = needed_writer_of(line, "a chat");
    require(writer->knows_turns(), ErrorCode::unsupported,
            "the model {} has no chat template and knows no turns; name another: --writer NAME",
            writer->name());
    auto turns = std::exchange(request.turns, {});
    return ChatSession(line, *writer, std::move(turns), std::move(request)).run();
  }
  const auto prompt = prompt_of(line);
  const auto writer = needed_writer_of(line, "generating text");
  if (grounded) {
    write_grounded_text(line, *writer, prompt, request.generation);
    return kDone;
  }
  request.turns.push_back({"user", prompt});
  write_text(line, *writer, std::move(request));
  return kDone;
}

}  // namespace ogam

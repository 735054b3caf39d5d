#include <bit>
#include <exception>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/text/grammar/constraint.h"
#include "core/text/grammar/json_schema.h"
#include "core/text/grammar/pattern.h"
#include "core/text/tokenizer.h"

namespace ogam {
namespace {

std::shared_ptr<const Grammar> compile(const Json& request) {
  if (request.contains("pattern")) {
    return compile_pattern(json_value<std::string>(request, "pattern", "stdin"));
  }
  JsonSchemaOptions options;
  if (request.contains("span")) {
    const auto span = json_value<std::vector<double>>(request, "span", "stdin");
    options.span = TimeSpan{from_seconds(span.at(0)), from_seconds(span.at(1))};
  }
  return compile_json_schema(request.at("schema"), "the schema", options);
}

std::vector<bool> matches(const std::shared_ptr<const Grammar>& grammar, const Json& texts) {
  GrammarAutomaton automaton(grammar);
  std::vector<bool> result;
  for (const auto& text : texts) {
    auto state = automaton.start();
    for (const char byte : text.get_ref<const std::string&>()) {
      state = automaton.next(state, static_cast<unsigned char>(byte));
    }
    result.push_back(automaton.complete(state));
  }
  return result;
}

std::vector<std::int32_t> set_bits(std::span<const std::uint64_t> words) {
  std::vector<std::int32_t> ids;
  for (std::size_t i = 0; i < words.size(); ++i) {
    for (auto word = words[i]; word != 0; word &= word - 1) {
      ids.push_back(static_cast<std::int32_t>(i * 64) + std::countr_zero(word));
    }
  }
  return ids;
}

/// Any of the allowed tokens each time, until the text ends or `budget` tokens are written.
std::string random_walk(GrammarConstraint& constraint, const TokenTable& tokens, std::size_t budget,
                        std::mt19937& random) {
  std::string text;
  constraint.reset();
  for (std::size_t written = 0; !constraint.finished(); ++written) {
    const auto ids = set_bits(constraint.allowed(budget - written));
    if (ids.empty()) {
      break;
    }
    const auto id = ids[random() % ids.size()];
    constraint.accept(id);
    text += tokens.is_end(id) ? "" : tokens.bytes(id);
  }
  require(constraint.complete(), ErrorCode::internal, "the walk ended within '{}'", text);
  return text;
}

Json answer(const Json& request, const std::shared_ptr<const TokenTable>& tokens) {
  const auto grammar = compile(request);
  if (request.contains("match")) {
    return {{"matches", matches(grammar, request.at("match"))}};
  }
  GrammarConstraint constraint(grammar, tokens);
  std::mt19937 random(  // NOLINT: the same walks every time
      static_cast<unsigned>(json_value_or<std::int64_t>(request, "seed", "stdin", 1)));
  Json texts = Json::array();
  for (int i = 0; i < json_value<int>(request, "walks", "stdin"); ++i) {
    texts.push_back(random_walk(constraint, *tokens,
                                json_value<std::size_t>(request, "budget", "stdin"), random));
  }
  return {{"texts", texts}};
}

/// Answers each JSON line on stdin, {"schema", "span"? | "pattern"} with {"match": [texts]} or
/// {"walks", "budget", "seed"?}, with one line: {"matches"}, {"texts"}, or {"error": {"code",
/// "message"}}.
void answer_lines(const Tokenizer& tokenizer, const std::string& end) {
  const auto end_id = tokenizer.token_id(end);
  require(end_id.has_value(), ErrorCode::invalid_argument, "there is no token '{}'", end);
  auto bytes = token_bytes(tokenizer);
  bytes[static_cast<std::size_t>(*end_id)].clear();
  const auto tokens =
      std::make_shared<const TokenTable>(std::move(bytes), std::vector{*end_id}, "the tokenizer");
  std::string line;
  while (std::getline(std::cin, line)) {
    try {
      std::cout << answer(parse_json(line, "stdin"), tokens).dump() << '\n';
    } catch (const Error& error) {
      std::cout << dump_json(
                       {{"error",
                         {{"code", error_code_name(error.code())}, {"message", error.what()}}}})
                << '\n';
    }
  }
}

}  // namespace
}  // namespace ogam

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: constrain FOLDER END_TOKEN; on stdin lines {\"schema\": ...}\n";
    return 2;
  }
  try {
    ogam::answer_lines(ogam::Tokenizer(argv[1]), argv[2]);
  } catch (const std::exception& error) {
    std::cerr << ogam::describe(error) << '\n';
    return 1;
  }
  return 0;
}

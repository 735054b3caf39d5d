#include <exception>
#include <iostream>
#include <string>

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/text/tokenizer.h"

namespace ogam {
namespace {

/// Answers each JSON line on stdin, {"text", "pair"?, "add_special_tokens"?}, with one line
/// {"ids", "text", "written"}: the ids, and what they are decoded to without special tokens and
/// with them.
void answer_lines(const Tokenizer& tokenizer) {
  std::string line;
  while (std::getline(std::cin, line)) {
    const auto request = parse_json(line, "stdin");
    const auto text = json_value<std::string>(request, "text", "stdin");
    const EncodeOptions options{
        .add_special_tokens = json_value_or<bool>(request, "add_special_tokens", "stdin", true)};
    const auto ids = request.contains("pair")
                         ? tokenizer.encode_pair(
                               text, json_value<std::string>(request, "pair", "stdin"), options)
                         : tokenizer.encode(text, options);
    std::cout << dump_json({{"ids", ids},
                            {"text", tokenizer.decode(ids)},
                            {"written", tokenizer.decode(ids, {.skip_special_tokens = false})}})
              << '\n';
  }
}

}  // namespace
}  // namespace ogam

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: tokenize FOLDER; on stdin lines {\"text\": ...}\n";
    return 2;
  }
  try {
    ogam::answer_lines(ogam::Tokenizer(argv[1]));
  } catch (const std::exception& error) {
    std::cerr << ogam::describe(error) << '\n';
    return 1;
  }
  return 0;
}

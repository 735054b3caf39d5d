#include <cstdint>
#include <exception>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/text/bpe_tokenizer.h"
#include "core/text/sentencepiece_tokenizer.h"

namespace ogam {
namespace {

using Encode = std::function<std::vector<std::int32_t>(const std::string&)>;
using Decode = std::function<std::string(const std::vector<std::int32_t>&)>;

/// Answers each JSON text on stdin with one line {"ids": [...], "text": decoded}.
void answer_lines(const Encode& encode, const Decode& decode) {
  std::string line;
  while (std::getline(std::cin, line)) {
    const auto ids = encode(parse_json(line, "stdin").get<std::string>());
    std::cout << dump_json({{"ids", ids}, {"text", decode(ids)}}) << '\n';
  }
}

int run(std::string_view kind, const std::string& path) {
  if (kind == "bpe") {
    const BpeTokenizer tokenizer(path);
    answer_lines([&](const auto& text) { return tokenizer.encode(text); },
                 [&](const auto& ids) { return tokenizer.decode(ids); });
    return 0;
  }
  require(kind == "sentencepiece", ErrorCode::invalid_argument, "unknown tokenizer kind '{}'",
          kind);
  const SentencePieceTokenizer tokenizer(path);
  answer_lines([&](const auto& text) { return tokenizer.encode(text); },
               [](const auto&) { return std::string(); });
  return 0;
}

}  // namespace
}  // namespace ogam

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: tokenize bpe FOLDER | sentencepiece MODEL; JSON texts on stdin\n";
    return 2;
  }
  try {
    return ogam::run(argv[1], argv[2]);
  } catch (const std::exception& error) {
    std::cerr << ogam::describe(error) << '\n';
    return 1;
  }
}

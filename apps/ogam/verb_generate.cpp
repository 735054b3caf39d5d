#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "apps/ogam/run_verb.h"
#include "apps/ogam/verbs.h"
#include "core/base/error.h"
#include "core/base/files.h"

namespace ogam {

namespace {

/// Everything that can be generated, each with a command line of its own.
constexpr std::array kGenerators = {
    Verb{"text", "a language model's answer to a prompt, or a chat", &run_generate_text},
    Verb{"speech", "a text spoken, as a sound file", &run_generate_speech},
    Verb{"video", "moments of an archive cut together, as a video file", &run_generate_video},
};

std::string names() {
  std::string joined;
  for (const Verb& generator : kGenerators) {
    joined += joined.empty() ? "" : "|";
    joined += generator.name;
  }
  return joined;
}

void print_help() {
  fmt::print("Usage: ogam generate {} ... [OPTIONS]\n\n", names());
  for (const Verb& generator : kGenerators) {
    fmt::print("  {:<8}{}\n", generator.name, generator.summary);
  }
  fmt::print("\n'ogam generate {} --help' explains it.\n", kGenerators.front().name);
}

}  // namespace

int run_generate(std::span<const std::string> arguments) {
  const std::string word = arguments.empty() ? "" : arguments.front();
  if (word == "--help" || word == "-h") {
    print_help();
    return kDone;
  }
  const auto* const generator =
      std::find_if(kGenerators.begin(), kGenerators.end(),
                   [&](const Verb& candidate) { return candidate.name == word; });
  require(generator != kGenerators.end(), ErrorCode::invalid_argument,
          "write what to generate right behind the verb: ogam generate {}{}", names(),
          word.empty() ? "" : fmt::format("; '{}' is none of these", display_path(word)));
  return generator->run(arguments.subspan(1));
}

}  // namespace ogam

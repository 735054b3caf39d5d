#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <clocale>
#include <cstdio>
#include <string>
#include <vector>

#include "apps/ogam/console.h"
#include "apps/ogam/model_verbs.h"
#include "apps/ogam/nearest_word.h"
#include "apps/ogam/run_verb.h"
#include "apps/ogam/verbs.h"
#include "core/base/files.h"
#include "core/base/version.h"

namespace {

using ogam::nearest_word;
using ogam::Verb;

/// Every verb; those without a function compute and live in the library of model verbs.
constexpr std::array kVerbs = {
    Verb{"index", "add files and folders to an archive", nullptr},
    Verb{"search", "find moments by text, picture, sound or clip", nullptr},
    Verb{"transcribe", "speech to text with times", nullptr},
    Verb{"shots", "shot boundaries of a video", nullptr},
    Verb{"embed", "vectors of texts, pictures, sounds and videos", nullptr},
    Verb{"ask", "answer a question from an archive, with times", nullptr},
    Verb{"summarize", "the sentences of a video, a recording or a text that say most", nullptr},
    Verb{"chapters", "divide a video into chapters with titles", nullptr},
    Verb{"highlights", "the moments of a video that stand out", nullptr},
    Verb{"caption", "subtitles of what is said, and texts in place of pictures", nullptr},
    Verb{"generate", "write text, make speech of it, a video of what was found", nullptr},
    Verb{"archive", "look after an archive: info, list, remove, verify", &ogam::run_archive},
    Verb{"models", "what models are there: list, show, pull, pack, verify", &ogam::run_models},
    Verb{"doctor", "what this machine has, and what is missing", nullptr},
};

void print_help() {
  fmt::print("ogam {}: find moments in video, audio, pictures and text, offline\n\n",
             ogam::kVersion);
  fmt::print("Usage: ogam VERB [OPTIONS] ...\n\n");
  for (const Verb& verb : kVerbs) {
    fmt::print("  {}  {}\n", ogam::bold(fmt::format("{:<10}", verb.name)), verb.summary);
  }
  fmt::print(
      "\n'ogam VERB --help' explains a verb. Start with:\n"
      "  ogam index clips/\n"
      "  ogam search \"빨간 자동차\"\n");
}

std::string suggestion(const std::string& name) {
  std::vector<std::string> names;
  names.reserve(kVerbs.size());
  for (const Verb& verb : kVerbs) {
    names.emplace_back(verb.name);
  }
  const std::string nearest = nearest_word(name, names);
  return nearest.empty() ? "" : fmt::format(" Did you mean '{}'?", nearest);
}

/// Where stdin, stdout or stderr is closed, a file of an archive would be opened in its place and
/// receive what is printed.
void open_closed_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) == -1) {
      ::open("/dev/null", O_RDWR);  // takes the lowest free number, which is this one
    }
  }
}

}  // namespace

int main(int count, char** arguments) {
  open_closed_streams();
  std::setlocale(LC_CTYPE, "");
  const std::string name = count > 1 ? arguments[1] : "--help";
  if (name == "--help" || name == "-h" || name == "help") {
    print_help();
    return count > 1 ? ogam::kDone : ogam::kUsage;
  }
  if (name == "--version") {
    fmt::print("ogam {}\n", ogam::kVersion);
    return ogam::kDone;
  }
  const auto* const verb = std::find_if(
      kVerbs.begin(), kVerbs.end(), [&](const Verb& candidate) { return candidate.name == name; });
  if (verb == kVerbs.end()) {
    fmt::print(stderr, "ogam: '{}' is not a verb of ogam.{} Try 'ogam --help'.\n",
               ogam::display_path(name), suggestion(name));
    return ogam::kUsage;
  }
  if (verb->run == nullptr) {
    return ogam::run_model_verb(count, arguments);
  }
  const std::vector<std::string> words(arguments + 2, arguments + count);
  return ogam::run_verb(*verb, words);
}

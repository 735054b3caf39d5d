#include "apps/ogam/written_text.h"

#include <fmt/format.h>

#include <cstdio>

#include "apps/ogam/console.h"
#include "apps/ogam/run_verb.h"

namespace ogam {

void WrittenText::show(std::string_view piece) {
  text_ += piece;
  if (!line_.common().json) {
    fmt::print("{}", stdout_is_terminal() ? printable(piece) : std::string(piece));
    std::fflush(stdout);
  }
}

void WrittenText::finish(const GeneratedText& made, const Json& extra) const {
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  if (line_.common().json) {
    Json document = {{"model", writer_.name()},
                     {"licence", writer_.licence()},
                     {"text", made.text},
                     {"finish", finish_reason_name(made.reason)},
                     {"tokens", made.tokens.size()},
                     {"prompt_tokens", made.prompt_tokens},
                     {"reused_tokens", made.reused_tokens},
                     {"seconds", seconds}};
    document.update(extra);
    print_json(document);
    return;
  }
  if (!text_.ends_with('\n')) {
    fmt::print("\n");
    std::fflush(stdout);
  }
  if (line_.common().verbose) {
    fmt::print(stderr, "{}: {} tokens in {:.1f} s; the prompt had {}, of which {} were known.\n",
               writer_.name(), made.tokens.size(), seconds, made.prompt_tokens, made.reused_tokens);
  }
  if (made.reason == FinishReason::length && !line_.common().quiet) {
    fmt::print(stderr,
               "The text ends here because of --max-tokens, or the model's context of {} "
               "tokens.\n",
               writer_.context_length());
  }
}

}  // namespace ogam

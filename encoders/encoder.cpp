#include "encoders/encoder.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "core/base/error.h"

namespace ogam {

void require_known_prompt(std::string_view prompt, std::span<const std::string> known) {
  require(prompt.empty() || prompt == kQueryPrompt || prompt == kDocumentPrompt ||
              std::find(known.begin(), known.end(), prompt) != known.end(),
          ErrorCode::invalid_argument, "there is no prompt '{}'; there are: {}, {}{}{}", prompt,
          kQueryPrompt, kDocumentPrompt, known.empty() ? "" : ", ", fmt::join(known, ", "));
}

}  // namespace ogam

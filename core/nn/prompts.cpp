#include "core/nn/prompts.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "core/base/error.h"

namespace ogam {

void require_known_prompt(std::string_view prompt, std::span<const std::string> known) {
  require(prompt.empty() || prompt == kQueryPrompt || prompt == kDocumentPrompt ||
              std::find(known.begin(), known.end(), prompt) != known.end(),
          ErrorCode::invalid_argument, "there is no prompt '{}'; there are: {}, {}{}{}", prompt,
          kQueryPrompt, kDocumentPrompt, known.empty() ? "" : ", ", fmt::join(known, ", "));
}

Prompts::Prompts(const ConfigReader& config) {
  const auto prompts = config.section("prompts");
  for (const auto& [name, text] : prompts.json().items()) {
    texts_[name] = json_value_or<std::string>(prompts.json(), name, prompts.origin(), "");
  }
  default_name_ = config.text("default_prompt_name", "");
  require(default_name_.empty() || texts_.contains(default_name_), ErrorCode::corrupt_data,
          "{}: \"default_prompt_name\" is '{}', which is none of the prompts", config.origin(),
          default_name_);
}

const std::string& Prompts::text(std::string_view name) const {
  static const std::string kNothing;
  std::vector<std::string> known;
  for (const auto& [own, text] : texts_) {
    known.push_back(own);
  }
  require_known_prompt(name, known);
  std::vector<std::string_view> candidates = {name.empty() ? default_name_ : name};
  if (name == kDocumentPrompt) {
    candidates.insert(candidates.end(), {"passage", "corpus"});
  }
  for (const auto candidate : candidates) {
    if (const auto found = texts_.find(candidate); found != texts_.end()) {
      return found->second;
    }
  }
  return kNothing;
}

}  // namespace ogam

#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "core/nn/config_reader.h"

namespace ogam {

/// What a model writes before a text, by its purpose. Every text encoder takes these names; one
/// whose model has no such prompt writes nothing.
inline constexpr std::string_view kQueryPrompt = "query";        ///< a text that looks for others
inline constexpr std::string_view kDocumentPrompt = "document";  ///< a text that is looked for

/// @param known the model's own prompts, which go beside kQueryPrompt, kDocumentPrompt and none.
/// @throws Error{invalid_argument} listing the prompts when `prompt` is none of them.
void require_known_prompt(std::string_view prompt, std::span<const std::string> known);

/// What is written before a text, by the purpose of the text.
class Prompts {
 public:
  /// Nothing, whatever the purpose.
  Prompts() = default;

  /// Reads `prompts` and `default_prompt_name`.
  /// @param config the content of config_sentence_transformers.json.
  /// @throws Error{corrupt_data}.
  explicit Prompts(const ConfigReader& config);

  /// What is written before a text; empty where the model has no such prompt.
  /// @param name kQueryPrompt, kDocumentPrompt (which some models call "passage" or "corpus"), one
  ///     of the model's own, or empty for its default.
  /// @throws Error{invalid_argument} listing the prompts when it is none of them.
  const std::string& text(std::string_view name) const;

 private:
  std::map<std::string, std::string, std::less<>> texts_;
  std::string default_name_;  // empty for no prompt
};

}  // namespace ogam

#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/base/json.h"
#include "core/text/chat_template.h"

namespace ogam {

/// How conversations with a model are written: its folder's chat template, with the special tokens
/// that the template may read.
class ModelChat {
 public:
  /// Reads `chat_template.jinja`, else the field `chat_template` of tokenizer_config.json (of
  /// several, the one named "default"), else what a GGUF file holds.
  ///
  /// @return nothing when the model has none: it goes on from texts and knows no turns.
  /// @throws Error{corrupt_data, resource_exhausted} for the files, and what ChatTemplate::parse
  ///     throws.
  static std::optional<ModelChat> open(const std::filesystem::path& folder);

  /// The text that asks for the next answer.
  /// @param messages a list of {"role": ..., "content": ...}.
  /// @throws as ChatTemplate::render.
  std::string render(const Json& messages) const;

 private:
  ModelChat(ChatTemplate chat, ChatOptions options)
      : chat_(std::move(chat)), options_(std::move(options)) {}

  ChatTemplate chat_;
  ChatOptions options_;
};

}  // namespace ogam

#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/json.h"

namespace ogam {

namespace jinja {
struct Syntax;
}  // namespace jinja

/// What a chat template is told besides the messages.
struct ChatOptions {
  bool add_generation_prompt = true;
  /// Left to the template when not given.
  std::optional<bool> enable_thinking = {};
  /// A list of objects for retrieval, or null.
  Json documents = nullptr;
  /// Any other names that the template may read, an object: "bos_token", "eos_token",
  /// "date_string".
  Json variables = Json::object();
  /// What `strftime_now` takes for now, as local time.
  std::chrono::system_clock::time_point now = std::chrono::system_clock::now();
};

/// The Jinja text by which a language model's conversations are written, as it comes with the
/// model. Gives what `apply_chat_template(..., tokenize=False)` of transformers gives; see
/// docs/chat_templates.md for what a template may hold. Safe to use from several threads at once.
class ChatTemplate {
 public:
  /// @param origin the file that `text` is from, for errors.
  /// @throws Error{corrupt_data} where it is no template, Error{unsupported} naming what is not
  ///     implemented, Error{resource_exhausted} when it is too large or nests too deep.
  static ChatTemplate parse(std::string_view text, const std::string& origin);

  /// @param messages a list of objects: {"role": "user", "content": ...}.
  /// @param tools a list of the JSON schemas of functions, or null.
  /// @throws Error{invalid_argument} when the template refuses the messages or does not fit them,
  ///     Error{unsupported} naming what is not implemented, Error{resource_exhausted} when the
  ///     template does not come to an end; all with its line.
  std::string render(const Json& messages, const Json& tools = nullptr,
                     const ChatOptions& options = {}) const;

 private:
  ChatTemplate(std::shared_ptr<const jinja::Syntax> syntax, std::string origin)
      : syntax_(std::move(syntax)), origin_(std::move(origin)) {}

  std::shared_ptr<const jinja::Syntax> syntax_;
  std::string origin_;
};

}  // namespace ogam

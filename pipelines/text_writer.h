#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/grammar/grammar.h"
#include "core/text/grammar/token_table.h"
#include "core/text/model_chat.h"
#include "core/text/tokenizer.h"
#include "decoders/text/language_model.h"
#include "decoders/text/text_generation.h"

namespace ogam {

/// A turn of a conversation.
struct ChatTurn {
  std::string role;  ///< "system", "user" or "assistant"
  std::string text;
};

struct WritingRequest {
  std::vector<ChatTurn> turns;                       ///< up to the one that is to be answered
  GenerationConfig generation = {};                  ///< its `constraint` is not used
  std::shared_ptr<const Grammar> grammar = nullptr;  ///< what the answer is kept to; none without
};

/// A language model that answers: its weights, its tokenizer and its way of writing conversations.
///
/// It keeps what it has read, so that the next request is read from where it differs from the last
/// one. A text within a turn that looks like a mark of the conversation ("<|im_end|>") is broken up
/// by a space, so that what is quoted cannot speak for someone else. Answers one request at a time.
class TextWriter {
 public:
  /// What people are told of it.
  struct Label {
    std::string name;
    std::string licence;  ///< "unknown" where it is not known
  };

  /// Loads a model folder; in bfloat16 where its config.json says so, packed weights as they are.
  /// @throws Error{corrupt_data, unsupported, not_found} for its files.
  TextWriter(const std::filesystem::path& folder, Label label);

  const std::string& name() const { return label_.name; }
  const std::string& licence() const { return label_.licence; }
  std::int64_t context_length() const { return model_.config().context_length; }
  /// Whether it has a chat template. A model without one goes on from a single user's turn.
  bool knows_turns() const { return chat_.has_value(); }

  std::int64_t count_tokens(std::string_view text) const;
  /// Tokens of a whole request, the marks of the conversation among them.
  std::int64_t count_tokens(std::span<const ChatTurn> turns) const;

  /// @throws Error{invalid_argument} when the turns leave no room in the context, or the grammar's
  ///     shortest text takes more than max_tokens; Error{unsupported} for several turns or a system
  ///     turn where the model knows none, and for a grammar over a vocabulary that cannot write
  ///     every text; Cancelled.
  GeneratedText write(const WritingRequest& request);

 private:
  Tokenizer::Ids prompt_of(std::span<const ChatTurn> turns) const;
  std::string without_marks(std::string text) const;

  Label label_;
  LanguageModel model_;
  Tokenizer tokenizer_;
  std::optional<ModelChat> chat_;
  std::vector<std::string> marks_;           // texts of the special tokens
  std::vector<std::string> token_bytes_;     // until there is a table
  std::shared_ptr<const TokenTable> table_;  // made for the first grammar
  TextGenerator generator_;
};

/// The name that stands for no language model.
constexpr const char* kNoWriter = "none";

/// Opens the language model that a person names: a pack with the task "text-generation" (its name
/// or folder), a GGUF file, a model folder, or an id in the hub's cache. Empty: the first installed
/// pack of "writer" and "writer-small".
///
/// @return null for "none", and for an empty name where neither pack is installed.
/// @throws Error{unavailable} naming the command that brings or mends it; Error{corrupt_data,
///     unsupported} for a file or folder that is no language model.
std::unique_ptr<TextWriter> open_writer(const std::string& name);

}  // namespace ogam

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/cancellation.h"
#include "core/text/tokenizer.h"
#include "decoders/text/language_model.h"
#include "decoders/text/sampling.h"
#include "decoders/text/token_constraint.h"

namespace ogam {

/// What a text is generated under.
struct GenerationConfig {
  SamplingConfig sampling = {};
  std::int64_t max_tokens = 256;  ///< of the text; the model's context may hold fewer
  /// The text ends before the first of these, wherever tokens begin and end.
  std::vector<std::string> stop = {};
  TokenConstraint* constraint = nullptr;  ///< what limits the tokens; none without it
  /// Is given the text piece by piece as it comes, whole characters alone; together they are the
  /// text.
  std::function<void(std::string_view)> on_text = {};
  CancellationToken cancellation = {};
};

enum class FinishReason {
  end,         ///< the model ended the text
  stop,        ///< a stop string came
  constraint,  ///< the constraint lets nothing follow
  length,      ///< max_tokens, or the context is full
};

/// "end", "stop", ...: the names used in JSON.
const char* finish_reason_name(FinishReason reason);

struct GeneratedText {
  std::string text;
  Tokenizer::Ids tokens;  ///< all that were generated, without the one that ends a text
  FinishReason reason = FinishReason::end;
  std::int64_t prompt_tokens = 0;
  std::int64_t reused_tokens = 0;  ///< of the prompt: those that the model had read before
};

/// A prompt that holds more than words.
struct EmbeddedPrompt {
  Tokenizer::Ids ids;     ///< the token of each slot: of what is seen, the one that stands for it
  EmbeddedTokens tokens;  ///< with B = 1
  /// What each slot holds, the same for the same: two prompts whose keys begin alike begin alike.
  std::vector<std::uint64_t> keys;
};

/// Generates text with a language model, one text at a time. It keeps what the model has read, so
/// that the next prompt is read from where it differs from the last prompt and its text: questions
/// on one long text cost its reading once.
class TextGenerator {
 public:
  /// Both must outlive the generator.
  TextGenerator(const LanguageModel& model, const Tokenizer& tokenizer)
      : model_(&model), tokenizer_(&tokenizer) {}

  /// Goes on from `prompt`, the ids of at least one token.
  /// @throws Error{invalid_argument} when the prompt is empty, holds an id that is none or leaves
  /// no
  ///     room in the context, and for values in `config` that make no sense; Error{corrupt_data}
  ///     when logits are not numbers; Cancelled.
  GeneratedText generate(std::span<const std::int32_t> prompt, const GenerationConfig& config);
  GeneratedText generate(const EmbeddedPrompt& prompt, const GenerationConfig& config);

 private:
  /// Tokens to be read.
  struct Tokens {
    std::span<const std::int32_t> ids;
    std::span<const std::uint64_t> keys;
    const EmbeddedTokens* embedded = nullptr;  // null: those of the ids
  };
  GeneratedText generate(const Tokens& prompt, const GenerationConfig& config);
  std::vector<float> read(const Tokens& tokens, std::int64_t start,
                          const CancellationToken& cancellation);
  std::int64_t rewind(std::span<const std::uint64_t> keys);
  void make_room(std::int64_t tokens);

  const LanguageModel* model_;
  const Tokenizer* tokenizer_;
  std::optional<LanguageModelCache> cache_;
  std::vector<std::uint64_t> held_;  // the keys of the tokens in the cache
};

}  // namespace ogam

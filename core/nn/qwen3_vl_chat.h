#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/nn/prompts.h"
#include "core/nn/qwen3_vl_config.h"
#include "core/nn/qwen3_vl_text.h"
#include "core/nn/sentence_modules.h"
#include "core/tensor/checkpoint.h"
#include "core/text/tokenizer.h"

namespace ogam {

/// The instruction as the model was trained to read it: without spaces around it, and with a full
/// stop where it ends without punctuation.
std::string close_instruction(std::string_view instruction);

/// What the system of a Qwen3-VL-Embedding is told: the folder's own prompt, closed, and where it
/// says nothing "Represent the user's input.", or "Retrieve images or text relevant to the user's
/// query." for a query.
/// @param prompt as in Prompts::text.
/// @throws Error{invalid_argument} likewise.
std::string qwen3_vl_instruction(const Prompts& prompts, std::string_view prompt);

/// What stands in the text where there is nothing.
inline constexpr std::string_view kQwen3VlNothing = "NULL";

/// What makes a vector of the last token of a Qwen3-VL-Embedding.
/// @throws Error{corrupt_data}; Error{unsupported} for another pooling, and for vectors that are
///     cut to fewer values than the model was trained for.
SentenceModules qwen3_vl_modules(Checkpoint& checkpoint, std::int64_t hidden_size);

/// A text in which tokens of what is seen have their places.
struct Qwen3VlTokens {
  std::vector<std::int64_t> ids;
  std::vector<VisualSpan> spans;  ///< one for each place, in order
};

/// Writes conversations down as Qwen3-VL was trained to read them. Source: the chat template and
/// `Qwen3VLProcessor` of the published models.
class Qwen3VlChatText {
 public:
  /// @param folder of the model, with its tokenizer.
  /// @throws Error{corrupt_data} when the tokenizer has other ids than the configuration,
  ///     Error{unsupported} when it adds tokens elsewhere than at the end.
  Qwen3VlChatText(const std::filesystem::path& folder, const Qwen3VlConfig& config);

  /// The conversation up to what the user says and shows, and what comes after that.
  static std::string before_user(std::string_view system);
  static std::string_view after_user();

  /// The place of a picture.
  static std::string picture();
  /// The place of a moment of a video, and when that is: "<1.5 seconds>".
  static std::string moment(double seconds);

  /// The tokens of a text, without those at the end of every text.
  /// @param places what is seen at each place of the text: its rows and columns of tokens.
  /// @throws Error{invalid_argument} when the text has more places than there are.
  Qwen3VlTokens read(std::string_view text, std::span<const VisualSpan> places) const;

  /// What the tokenizer puts at the end of every text.
  const Tokenizer::Ids& ends() const { return ends_; }
  const Tokenizer& tokenizer() const { return tokenizer_; }

 private:
  Tokenizer tokenizer_;
  std::int64_t image_token_id_;
  std::int64_t video_token_id_;
  Tokenizer::Ids ends_;
};

}  // namespace ogam

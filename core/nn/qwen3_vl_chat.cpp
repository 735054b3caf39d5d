#include "core/nn/qwen3_vl_chat.h"

#include <fmt/format.h>

#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/text/unicode.h"

namespace ogam {

namespace {

constexpr std::string_view kDefaultInstruction = "Represent the user's input.";
constexpr std::string_view kQueryInstruction =
    "Retrieve images or text relevant to the user's query.";
constexpr std::int64_t kMinDimension = 64;
constexpr const char* kVisionStart = "<|vision_start|>";
constexpr const char* kVisionEnd = "<|vision_end|>";
constexpr const char* kImagePad = "<|image_pad|>";
constexpr const char* kVideoPad = "<|video_pad|>";

/// A category Punctuation; `is_punctuation` counts signs of ASCII too.
bool closes(char32_t code_point) {
  constexpr std::u32string_view kSigns = U"$+<=>^`|~";
  return is_punctuation(code_point) && kSigns.find(code_point) == std::u32string_view::npos;
}

}  // namespace

std::string close_instruction(std::string_view instruction) {
  const std::string repaired = repair_utf8(instruction);
  std::string_view closed = repaired;
  while (!closed.empty() && is_white_space(first_character(closed).code_point)) {
    closed.remove_prefix(first_character(closed).size);
  }
  while (!closed.empty() && is_white_space(last_character(closed).code_point)) {
    closed.remove_suffix(last_character(closed).size);
  }
  const bool open = !closed.empty() && !closes(last_character(closed).code_point);
  return std::string(closed) + (open ? "." : "");
}

std::string qwen3_vl_instruction(const Prompts& prompts, std::string_view prompt) {
  const auto closed = close_instruction(prompts.text(prompt));
  if (!closed.empty()) {
    return closed;
  }
  return std::string(prompt == kQueryPrompt ? kQueryInstruction : kDefaultInstruction);
}

SentenceModules qwen3_vl_modules(Checkpoint& checkpoint, std::int64_t hidden_size) {
  SentenceModules modules(
      checkpoint,
      {.hidden_size = hidden_size, .pooling_mode = "lasttoken", .min_dimension = kMinDimension});
  require(modules.pooling().takes_last_token(), ErrorCode::unsupported,
          "{}: only the last token's state is implemented as the vector",
          display_path(checkpoint.folder()));
  require(modules.dimension() == hidden_size || modules.dimension() >= kMinDimension,
          ErrorCode::unsupported,
          "{}: vectors cut to {} values; the model was trained for no fewer than {}",
          display_path(checkpoint.folder()), modules.dimension(), kMinDimension);
  return modules;
}

Qwen3VlChatText::Qwen3VlChatText(const std::filesystem::path& folder, const Qwen3VlConfig& config)
    : tokenizer_(folder),
      image_token_id_(config.image_token_id),
      video_token_id_(config.video_token_id),
      ends_(tokenizer_.encode({})) {
  for (const auto& [token, id] : {std::pair{kImagePad, config.image_token_id},
                                  {kVideoPad, config.video_token_id},
                                  {kVisionStart, config.vision_start_token_id},
                                  {kVisionEnd, config.vision_end_token_id}}) {
    require(tokenizer_.token_id(token) == id, ErrorCode::corrupt_data,
            "{}: config.json gives the token {} the id {}, and the tokenizer another",
            display_path(folder), token, id);
  }
  require(tokenizer_.vocabulary_size() <= config.text.vocab_size, ErrorCode::corrupt_data,
          "{}: the tokenizer has ids up to {}, and the model a vocabulary of {}",
          display_path(folder), tokenizer_.vocabulary_size() - 1, config.text.vocab_size);
  auto ended = tokenizer_.encode(kImagePad, {.add_special_tokens = false});
  ended.insert(ended.end(), ends_.begin(), ends_.end());
  require(ended == tokenizer_.encode(kImagePad), ErrorCode::unsupported,
          "{}: the tokenizer adds tokens elsewhere than at the end", display_path(folder));
}

std::string Qwen3VlChatText::before_user(std::string_view system) {
  return fmt::format("<|im_start|>system\n{}<|im_end|>\n<|im_start|>user\n", system);
}

std::string_view Qwen3VlChatText::after_user() { return "<|im_end|>\n<|im_start|>assistant\n"; }

std::string Qwen3VlChatText::picture() {
  return fmt::format("{}{}{}", kVisionStart, kImagePad, kVisionEnd);
}

std::string Qwen3VlChatText::moment(double seconds) {
  return fmt::format("<{:.1f} seconds>{}{}{}", seconds, kVisionStart, kVideoPad, kVisionEnd);
}

Qwen3VlTokens Qwen3VlChatText::read(std::string_view text,
                                    std::span<const VisualSpan> places) const {
  Qwen3VlTokens tokens;
  for (const std::int64_t id : tokenizer_.encode(text, {.add_special_tokens = false})) {
    std::int64_t count = 1;
    if (id == image_token_id_ || id == video_token_id_) {
      require(tokens.spans.size() < places.size(), ErrorCode::invalid_argument,
              "a text holds {} or {}, which stand for media", kImagePad, kVideoPad);
      auto& span = tokens.spans.emplace_back(places[tokens.spans.size()]);
      span.start = static_cast<std::int64_t>(tokens.ids.size());
      count = span.rows * span.columns;
    }
    tokens.ids.insert(tokens.ids.end(), count, id);
  }
  return tokens;
}

}  // namespace ogam

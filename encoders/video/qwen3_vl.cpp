#include "encoders/video/qwen3_vl.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <memory>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/text/unicode.h"

namespace ogam {

namespace {

constexpr std::string_view kDefaultInstruction = "Represent the user's input.";
constexpr std::string_view kQueryInstruction =
    "Retrieve images or text relevant to the user's query.";
/// What stands where there is nothing.
constexpr std::string_view kNothing = "NULL";
constexpr std::int64_t kMinDimension = 64;
constexpr Qwen3VlLimit kLimit = {.max_tokens = 8192};

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

Qwen3Vl::Qwen3Vl(Checkpoint& checkpoint)
    : model_(checkpoint),
      reader_(checkpoint.folder(), model_.config()),
      modules_(checkpoint,
               {.hidden_size = model_.config().text.hidden_size, .pooling_mode = "lasttoken"}) {
  checkpoint.weights().ignore("lm_head");
  require(modules_.pooling().takes_last_token(), ErrorCode::unsupported,
          "{}: only the last token's state is implemented as the vector",
          display_path(checkpoint.folder()));
  const auto hidden = model_.config().text.hidden_size;
  require(modules_.dimension() == hidden || modules_.dimension() >= kMinDimension,
          ErrorCode::unsupported,
          "{}: vectors cut to {} values; the model was trained for no fewer than {}",
          display_path(checkpoint.folder()), modules_.dimension(), kMinDimension);
}

std::vector<EncoderOutputInfo> Qwen3Vl::outputs() const {
  return {{.name = "embedding", .dimension = static_cast<int>(modules_.dimension())}};
}

VideoSampling Qwen3Vl::sampling() const { return Qwen3VlReader::sampling(); }

std::string Qwen3Vl::instruction(std::string_view prompt) const {
  const auto closed = close_instruction(modules_.prompts().text(prompt));
  if (!closed.empty()) {
    return closed;
  }
  return std::string(prompt == kQueryPrompt ? kQueryInstruction : kDefaultInstruction);
}

std::vector<EncoderOutput> Qwen3Vl::encode(std::span<const std::string> texts,
                                           std::string_view prompt) const {
  std::vector<Qwen3VlContent> contents;
  contents.reserve(texts.size());
  for (const std::string& text : texts) {
    contents.emplace_back(text.empty() ? kNothing : std::string_view(text));
  }
  return embed(contents, instruction(prompt));
}

std::vector<EncoderOutput> Qwen3Vl::encode(std::span<const Image> images) const {
  std::vector<Qwen3VlContent> contents;
  contents.reserve(images.size());
  for (const Image& image : images) {
    contents.emplace_back(&image);
  }
  return embed(contents, instruction({}));
}

std::vector<EncoderOutput> Qwen3Vl::encode(std::span<const VideoClip> clips) const {
  std::vector<Qwen3VlContent> contents;
  contents.reserve(clips.size());
  for (const VideoClip& clip : clips) {
    contents.emplace_back(&clip);
  }
  return embed(contents, instruction({}));
}

std::vector<EncoderOutput> Qwen3Vl::embed(std::span<const Qwen3VlContent> contents,
                                          const std::string& instruction) const {
  const c10::InferenceMode inference;
  std::vector<Qwen3VlChat> chats;
  chats.reserve(contents.size());
  for (const Qwen3VlContent& content : contents) {
    chats.push_back({.system = instruction, .user = {content}});
  }
  const auto states = last_states(model_, reader_, chats, kLimit).unsqueeze(1);  // [N, 1, D]
  return {{.name = "embedding",
           .vectors = modules_(states, at::ones({states.size(0), 1}), /*prompt_tokens=*/0)}};
}

Encoders make_qwen3_vl(Checkpoint& checkpoint) {
  const auto model = std::make_shared<const Qwen3Vl>(checkpoint);
  return {.text = model, .image = model, .video = model};
}

}  // namespace ogam

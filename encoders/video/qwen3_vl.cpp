#include "encoders/video/qwen3_vl.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <memory>

#include "core/nn/qwen3_vl_chat.h"

namespace ogam {

namespace {

constexpr Qwen3VlLimit kLimit = {.max_tokens = 8192};

}  // namespace

Qwen3Vl::Qwen3Vl(Checkpoint& checkpoint)
    : model_(checkpoint),
      reader_(checkpoint.folder(), model_.config()),
      modules_(qwen3_vl_modules(checkpoint, model_.config().text.hidden_size)) {
  checkpoint.weights().ignore("lm_head");
}

std::vector<EncoderOutputInfo> Qwen3Vl::outputs() const {
  return {{.name = "embedding",
           .dimension = static_cast<int>(modules_.dimension()),
           .min_dimension = static_cast<int>(modules_.min_dimension())}};
}

VideoSampling Qwen3Vl::sampling() const { return Qwen3VlReader::sampling(); }

std::vector<EncoderOutput> Qwen3Vl::encode(std::span<const std::string> texts,
                                           std::string_view prompt) const {
  std::vector<Qwen3VlContent> contents;
  contents.reserve(texts.size());
  for (const std::string& text : texts) {
    contents.emplace_back(text.empty() ? kQwen3VlNothing : std::string_view(text));
  }
  return embed(contents, qwen3_vl_instruction(modules_.prompts(), prompt));
}

std::vector<EncoderOutput> Qwen3Vl::encode(std::span<const Image> images) const {
  std::vector<Qwen3VlContent> contents;
  contents.reserve(images.size());
  for (const Image& image : images) {
    contents.emplace_back(&image);
  }
  return embed(contents, qwen3_vl_instruction(modules_.prompts(), {}));
}

std::vector<EncoderOutput> Qwen3Vl::encode(std::span<const VideoClip> clips) const {
  std::vector<Qwen3VlContent> contents;
  contents.reserve(clips.size());
  for (const VideoClip& clip : clips) {
    contents.emplace_back(&clip);
  }
  return embed(contents, qwen3_vl_instruction(modules_.prompts(), {}));
}

TowerTokens Qwen3Vl::image_tokens(const Image& image) const {
  const c10::InferenceMode inference;
  constexpr Time kNow = 0;
  return see(model_.visual(), reader_.cut(image), {&kNow, 1});
}

TowerTokens Qwen3Vl::clip_tokens(const VideoClip& clip) const {
  const c10::InferenceMode inference;
  return see(model_.visual(), reader_.cut(clip), reader_.moments(clip));
}

at::Tensor Qwen3Vl::text_tokens(std::string_view text) const {
  const c10::InferenceMode inference;
  return model_.language_model().embed(
      at::tensor(reader_.read(text.empty() ? kQwen3VlNothing : text), at::kLong));
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

#include "encoders/video/qwen3_vl_reader.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <span>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/time.h"

namespace ogam {

namespace {

constexpr const char* kVisionStart = "<|vision_start|>";
constexpr const char* kVisionEnd = "<|vision_end|>";
constexpr const char* kImagePad = "<|image_pad|>";
constexpr const char* kVideoPad = "<|video_pad|>";
constexpr std::int64_t kMaxBatchTokens = 4096;
constexpr std::size_t kMaxBatchSequences = 8;

/// "<1.5 seconds>" and the place of a moment's tokens, for each moment of a clip.
std::string announce_moments(const VideoClip& clip, std::int64_t frames_of_moment) {
  const auto frames = static_cast<std::int64_t>(clip.frames.size());
  std::string text;
  for (std::int64_t first = 0; first < frames; first += frames_of_moment) {
    // The last frame stands for those that are missing, with its time.
    const auto last = std::min(first + frames_of_moment, frames) - 1;
    const auto mean = (to_seconds(clip.times[first]) + to_seconds(clip.times[last])) / 2;
    text += fmt::format("<{:.1f} seconds>{}{}{}", mean, kVisionStart, kVideoPad, kVisionEnd);
  }
  return text;
}

void check(const VideoClip& clip) {
  require(!clip.frames.empty() && clip.frames.size() == clip.times.size(),
          ErrorCode::invalid_argument, "a clip of {} frames with {} times", clip.frames.size(),
          clip.times.size());
  require(clip.frames.size() <= Qwen3VlReader::kMaxFrames, ErrorCode::invalid_argument,
          "a clip of {} frames; the model takes at most {}", clip.frames.size(),
          Qwen3VlReader::kMaxFrames);
}

/// Writes what stands in the text for each content, and cuts media up.
class ContentWriter {
 public:
  ContentWriter(const Qwen3VlVisionConfig& config, const VisualValues& values, std::string& text,
                std::vector<VisualPatches>& media)
      : config_(config), values_(values), text_(text), media_(media) {}

  void operator()(std::string_view text) const { text_ += text; }
  void operator()(const Image* image) const {
    media_.push_back(cut_picture(*image, config_, values_.picture));
    text_ += fmt::format("{}{}{}", kVisionStart, kImagePad, kVisionEnd);
  }
  void operator()(const VideoClip* clip) const {
    check(*clip);
    media_.push_back(cut_frames(clip->frames, config_, values_.frame));
    text_ += announce_moments(*clip, config_.temporal_patch_size);
  }

 private:
  const Qwen3VlVisionConfig& config_;
  const VisualValues& values_;
  std::string& text_;
  std::vector<VisualPatches>& media_;
};

}  // namespace

Qwen3VlReader::Qwen3VlReader(const std::filesystem::path& folder, const Qwen3VlConfig& config)
    : tokenizer_(folder),
      image_token_id_(config.image_token_id),
      video_token_id_(config.video_token_id),
      vision_(config.vision),
      values_(VisualValues::read(folder)),
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

Qwen3VlSequence Qwen3VlReader::read(const Qwen3VlChat& chat, const Qwen3VlLimit& limit) const {
  Qwen3VlSequence sequence;
  std::string text =
      fmt::format("<|im_start|>system\n{}<|im_end|>\n<|im_start|>user\n", chat.system);
  for (const Qwen3VlContent& content : chat.user) {
    std::visit(ContentWriter(vision_, values_, text, sequence.media), content);
  }
  text += "<|im_end|>\n<|im_start|>assistant\n";

  std::vector<VisualSpan> moments;
  for (const VisualPatches& medium : sequence.media) {
    const auto merge = vision_.spatial_merge_size;
    moments.insert(moments.end(), medium.grid.frames,
                   {.rows = medium.grid.rows / merge, .columns = medium.grid.columns / merge});
  }
  auto& ids = sequence.ids;
  for (const std::int64_t id : tokenizer_.encode(text, {.add_special_tokens = false})) {
    std::int64_t count = 1;
    if (id == image_token_id_ || id == video_token_id_) {
      require(sequence.spans.size() < moments.size(), ErrorCode::invalid_argument,
              "a text holds {} or {}, which stand for media", kImagePad, kVideoPad);
      auto& span = sequence.spans.emplace_back(moments[sequence.spans.size()]);
      span.start = static_cast<std::int64_t>(ids.size());
      count = span.rows * span.columns;
    }
    ids.insert(ids.end(), count, id);
  }
  cut(sequence, limit);
  return sequence;
}

void Qwen3VlReader::cut(Qwen3VlSequence& sequence, const Qwen3VlLimit& limit) const {
  auto& ids = sequence.ids;
  const auto room = limit.max_tokens - static_cast<std::int64_t>(ends_.size());
  const auto excess = static_cast<std::int64_t>(ids.size()) - room;
  if (excess > 0) {
    const auto kept = room - limit.kept_at_end;
    for (const VisualSpan& span : sequence.spans) {
      require(span.start + span.rows * span.columns <= kept, ErrorCode::invalid_argument,
              "text and media of {} tokens; the model takes at most {}, and media are not cut off",
              ids.size(), room);
    }
    ids.erase(ids.begin() + kept, ids.begin() + kept + excess);
  }
  ids.insert(ids.end(), ends_.begin(), ends_.end());
}

namespace {

/// About how many tokens a conversation has; for sorting.
struct Weight {
  std::size_t operator()(std::string_view text) const { return text.size() / 4; }
  std::size_t operator()(const Image* image) const { return pixels(*image); }
  std::size_t operator()(const VideoClip* clip) const {
    return clip->frames.empty() ? 0 : clip->frames.size() * pixels(clip->frames.front());
  }

 private:
  static std::size_t pixels(const Image& image) { return image.pixels.size() / 3 / 1024; }
};

std::size_t weight(const Qwen3VlChat& chat) {
  return std::transform_reduce(
      chat.user.begin(), chat.user.end(), std::size_t{0}, std::plus<>(),
      [](const Qwen3VlContent& content) { return std::visit(Weight(), content); });
}

}  // namespace

at::Tensor last_states(const Qwen3VlModel& model, const Qwen3VlReader& reader,
                       std::span<const Qwen3VlChat> chats, const Qwen3VlLimit& limit) {
  // Sequences of about one length side by side, so that little is computed for padding.
  std::vector<std::size_t> order(chats.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return weight(chats[a]) < weight(chats[b]);
  });
  std::vector<at::Tensor> states = {model.last_states({})};
  std::vector<Qwen3VlSequence> batch;
  std::int64_t longest = 0;
  const auto flush = [&] {
    states.push_back(model.last_states(batch));
    batch.clear();
    longest = 0;
  };
  for (const std::size_t index : order) {
    auto sequence = reader.read(chats[index], limit);
    const auto length = static_cast<std::int64_t>(sequence.ids.size());
    const auto padded = static_cast<std::int64_t>(batch.size() + 1) * std::max(longest, length);
    if (!batch.empty() && (batch.size() == kMaxBatchSequences || padded > kMaxBatchTokens)) {
      flush();
    }
    longest = std::max(longest, length);
    batch.push_back(std::move(sequence));
  }
  if (!batch.empty()) {
    flush();
  }
  const auto sorted = at::cat(states);
  auto rows = at::empty({static_cast<std::int64_t>(order.size())}, at::kLong);
  for (std::size_t i = 0; i < order.size(); ++i) {
    rows[static_cast<std::int64_t>(order[i])] = static_cast<std::int64_t>(i);
  }
  return sorted.index_select(0, rows);
}

}  // namespace ogam

#include "encoders/video/qwen3_vl_reader.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <span>
#include <utility>

#include "core/base/error.h"
#include "core/base/time.h"
#include "encoders/video/qwen_clips.h"

namespace ogam {

namespace {

constexpr std::int64_t kMaxBatchTokens = 4096;
constexpr std::size_t kMaxBatchSequences = 8;

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
  ContentWriter(const Qwen3VlReader& reader, std::string& text, std::vector<VisualPatches>& media)
      : reader_(reader), text_(text), media_(media) {}

  void operator()(std::string_view text) const { text_ += text; }
  void operator()(const Image* image) const {
    media_.push_back(reader_.cut(*image));
    text_ += Qwen3VlChatText::picture();
  }
  void operator()(const VideoClip* clip) const {
    media_.push_back(reader_.cut(*clip));
    for (const Time time : reader_.moments(*clip)) {
      text_ += Qwen3VlChatText::moment(to_seconds(time));
    }
  }

 private:
  const Qwen3VlReader& reader_;
  std::string& text_;
  std::vector<VisualPatches>& media_;
};

}  // namespace

Qwen3VlReader::Qwen3VlReader(const std::filesystem::path& folder, const Qwen3VlConfig& config)
    : text_(folder, config),
      vision_(config.vision),
      values_(VisualValues::read(folder, config.vision)) {}

VisualPatches Qwen3VlReader::cut(const Image& image) const {
  return cut_picture(image, vision_, values_.picture);
}

VisualPatches Qwen3VlReader::cut(const VideoClip& clip) const {
  check(clip);
  return cut_frames(clip.frames, vision_, values_.frame);
}

std::vector<Time> Qwen3VlReader::moments(const VideoClip& clip) const {
  return moment_times(clip.times, vision_.temporal_patch_size);
}

std::vector<std::int64_t> Qwen3VlReader::read(std::string_view text) const {
  return text_.read(text, {}).ids;
}

Qwen3VlSequence Qwen3VlReader::read(const Qwen3VlChat& chat, const Qwen3VlLimit& limit) const {
  Qwen3VlSequence sequence;
  std::string text = Qwen3VlChatText::before_user(chat.system);
  for (const Qwen3VlContent& content : chat.user) {
    std::visit(ContentWriter(*this, text, sequence.media), content);
  }
  text += Qwen3VlChatText::after_user();

  std::vector<VisualSpan> moments;
  for (const VisualPatches& medium : sequence.media) {
    const auto merge = vision_.spatial_merge_size;
    moments.insert(moments.end(), medium.grid.frames,
                   {.rows = medium.grid.rows / merge, .columns = medium.grid.columns / merge});
  }
  auto tokens = text_.read(text, moments);
  sequence.ids = std::move(tokens.ids);
  sequence.spans = std::move(tokens.spans);
  shorten(sequence, limit);
  return sequence;
}

void Qwen3VlReader::shorten(Qwen3VlSequence& sequence, const Qwen3VlLimit& limit) const {
  auto& ids = sequence.ids;
  const auto room = limit.max_tokens - std::ssize(text_.ends());
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
  ids.insert(ids.end(), text_.ends().begin(), text_.ends().end());
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

#include "fusion/qwen3_vl.h"

#include <ATen/ATen.h>

#include <utility>

#include "core/base/error.h"

namespace ogam {

namespace {

/// Places of the order of Qwen3VlFusion's towers.
constexpr std::size_t kImage = 0;
constexpr std::size_t kVideo = 1;
constexpr std::size_t kText = 2;

/// What is seen at each moment of a tower.
std::vector<VisualSpan> places_of(const TowerEmbeddings& tower,
                                  std::span<const FusionMoment> moments) {
  std::vector<VisualSpan> places;
  for (const FusionMoment& moment : moments) {
    require(tower.columns > 0 && moment.rows % tower.columns == 0, ErrorCode::invalid_argument,
            "the tower '{}' must say how many columns its tokens lie in: {} tokens at {} do not "
            "make lines of {}",
            tower.tower, moment.rows, format_time(moment.time), tower.columns);
    places.push_back({.rows = moment.rows / tower.columns, .columns = tower.columns});
  }
  return places;
}

/// The indices of the tokens of spans.
at::Tensor indices_of(std::span<const VisualSpan> spans) {
  std::vector<at::Tensor> indices = {at::empty({0}, at::kLong)};
  for (const VisualSpan& span : spans) {
    indices.push_back(at::arange(span.start, span.start + span.rows * span.columns));
  }
  return at::cat(indices);
}

}  // namespace

Qwen3VlFusion::Qwen3VlFusion(Checkpoint& checkpoint)
    : config_(Qwen3VlConfig::parse(checkpoint.config(), checkpoint.origin())),
      text_(checkpoint.folder(), config_),
      model_(config_.text, qwen3_vl_weights(checkpoint).scope("language_model")),
      modules_(qwen3_vl_modules(checkpoint, config_.text.hidden_size)),
      instruction_(qwen3_vl_instruction(modules_.prompts(), {})) {
  qwen3_vl_weights(checkpoint).ignore("visual");
  checkpoint.weights().ignore("lm_head");
  const auto size = config_.text.hidden_size;
  const auto levels = std::ssize(config_.vision.deepstack_visual_indexes);
  towers_ = {{"image", (1 + levels) * size}, {"video", (1 + levels) * size}, {"text", size}};
}

FusedSegment Qwen3VlFusion::fuse_segment(const FusionSegment& segment, const Given& given) const {
  const auto size = config_.text.hidden_size;
  std::string shown;
  std::vector<VisualSpan> places;
  std::vector<at::Tensor> seen;  // [N, (1 + levels) * size]
  std::vector<Time> times;
  for (const auto tower : {kImage, kVideo, kText}) {
    if (given[tower] == nullptr) {
      continue;
    }
    times.insert(times.end(), given[tower]->times.begin(), given[tower]->times.end());
    if (tower == kText) {
      continue;
    }
    const auto moments = moments_of(*given[tower]);
    for (const FusionMoment& moment : moments) {
      shown += tower == kImage
                   ? Qwen3VlChatText::picture()
                   : Qwen3VlChatText::moment(to_seconds(since_start(segment, moment.time)));
    }
    const auto of_tower = places_of(*given[tower], moments);
    places.insert(places.end(), of_tower.begin(), of_tower.end());
    seen.push_back(given[tower]->vectors);
  }
  if (times.empty()) {
    return nothing_fused(dimension(), size);
  }

  const auto before = text_.read(Qwen3VlChatText::before_user(instruction_) + shown, places);
  auto after = text_.read(Qwen3VlChatText::after_user(), {}).ids;
  after.insert(after.end(), text_.ends().begin(), text_.ends().end());
  auto embeddings = model_.embed(at::tensor(before.ids, at::kLong));
  const auto precision = embeddings.scalar_type();
  const auto visual = indices_of(before.spans);
  std::vector<at::Tensor> levels;  // the tokens, then each level of features
  if (!seen.empty()) {
    levels = at::cat(seen).to(precision).split(size, 1);
    embeddings = embeddings.index_copy(0, visual, levels.front());
  }
  const auto first_word = embeddings.size(0);
  const auto words = given[kText] == nullptr ? at::empty({0, size}, embeddings.options())
                                             : given[kText]->vectors.to(precision);
  embeddings = at::cat({embeddings, words, model_.embed(at::tensor(after, at::kLong))});
  require_relatable(embeddings.size(0));

  const auto states =
      model_({.embeddings = embeddings.unsqueeze(0),
              .positions = multimodal_positions(embeddings.size(0), before.spans).unsqueeze(1),
              .visual_tokens = visual,
              .deepstack = seen.empty() ? std::span<const at::Tensor>()
                                        : std::span(levels).subspan(1)});  // [1, T, size]
  const auto inputs = at::cat({visual, at::arange(first_word, first_word + words.size(0))});
  const auto last = states.narrow(1, states.size(1) - 1, 1);
  return {modules_(last, at::ones({1, 1}), /*prompt_tokens=*/0)[0],
          states[0].index_select(0, inputs).to(at::kFloat), std::move(times)};
}

}  // namespace ogam

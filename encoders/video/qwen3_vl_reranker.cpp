#include "encoders/video/qwen3_vl_reranker.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <cmath>
#include <string>

#include "core/base/error.h"
#include "core/base/files.h"

namespace ogam {

namespace {

constexpr std::string_view kSystem =
    "Judge whether the Document meets the requirements based on the Query and the Instruct "
    "provided. Note that the answer can only be \"yes\" or \"no\".";
constexpr std::string_view kInstruction =
    "Given a search query, retrieve relevant candidates that answer the query.";
/// The end of the user's turn and the beginning of the answer, five tokens, always stay.
constexpr Qwen3VlLimit kLimit = {.max_tokens = 10240 + 5, .kept_at_end = 5};

/// A candidate as a part of the conversation.
struct AsContent {
  Qwen3VlContent operator()(const std::string& text) const {
    return text.empty() ? kQwen3VlNothing : std::string_view(text);
  }
  Qwen3VlContent operator()(const Image& image) const { return &image; }
  Qwen3VlContent operator()(const VideoClip& clip) const { return &clip; }
};

std::int64_t id_of(const Tokenizer& tokenizer, const char* word, const Checkpoint& checkpoint) {
  const auto id = tokenizer.token_id(word);
  require(id.has_value(), ErrorCode::corrupt_data,
          "{}: the tokenizer has no token '{}', between which and another a reranker decides",
          display_path(checkpoint.folder()), word);
  return *id;
}

}  // namespace

Qwen3VlReranker::Qwen3VlReranker(Checkpoint& checkpoint)
    : model_(checkpoint), reader_(checkpoint.folder(), model_.config()) {
  const auto rows = head_rows(checkpoint).to(at::kFloat);
  direction_ = rows[0] - rows[1];
}

/// The head's rows of the words yes and no: [2, D].
at::Tensor Qwen3VlReranker::head_rows(Checkpoint& checkpoint) const {
  const auto ids = at::tensor(
      {id_of(reader_.tokenizer(), "yes", checkpoint), id_of(reader_.tokenizer(), "no", checkpoint)},
      at::kLong);
  const auto& config = model_.config();
  if (config.tie_word_embeddings) {
    checkpoint.weights().ignore("lm_head");  // some files hold it a second time
    return model_.language_model().embed(ids);
  }
  const Embedding head(
      checkpoint.weights("lm_head."),
      {.count = config.text.vocab_size, .size = config.text.hidden_size, .as_stored = true});
  return head(ids);
}

VideoSampling Qwen3VlReranker::sampling() const { return Qwen3VlReader::sampling(); }

std::vector<double> Qwen3VlReranker::score(const RerankQuery& query,
                                           std::span<const RerankCandidate> candidates) const {
  const c10::InferenceMode inference;
  const std::string instruction =
      "<Instruct>: " + (query.instruction.empty() ? std::string(kInstruction) : query.instruction);
  std::vector<Qwen3VlChat> chats;
  for (const RerankCandidate& candidate : candidates) {
    chats.push_back({.system = kSystem,
                     .user = {instruction, "<Query>:", AsContent()(query.text),
                              "\n<Document>:", std::visit(AsContent(), candidate)}});
  }
  const auto states = last_states(model_, reader_, chats, kLimit);  // [N, D]
  const auto log_odds = at::mv(states.to(at::kFloat), direction_);
  std::vector<double> scores;
  for (std::int64_t i = 0; i < log_odds.size(0); ++i) {
    scores.push_back(1 / (1 + std::exp(-log_odds[i].item<double>())));
  }
  return scores;
}

std::unique_ptr<Reranker> make_qwen3_vl_reranker(Checkpoint& checkpoint) {
  return std::make_unique<Qwen3VlReranker>(checkpoint);
}

}  // namespace ogam

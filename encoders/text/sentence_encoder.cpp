#include "encoders/text/sentence_encoder.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

namespace ogam {

namespace {

constexpr std::size_t kBatchTokens = 4096;  // padding included

}  // namespace

SentenceEncoder::SentenceEncoder(Checkpoint& checkpoint, TextTransformer transformer)
    : transformer_(std::move(transformer)),
      tokenizer_(checkpoint.folder(),
                 {.vocab_size = transformer_.vocab_size, .max_tokens = transformer_.max_tokens}),
      modules_(checkpoint, {.hidden_size = transformer_.hidden_size,
                            .min_dimension = transformer_.min_dimension}) {}

std::vector<EncoderOutputInfo> SentenceEncoder::outputs() const {
  return {{.name = "embedding",
           .dimension = static_cast<int>(modules_.dimension()),
           .min_dimension = static_cast<int>(modules_.min_dimension())}};
}

at::Tensor SentenceEncoder::encode_batch(std::span<const Ids* const> batch,
                                         std::int64_t prompt_tokens) const {
  const auto count = std::ssize(batch);
  const auto longest = std::ssize(*batch.back());
  std::vector<std::int64_t> ids;
  std::vector<std::int64_t> lengths;
  for (const auto* const text : batch) {
    ids.insert(ids.end(), text->begin(), text->end());
    lengths.push_back(std::ssize(*text));
    ids.resize(lengths.size() * longest);  // with zeros, which the mask hides
  }
  const auto mask = at::arange(longest).lt(at::tensor(lengths).unsqueeze(1));  // [B, T]
  const bool padded = lengths.front() < longest;
  const auto states = transformer_.forward(at::tensor(ids).view({count, longest}),
                                           padded ? std::optional<at::Tensor>(mask) : std::nullopt);
  return modules_(states, mask, prompt_tokens);
}

std::vector<EncoderOutput> SentenceEncoder::encode(std::span<const std::string> texts,
                                                   std::string_view prompt) const {
  const c10::InferenceMode inference;
  const auto& before = modules_.prompts().text(prompt);
  const auto prompt_tokens = tokenizer_.prompt_tokens(before);
  std::vector<Ids> ids;
  ids.reserve(texts.size());
  for (const auto& text : texts) {
    ids.push_back(tokenizer_.encode(before + text));
  }
  // Texts of like length go together, so that little is padded.
  std::vector<std::int64_t> order(ids.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](auto a, auto b) { return ids[a].size() < ids[b].size(); });
  auto rows = at::zeros({static_cast<std::int64_t>(ids.size()), modules_.dimension()});
  std::erase_if(order, [&](auto i) { return ids[i].empty(); });
  std::vector<const Ids*> batch;
  for (std::size_t i = 0; i < order.size(); ++i) {
    batch.push_back(&ids[order[i]]);
    if (i + 1 == order.size() || (batch.size() + 1) * ids[order[i + 1]].size() > kBatchTokens) {
      const auto first = order.begin() + static_cast<std::ptrdiff_t>(i + 1 - batch.size());
      const std::vector<std::int64_t> places(first, first + std::ssize(batch));
      rows.index_copy_(0, at::tensor(places), encode_batch(batch, prompt_tokens));
      batch.clear();
    }
  }
  return {{"embedding", rows}};
}

}  // namespace ogam

#include "encoders/text/token_batches.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include "core/base/error.h"

namespace ogam {
namespace {

constexpr std::size_t kBatchTokens = 4096;

using Ids = std::vector<std::int64_t>;

/// Texts of `length` tokens each.
at::Tensor stacked(std::span<const Ids> texts, std::size_t length) {
  auto ids = at::empty({static_cast<std::int64_t>(texts.size()), static_cast<std::int64_t>(length)},
                       at::kLong);
  auto* target = ids.mutable_data_ptr<std::int64_t>();
  for (const auto& text : texts) {
    target = std::copy(text.begin(), text.end(), target);
  }
  return ids;
}

}  // namespace

at::Tensor encode_equal_lengths(const SentenceTokenizer& tokenizer,
                                std::span<const std::string> texts, std::int64_t size,
                                const std::function<at::Tensor(const at::Tensor&)>& encode) {
  /// The texts of one length, and their places among all.
  struct Group {
    std::vector<Ids> ids;
    std::vector<std::int64_t> places;
  };
  std::map<std::size_t, Group> by_length;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    auto ids = tokenizer.encode(texts[i]);
    require(!ids.empty(), ErrorCode::invalid_argument,
            "text {} has no tokens and cannot be encoded", i);
    auto& group = by_length[ids.size()];
    group.ids.push_back(std::move(ids));
    group.places.push_back(static_cast<std::int64_t>(i));
  }
  auto vectors = at::empty({static_cast<std::int64_t>(texts.size()), size});
  for (const auto& [length, group] : by_length) {
    const auto batch = std::max<std::size_t>(kBatchTokens / length, 1);
    for (std::size_t first = 0; first < group.ids.size(); first += batch) {
      const auto count = std::min(batch, group.ids.size() - first);
      const auto places =
          at::tensor(group.places)
              .narrow(0, static_cast<std::int64_t>(first), static_cast<std::int64_t>(count));
      const auto encoded = encode(stacked(std::span(group.ids).subspan(first, count), length));
      vectors.index_copy_(0, places, encoded.to(at::kFloat));
    }
  }
  return vectors;
}

}  // namespace ogam

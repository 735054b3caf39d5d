#include "encoders/text/token_batches.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstddef>
#include <map>

#include "core/base/error.h"

namespace ogam {
namespace {

constexpr std::size_t kBatchTokens = 4096;

at::Tensor stacked(const std::vector<Tokenizer::Ids>& texts, const std::vector<std::size_t>& rows,
                   std::size_t length) {
  auto ids = at::empty({static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(length)},
                       at::kLong);
  auto* target = ids.mutable_data_ptr<std::int64_t>();
  for (const auto row : rows) {
    target = std::copy(texts[row].begin(), texts[row].end(), target);
  }
  return ids;
}

}  // namespace

at::Tensor encode_equal_lengths(const std::vector<Tokenizer::Ids>& texts, std::int64_t size,
                                const std::function<at::Tensor(const at::Tensor&)>& encode) {
  std::map<std::size_t, std::vector<std::size_t>> by_length;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    require(!texts[i].empty(), ErrorCode::invalid_argument,
            "text {} has no tokens and cannot be encoded", i);
    by_length[texts[i].size()].push_back(i);
  }
  auto vectors = at::empty({static_cast<std::int64_t>(texts.size()), size});
  for (const auto& [length, rows] : by_length) {
    const auto batch = std::max<std::size_t>(kBatchTokens / length, 1);
    for (std::size_t first = 0; first < rows.size(); first += batch) {
      const std::vector<std::size_t> some(
          rows.begin() + static_cast<std::ptrdiff_t>(first),
          rows.begin() + static_cast<std::ptrdiff_t>(std::min(first + batch, rows.size())));
      const auto encoded = encode(stacked(texts, some, length));
      for (std::size_t i = 0; i < some.size(); ++i) {
        vectors[static_cast<std::int64_t>(some[i])].copy_(encoded[static_cast<std::int64_t>(i)]);
      }
    }
  }
  return vectors;
}

Tokenizer::Ids cut_tokens(Tokenizer::Ids tokens, std::int64_t limit) {
  const auto most = static_cast<std::size_t>(std::max<std::int64_t>(limit, 1));
  if (tokens.size() > most) {
    tokens[most - 1] = tokens.back();
    tokens.resize(most);
  }
  return tokens;
}

}  // namespace ogam

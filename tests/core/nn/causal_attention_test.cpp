#include "core/nn/causal_attention.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

namespace ogam {
namespace {

/// Which of `before + tokens` keys each new token sees by a context, as [tokens, keys].
at::Tensor seen_by(const CausalContext& context, std::int64_t tokens, std::int64_t before) {
  const auto keys = before + tokens;
  auto seen = at::zeros({tokens, keys}, at::kBool);
  auto open = seen.slice(1, context.first_key);
  if (context.attention.mask) {
    open.copy_(*context.attention.mask);
  } else {
    open.copy_(at::ones_like(open));
    if (context.attention.causal) {
      open.copy_(open.tril());
    }
  }
  return seen;
}

TEST(CausalContextTest, EachTokenSeesItselfAndThoseBeforeItInItsWindow) {
  for (const std::int64_t before : {0, 1, 4, 9}) {
    for (const std::int64_t tokens : {1, 2, 5, 12}) {
      for (const std::optional<std::int64_t> window :
           {std::optional<std::int64_t>(), std::optional<std::int64_t>(1),
            std::optional<std::int64_t>(3), std::optional<std::int64_t>(12),
            std::optional<std::int64_t>(100)}) {
        const auto distance = at::arange(before, before + tokens).unsqueeze(1) -
                              at::arange(before + tokens);  // [tokens, keys]
        const auto expected =
            (distance >= 0).logical_and(distance < window.value_or(before + tokens));
        const auto context = causal_context(tokens, before, window);
        EXPECT_TRUE(at::equal(seen_by(context, tokens, before), expected))
            << tokens << " tokens after " << before << ", window " << window.value_or(0);
        EXPECT_FALSE(context.rotation);
      }
    }
  }
}

TEST(CausalContextTest, OneTokenNeedsNoMask) {
  EXPECT_FALSE(causal_context(1, 50, 8).attention.mask);
  EXPECT_EQ(causal_context(1, 50, 8).first_key, 43);
}

TEST(KeyValueCacheTest, KeepsWhatItHoldsWhenItIsCutAndWhenItGrows) {
  KeyValueCache cache({.heads = 2, .capacity = 4, .head_size = 3, .value_size = 5});
  const KeyValues first = {at::rand({1, 2, 4, 3}), at::rand({1, 2, 4, 5})};
  const KeyValues second = {at::rand({1, 2, 6, 3}), at::rand({1, 2, 6, 5})};
  cache.append(first);
  cache.truncate(2);
  cache.truncate(3);  // which it does not hold any more
  EXPECT_EQ(cache.length(), 2);
  cache.reserve(8);
  cache.reserve(1);
  EXPECT_EQ(cache.capacity(), 8);
  const auto held = cache.append(second);
  EXPECT_TRUE(at::equal(held.keys, at::cat({first.keys.slice(2, 0, 2), second.keys}, 2)));
  EXPECT_TRUE(at::equal(held.values, at::cat({first.values.slice(2, 0, 2), second.values}, 2)));
}

}  // namespace
}  // namespace ogam

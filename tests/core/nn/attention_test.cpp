#include "core/nn/attention.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/tensor/safetensors_writer.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace ogam {
namespace {

constexpr std::int64_t kSize = 8;
constexpr std::int64_t kHeads = 2;
constexpr test::Tolerance kTolerance = {.atol = 1e-5, .rtol = 1e-5};

class MultiHeadAttentionTest : public ::testing::Test {
 protected:
  MultiHeadAttentionTest() {
    at::manual_seed(1);
    for (const std::string name : {"q_proj", "k_proj", "v_proj", "out_proj"}) {
      tensors_[name + ".weight"] = at::randn({kSize, kSize});
      tensors_[name + ".bias"] = at::randn({kSize});
    }
    write_file_atomically(folder_ / "config.json", "{\"model_type\": \"test\"}");
    save_safetensors(folder_ / "model.safetensors", tensors_);
    checkpoint_ = std::make_unique<Checkpoint>(folder_.path());
  }

  MultiHeadAttention attention() const {
    return MultiHeadAttention(checkpoint_->weights(), {.size = kSize, .heads = kHeads});
  }

  at::Tensor project(const std::string& name, const at::Tensor& x) const {
    return at::linear(x, tensors_.at(name + ".weight"), tensors_.at(name + ".bias"));
  }

  /// The formula written out, head by head; x [1, T, D]. No token sees a later one where `causal`.
  at::Tensor expected(const at::Tensor& x, bool causal) const {
    const auto query = project("q_proj", x);
    const auto key = project("k_proj", x);
    const auto value = project("v_proj", x);
    const auto width = kSize / kHeads;
    std::vector<at::Tensor> heads;
    for (std::int64_t head = 0; head < kHeads; ++head) {
      const auto q = query.narrow(2, head * width, width);
      const auto k = key.narrow(2, head * width, width);
      auto scores = at::matmul(q, k.transpose(1, 2)) / std::sqrt(static_cast<double>(width));
      if (causal) {
        const auto later = at::ones({x.size(1), x.size(1)}, at::kBool).triu(1);
        scores = scores.masked_fill(later, -1e30);
      }
      heads.push_back(at::matmul(at::softmax(scores, -1), value.narrow(2, head * width, width)));
    }
    return project("out_proj", at::cat(heads, 2));
  }

  test::TemporaryFolder folder_;
  std::map<std::string, at::Tensor> tensors_;
  std::unique_ptr<Checkpoint> checkpoint_;
};

TEST_F(MultiHeadAttentionTest, IsTheFormulaHeadByHead) {
  const auto layer = attention();
  checkpoint_->finish();
  const auto x = at::randn({1, 5, kSize});
  EXPECT_TRUE(test::all_close(layer.attend(x, layer.project(x)), expected(x, /*causal=*/false),
                              kTolerance));
  EXPECT_TRUE(test::all_close(layer.attend(x, layer.project(x), /*causal=*/true),
                              expected(x, /*causal=*/true), kTolerance));
}

TEST_F(MultiHeadAttentionTest, TokensThatComeInPiecesThroughTheCacheSeeWhatTheyWouldTogether) {
  const auto layer = attention();
  const auto x = at::randn({1, 6, kSize});
  KeyValueCache cache({.batch = 1, .heads = kHeads, .capacity = 6, .head_size = kSize / kHeads});
  std::vector<at::Tensor> pieces;
  std::int64_t done = 0;
  for (const std::int64_t count : {3, 1, 2}) {
    const auto piece = x.narrow(1, done, count);
    pieces.push_back(layer.attend(piece, cache.append(layer.project(piece)), /*causal=*/true));
    done += count;
  }
  EXPECT_EQ(cache.length(), 6);
  EXPECT_TRUE(test::all_close(at::cat(pieces, 1), expected(x, /*causal=*/true), kTolerance));
}

TEST_F(MultiHeadAttentionTest, ProbabilitiesOfAQueryAddUpToOne) {
  const auto layer = attention();
  const auto x = at::randn({1, 4, kSize});
  const auto probabilities = layer.probabilities(x, layer.project(x));
  EXPECT_EQ(probabilities.sizes().vec(), (std::vector<std::int64_t>{1, kHeads, 4, 4}));
  EXPECT_TRUE(test::all_close(probabilities.sum(-1), at::ones({1, kHeads, 4}), kTolerance));
}

TEST_F(MultiHeadAttentionTest, HeadsThatDoNotDivideTheSizeAreRefused) {
  for (const std::int64_t heads : {0, 3, -2}) {
    EXPECT_THROW(MultiHeadAttention(checkpoint_->weights(), {.size = kSize, .heads = heads}), Error)
        << heads;
  }
}

TEST(KeyValueCacheTest, RowsAreRepeatedAndReplaced) {
  KeyValueCache cache({.batch = 2, .heads = 1, .capacity = 4, .head_size = 3});
  const auto keys = at::arange(12, at::kFloat).view({2, 1, 2, 3});
  cache.append({keys, keys + 100});
  cache.select_rows(at::tensor({1, 0, 1, 0}, at::kLong));
  const auto added = at::zeros({4, 1, 1, 3});
  const auto held = cache.append({added, added});
  EXPECT_EQ(held.keys.sizes().vec(), (std::vector<std::int64_t>{4, 1, 3, 3}));
  EXPECT_TRUE(at::equal(held.keys[0].narrow(1, 0, 2), keys[1]));
  EXPECT_TRUE(at::equal(held.values[3].narrow(1, 0, 2), keys[0] + 100));
}

TEST(KeyValueCacheTest, MoreTokensThanThereIsRoomForAreRefused) {
  KeyValueCache cache({.batch = 1, .heads = 1, .capacity = 2, .head_size = 1});
  const auto tokens = at::zeros({1, 1, 2, 1});
  cache.append({tokens, tokens});
  EXPECT_THROW(cache.append({tokens, tokens}), Error);
  EXPECT_EQ(cache.length(), 2);
}

TEST(AttendTest, MasksHideKeysAndAQueryThatSeesNothingGetsZeros) {
  at::manual_seed(2);
  const auto q = at::randn({2, 2, 3, 4});
  const auto k = at::randn({2, 2, 5, 4});
  const auto v = at::randn({2, 2, 5, 4});
  const auto real = at::tensor({1, 1, 1, 0, 0, 0, 0, 0, 0, 0}, at::kLong).view({2, 5});
  const auto masked = attend(q, k, v, {.mask = key_mask(real)});
  const auto shorter = attend(q.narrow(0, 0, 1), k.narrow(0, 0, 1).narrow(2, 0, 3),
                              v.narrow(0, 0, 1).narrow(2, 0, 3));
  EXPECT_TRUE(test::all_close(masked[0], shorter[0], kTolerance));
  EXPECT_TRUE(at::equal(masked[1], at::zeros({3, 8})));
}

TEST(AttendTest, FewerHeadsOfKeysAreShared) {
  at::manual_seed(2);
  const auto q = at::randn({1, 4, 3, 4});
  const auto k = at::randn({1, 2, 3, 4});
  const auto v = at::randn({1, 2, 3, 4});
  const auto shared = attend(q, k, v, {.scale = 1.0, .causal = true});
  const auto repeated = attend(q, k.repeat_interleave(2, 1), v.repeat_interleave(2, 1),
                               {.scale = 1.0, .causal = true});
  EXPECT_TRUE(test::all_close(shared, repeated, kTolerance));
}

}  // namespace
}  // namespace ogam

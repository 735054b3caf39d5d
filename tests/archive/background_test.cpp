#include "archive/background.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/archive/sample_assets.h"

namespace ogam {
namespace {

constexpr int kDimension = 32;

/// A space with `rows` vectors, all of one asset.
struct Content {
  explicit Content(unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
      rows.push_back({i, VectorRow::kNoWords, 0});
      const auto vector = test::unit_vector(kDimension, i);
      values.insert(values.end(), vector.begin(), vector.end());
    }
    space.space = {"s", "s/s", Lane::visual, kDimension};
    space.blocks.push_back({0, {rows, values, {}, {}}, "file.ogv"});
    space.rows = count;
  }

  std::vector<VectorRow> rows;
  std::vector<float> values;
  SpaceContent space;
};

std::vector<float> queries(unsigned count) {
  std::vector<float> all;
  for (unsigned i = 0; i < count; ++i) {
    const auto query = test::unit_vector(kDimension, 10'000 + i);
    all.insert(all.end(), query.begin(), query.end());
  }
  return all;
}

TEST(BackgroundTest, WithoutVectorsOrQueriesThePriorIsTheAnswer) {
  for (const Background& background :
       {measure_background(Content(0).space, queries(20)),
        measure_background(Content(20).space, {}),
        measure_background(Content(20).space, std::vector<float>(kDimension))}) {
    EXPECT_EQ(background.mean, Background{}.mean);
    EXPECT_EQ(background.deviation, Background{}.deviation);
  }
}

TEST(BackgroundTest, OneVectorMovesThePriorByASixth) {
  const Content content(1);
  const auto query = queries(1);
  double score = 0;
  for (int i = 0; i < kDimension; ++i) {
    score += static_cast<double>(content.values[static_cast<std::size_t>(i)]) *
             query[static_cast<std::size_t>(i)];
  }
  EXPECT_NEAR(measure_background(content.space, query).mean, score / 6 + 0.1 * 5 / 6, 1e-6);
}

TEST(BackgroundTest, ManyVectorsSpeakForThemselves) {
  const auto background = measure_background(Content(5000).space, queries(50));
  EXPECT_NEAR(background.mean, 0, 0.01);
  EXPECT_NEAR(background.deviation, 1 / std::sqrt(kDimension), 0.02);
}

TEST(BackgroundTest, TheDeviationHasALeastValue) {
  Content content(100);
  for (std::size_t i = 0; i < content.values.size(); ++i) {
    content.values[i] = i % kDimension == 0 ? 1.0F : 0.0F;  // all alike
  }
  std::vector<float> query(kDimension);
  query[0] = 0.1F;  // the mean of the prior too
  EXPECT_GE(measure_background(content.space, query).deviation, 0.02);
}

}  // namespace
}  // namespace ogam

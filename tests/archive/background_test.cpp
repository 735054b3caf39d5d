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

/// A space with a vector in each of `assets` assets; every vector leans `alike` towards the first
/// axis.
struct OwnContent {
  OwnContent(unsigned assets, unsigned rows_each, float alike) {
    rows.resize(rows_each);
    values.resize(assets);
    space.space = {"s", "s/s", Lane::visual, kDimension};
    for (unsigned asset = 0; asset < assets; ++asset) {
      for (unsigned row = 0; row < rows_each; ++row) {
        auto vector = test::unit_vector(kDimension, asset * rows_each + row);
        vector[0] += alike;
        double norm = 0;
        for (const float value : vector) {
          norm += static_cast<double>(value) * value;
        }
        for (const float value : vector) {
          values[asset].push_back(static_cast<float>(value / std::sqrt(norm)));
        }
      }
      space.blocks.push_back({asset, {rows, values[asset], {}, {}}, "file.ogv"});
      space.rows += rows_each;
    }
  }

  std::vector<VectorRow> rows;
  std::vector<std::vector<float>> values;
  SpaceContent space;
};

TEST(OwnBackgroundTest, IsThatOfPairsOfDifferentAssets) {
  // Random directions: pairs lie around 0 with a deviation of 1 / sqrt(D).
  const auto background = measure_own_background(OwnContent(400, 1, 0).space);
  EXPECT_NEAR(background.mean, 0, 0.01);
  EXPECT_NEAR(background.deviation, 1 / std::sqrt(kDimension), 0.02);
  // Many more assets than are compared, and many vectors in a few assets.
  EXPECT_NEAR(measure_own_background(OwnContent(2000, 1, 0).space).mean, 0, 0.01);
  EXPECT_NEAR(measure_own_background(OwnContent(3, 1000, 0).space).mean, 0, 0.02);
}

TEST(OwnBackgroundTest, VectorsOfOneAssetAreNotComparedWithOneAnother) {
  for (const unsigned assets : {0U, 1U}) {
    const auto background = measure_own_background(OwnContent(assets, 50, 0).space);
    EXPECT_EQ(background.mean, Background{}.mean);
    EXPECT_EQ(background.deviation, Background{}.deviation);
  }
}

TEST(OwnBackgroundTest, EqualVectorsStandOutHoweverAlikeTheContentIs) {
  for (const unsigned assets : {2U, 3U, 10U, 400U}) {
    for (const float alike : {0.0F, 1.0F, 10.0F, 1000.0F}) {
      const auto background = measure_own_background(OwnContent(assets, 1, alike).space);
      EXPECT_LT(background.mean, 1) << assets << " " << alike;
      EXPECT_GE((1 - background.mean) / background.deviation, kIdentityDeviations - 1e-9)
          << assets << " " << alike;
    }
  }
}

}  // namespace
}  // namespace ogam

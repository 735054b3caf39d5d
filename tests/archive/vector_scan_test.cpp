#include "archive/vector_scan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "archive/archive.h"
#include "core/base/error.h"
#include "tests/archive/sample_assets.h"
#include "tests/support/temporary_folder.h"

namespace ogam {
namespace {

TEST(VectorScanTest, EqualsPlainArithmeticAtEveryDimension) {
  for (const int dimension : {1, 2, 15, 16, 17, 31, 32, 33, 48, 100, 512, 1000, 1280}) {
    std::vector<float> values;
    for (unsigned row = 0; row < 5; ++row) {
      const auto vector = test::unit_vector(dimension, row);
      values.insert(values.end(), vector.begin(), vector.end());
    }
    const auto query = test::unit_vector(dimension, 99);
    std::vector<float> scores(5);
    dot_products(values, query, scores);
    for (std::size_t row = 0; row < 5; ++row) {
      double expected = 0;
      for (std::size_t k = 0; k < query.size(); ++k) {
        expected += static_cast<double>(values[row * query.size() + k]) * query[k];
      }
      EXPECT_NEAR(scores[row], expected, 2e-6) << dimension;
    }
  }
}

TEST(VectorScanTest, TenThousandRowsEqualBruteForce) {
  const test::TemporaryFolder folder;
  const Space space{"space-of-64", "pictures/features", Lane::visual, 64};
  Archive archive = Archive::open_or_create(folder / "a", {space});
  struct Row {
    std::string asset;
    std::size_t segment;
    std::vector<float> values;
  };
  std::vector<Row> rows;
  for (int number = 0; number < 100; ++number) {
    AssetRecord asset = test::sample_asset(number, 50);
    asset.vectors.clear();
    for (std::size_t i = 0; i < 100; ++i) {  // two vectors in every segment
      const auto values =
          test::unit_vector(64, static_cast<unsigned>(number * 100) + static_cast<unsigned>(i));
      asset.vectors.push_back({space.id, i / 2, 0, values, {}});
      rows.push_back({asset.id, i / 2, values});
    }
    archive.add(asset);
  }
  for (unsigned seed = 0; seed < 5; ++seed) {
    const auto query = test::unit_vector(64, 1'000'000 + seed);
    std::vector<std::pair<double, std::pair<std::string, Time>>> expected;
    for (std::size_t i = 0; i < rows.size(); i += 2) {
      double best = -1;
      for (std::size_t j = i; j < i + 2; ++j) {
        double dot = 0;
        for (std::size_t k = 0; k < 64; ++k) {
          dot += static_cast<double>(rows[j].values[k]) * query[k];
        }
        best = std::max(best, dot);
      }
      if (best > 0) {  // what has nothing in common with the query is no answer
        expected.push_back(
            {-best, {rows[i].asset, static_cast<Time>(rows[i].segment) * 2 * kSecond}});
      }
    }
    std::sort(expected.begin(), expected.end());
    const auto result = archive.search({.vectors = {{space.id, query, {}, false}}, .limit = 100});
    ASSERT_EQ(result.total, expected.size());
    ASSERT_EQ(result.moments.size(), 100U);
    for (std::size_t i = 0; i < 100; ++i) {
      EXPECT_EQ(result.moments[i].asset, expected[i].second.first) << i;
      EXPECT_EQ(result.moments[i].span.start, expected[i].second.second) << i;
    }
  }
}

TEST(VectorScanTest, RefusesVectorsThatAreNotFinite) {
  Snapshot snapshot;
  snapshot.assets.push_back({1, 0, 1, "b3:x"});
  snapshot.segments = 1;
  SpaceContent content;
  content.space = {"s", "s/s", Lane::visual, 2};
  const std::vector<VectorRow> rows = {{0, VectorRow::kNoWords, 0}};
  std::vector<float> values = {NAN, 1};
  content.blocks.push_back({0, {rows, values, {}, {}}, "file.ogv"});
  content.rows = 1;
  const std::vector<float> query = {1, 0};
  EXPECT_THROW(scan_space(snapshot, content, query, {true}), Error);
  EXPECT_FALSE(scan_space(snapshot, content, query, {false})[0].found());
  values[0] = 0.5F;
  EXPECT_FLOAT_EQ(scan_space(snapshot, content, query, {true})[0].score, 0.5F);
}

}  // namespace
}  // namespace ogam

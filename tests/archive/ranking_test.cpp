#include "archive/ranking.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace ogam {
namespace {

TEST(CalibratedProbabilityTest, IsTheDocumentedCurve) {
  const Calibration calibration{-6, 1.5};
  const Background background{0.1, 0.05};
  // z = 5: 0.999 / (1 + exp(-(-6 + 1.5 * 5))) + 0.001 * 5 / 105
  EXPECT_NEAR(calibrated_probability(calibration, background, 0.35),
              0.999 / (1 + std::exp(-1.5)) + 0.001 * 5 / 105, 1e-12);
}

TEST(CalibratedProbabilityTest, NothingInCommonIsNoMatch) {
  const Background low{-0.5, 0.02};
  EXPECT_EQ(calibrated_probability({}, low, 0), 0);
  EXPECT_EQ(calibrated_probability({}, low, -0.1), 0);
}

TEST(CalibratedProbabilityTest, StaysBelowOneAndRisesWithTheScoreEverywhere) {
  for (const Calibration& calibration :
       {Calibration{-6, 1.5}, Calibration{-24.53, 3}, Calibration{3.6, 0.1}, Calibration{-4, 50}}) {
    for (const Background& background : {Background{0.1, 0.1}, Background{0.001, 0.02}}) {
      double last = 0;
      for (int step = 0; background.mean + 0.01 * step < 2; ++step) {
        const double score = background.mean + 0.01 * step;
        const double p = calibrated_probability(calibration, background, score);
        EXPECT_GE(p, last);
        EXPECT_LT(p, 1);
        last = p;
      }
    }
  }
}

TEST(CalibratedProbabilityTest, ExtremeCurvesGiveNoNan) {
  constexpr double kMost = std::numeric_limits<double>::max();
  for (const Calibration& calibration :
       {Calibration{kMost, kMost}, Calibration{-kMost, kMost}, Calibration{-kMost, 1e-300}}) {
    for (const double score : {1e-30, 0.1, 1.0, 1e15}) {
      const double p = calibrated_probability(calibration, {0.1, 0.02}, score);
      EXPECT_GE(p, 0);
      EXPECT_LE(p, 1);
    }
  }
}

TEST(FuseLanesTest, LanesWithoutAnOpinionAreNotAsked) {
  const std::vector<LaneOpinion> lanes = {{1, {0.5F}}, {1, {}}, {2, {0.5F}}};
  EXPECT_DOUBLE_EQ(fuse_lanes(lanes, 0, MatchMode::any), 1 - 0.5 * 0.25);
  EXPECT_DOUBLE_EQ(fuse_lanes(lanes, 0, MatchMode::all), 0.5);
}

TEST(FuseLanesTest, InModeAllALaneBelowTheFloorIsADisagreement) {
  EXPECT_EQ(fuse_lanes({{1, {0.9F}}, {1, {0.05F}}}, 0, MatchMode::all), 0);
}

TEST(PageTokenTest, HoldsForAnyLengthOfThePage) {
  ArchiveQuery query{.words = "red car", .limit = 10};
  query.page = make_page_token(query, 10);
  query.limit = 3;
  EXPECT_EQ(read_page_token(query), 10U);
  query.page.clear();
  EXPECT_EQ(read_page_token(query), 0U);
}

}  // namespace
}  // namespace ogam

#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "fusion/registry.h"
#include "tests/support/golden.h"

namespace ogam::test {

/// The folder of a tiny model of tests/golden.
inline std::filesystem::path golden_folder(const std::string& name) {
  return source_folder() / "tests" / "golden" / name;
}

inline std::unique_ptr<FusionModel> open_fusion(const std::filesystem::path& folder) {
  Checkpoint checkpoint(folder);
  return make_fusion_model(checkpoint);
}

inline FusedSegment fuse_one(const FusionModel& model, const FusionSegment& segment) {
  return model.fuse(std::span(&segment, 1)).at(0);
}

/// The code of the error that fusing a segment gives; internal where it gives none.
inline ErrorCode error_of(const FusionModel& model, const FusionSegment& segment) {
  try {
    fuse_one(model, segment);
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode::internal;
}

/// Everything that fuse promises of any model, tried with segments that make sense.
inline void expect_keeps_the_promises(const FusionModel& model,
                                      const std::vector<FusionSegment>& segments) {
  const auto together = model.fuse(segments);
  ASSERT_EQ(together.size(), segments.size());
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const auto alone = fuse_one(model, segments[i]);
    EXPECT_TRUE(all_close(together[i].vector, alone.vector)) << i;
    EXPECT_EQ(alone.vector.scalar_type(), at::kFloat);
    EXPECT_EQ(alone.vector.sizes(), at::IntArrayRef({model.dimension()}));
    EXPECT_NEAR(alone.vector.norm().item<double>(), 1, 1e-5) << i;
    EXPECT_EQ(alone.tokens.size(0), std::ssize(alone.times)) << i;
    EXPECT_EQ(alone.tokens.scalar_type(), at::kFloat);
  }
  const FusionSegment& segment = segments.front();
  EXPECT_TRUE(at::equal(fuse_one(model, {segment.span, {}}).vector, at::zeros(model.dimension())));
  EXPECT_EQ(fuse_one(model, {segment.span, {}}).tokens.size(0), 0);
  for (std::size_t i = 0; i < segment.towers.size(); ++i) {
    auto wrong = segment;
    wrong.towers[i].tower = "smell";
    EXPECT_EQ(error_of(model, wrong), ErrorCode::invalid_argument);
    wrong = segment;
    wrong.towers.push_back(wrong.towers[i]);
    EXPECT_EQ(error_of(model, wrong), ErrorCode::invalid_argument);
    wrong = segment;
    wrong.towers[i].vectors = wrong.towers[i].vectors.narrow(1, 1, 1);
    EXPECT_EQ(error_of(model, wrong), ErrorCode::invalid_argument);
    wrong = segment;
    wrong.towers[i].times.pop_back();
    EXPECT_EQ(error_of(model, wrong), ErrorCode::invalid_argument);
  }
}

}  // namespace ogam::test

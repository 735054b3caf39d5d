#include "encoders/class_posterior.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/support/golden.h"

namespace ogam {
namespace {

TEST(ClassPosteriorTest, KeepsTheRootsOfTheLargestAtLengthOne) {
  const auto p = at::tensor({0.36F, 0.10F, 0.64F, 0.20F}).view({1, 4});
  const auto expected = at::tensor({0.6F, 0.0F, 0.8F, 0.0F}).view({1, 4});
  EXPECT_TRUE(test::all_close(posterior_vectors(p, 2), expected, {.atol = 1e-6, .rtol = 0}));
}

TEST(ClassPosteriorTest, TakesAllWhereThereAreFewerThanAskedFor) {
  const auto p = at::tensor({0.25F, 0.75F}).view({1, 2});
  EXPECT_TRUE(test::all_close(posterior_vectors(p, 50), p.sqrt(), {.atol = 1e-6, .rtol = 0}));
}

TEST(ClassPosteriorTest, NamesTheMostProbableClassesFirst) {
  const auto classes = top_classes(at::tensor({0.1F, 0.7F, 0.2F}), {"cat", "dog", "owl"}, 2);
  ASSERT_EQ(classes.size(), 2U);
  EXPECT_EQ(classes[0].name, "dog");
  EXPECT_EQ(classes[1].index, 2);
  EXPECT_FLOAT_EQ(classes[1].probability, 0.2F);
}

TEST(ClassPosteriorTest, RefusesLabelsThatDoNotFitTheClasses) {
  const auto config = parse_json(R"({"id2label": {"0": "cat", "2": "dog"}})", "config.json");
  EXPECT_THROW(read_labels(config, 2, "config.json"), Error);
  EXPECT_THROW(read_labels(config, 3, "config.json"), Error);
}

}  // namespace
}  // namespace ogam

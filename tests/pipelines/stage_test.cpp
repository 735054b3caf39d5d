#include "pipelines/stage.h"

#include <gtest/gtest.h>

#include <future>
#include <vector>

#include "core/base/error.h"

namespace ogam {
namespace {

TEST(StageTest, ItemsAreWorkedOnInOrderAndThenFinished) {
  ThreadBudget budget(1);
  StageGroup group(budget, CancellationToken());
  std::vector<int> seen;
  Stage<int> stage(
      group, 2,
      Stage<int>::Work{[&](int item) { seen.push_back(item); }, [&] { seen.push_back(-1); }});
  for (int i = 0; i < 5; ++i) {
    stage.push(i);
  }
  stage.join();
  EXPECT_EQ(seen, (std::vector<int>{0, 1, 2, 3, 4, -1}));
  EXPECT_NO_THROW(group.rethrow_failure());
}

TEST(StageTest, AFailureReachesTheCallerAndWhatFollowsIsDropped) {
  ThreadBudget budget(1);
  StageGroup group(budget, CancellationToken());
  std::vector<int> seen;
  const auto each = [&](int item) {
    seen.push_back(item);
    require(item < 1, ErrorCode::corrupt_data, "item {} is bad", item);
  };
  Stage<int> stage(group, 2, Stage<int>::Work{each, [&] { seen.push_back(-1); }});
  for (int i = 0; i < 100; ++i) {
    stage.push(i);  // never waits for ever
  }
  stage.join();
  EXPECT_TRUE(group.failed());
  EXPECT_EQ(seen, (std::vector<int>{0, 1}));
  EXPECT_THROW(group.rethrow_failure(), Error);
}

TEST(StageTest, ARequestToStopIsHeededBetweenItems) {
  ThreadBudget budget(1);
  CancellationToken cancellation;
  StageGroup group(budget, cancellation);
  std::vector<int> seen;
  const auto each = [&](int item) {
    seen.push_back(item);
    cancellation.request();
  };
  Stage<int> stage(group, 8, Stage<int>::Work{each, [&] { seen.push_back(-1); }});
  for (int i = 0; i < 8; ++i) {
    stage.push(i);
  }
  stage.join();
  EXPECT_EQ(seen, std::vector<int>{0});
  EXPECT_THROW(group.rethrow_failure(), Cancelled);
}

TEST(StageTest, AnAbandonedStageDropsWhatWaits) {
  ThreadBudget budget(1);
  StageGroup group(budget, CancellationToken());
  std::promise<void> started;
  std::promise<void> go_on;
  std::vector<int> seen;
  const auto each = [&](int item) {
    seen.push_back(item);
    started.set_value();
    go_on.get_future().wait();
  };
  Stage<int> stage(group, 8, Stage<int>::Work{each, [&] { seen.push_back(-1); }});
  for (int i = 0; i < 8; ++i) {
    stage.push(i);
  }
  started.get_future().wait();
  group.abandon();
  go_on.set_value();
  stage.join();
  EXPECT_EQ(seen, std::vector<int>{0});
  EXPECT_NO_THROW(group.rethrow_failure());
}

}  // namespace
}  // namespace ogam

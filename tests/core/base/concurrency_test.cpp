#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "core/base/bounded_queue.h"
#include "core/base/cancellation.h"
#include "core/base/thread_budget.h"

namespace ogam {
namespace {

TEST(BoundedQueueTest, ItemsArriveInOrderAndTheQueueNeverGrowsBeyondItsCapacity) {
  BoundedQueue<int> queue(2);
  std::atomic<int> in_flight = 0;
  std::atomic<int> most = 0;
  std::thread producer([&] {
    for (int i = 0; i < 1000; ++i) {
      most = std::max(most.load(), ++in_flight);
      queue.push(i);
    }
    queue.close();
  });
  int expected = 0;
  while (const auto item = queue.pop()) {
    --in_flight;
    EXPECT_EQ(*item, expected++);
  }
  producer.join();
  EXPECT_EQ(expected, 1000);
  EXPECT_LE(most, 4);  // two queued, one being pushed, one being popped
}

TEST(BoundedQueueTest, AClosedQueueTurnsProducersAwayAndDrains) {
  BoundedQueue<int> queue(4);
  EXPECT_TRUE(queue.push(1));
  queue.close();
  EXPECT_FALSE(queue.push(2));
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(queue.pop(), std::nullopt);
}

TEST(ThreadBudgetTest, NoMoreThreadsComputeThanThereAreSlots) {
  ThreadBudget budget(2);
  std::atomic<int> busy = 0;
  std::atomic<int> most = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int turn = 0; turn < 50; ++turn) {
        const ThreadBudget::Slot slot(budget);
        const int now = ++busy;
        int seen = most;
        while (now > seen && !most.compare_exchange_weak(seen, now)) {
        }
        std::this_thread::yield();
        --busy;
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  EXPECT_LE(most, 2);
}

TEST(ThreadBudgetTest, PatienceEndsWithoutASlotWhileAllAreTaken) {
  ThreadBudget budget(1);
  {
    const ThreadBudget::Slot taken(budget);
    EXPECT_EQ(budget.wait_for_slot(std::chrono::milliseconds(1)), nullptr);
  }
  const auto slot = budget.wait_for_slot(std::chrono::milliseconds(1));
  EXPECT_NE(slot, nullptr);
  EXPECT_EQ(budget.wait_for_slot(std::chrono::milliseconds(1)), nullptr);
}

TEST(ThreadBudgetTest, ASlotComesBackWhenItsHolderThrows) {
  ThreadBudget budget(1);
  EXPECT_THROW(
      {
        const ThreadBudget::Slot slot(budget);
        throw Cancelled();
      },
      Cancelled);
  EXPECT_NE(budget.wait_for_slot(std::chrono::milliseconds(1)), nullptr);
}

TEST(ThreadBudgetTest, WithoutANumberThereIsASlotForEveryUsableCore) {
  EXPECT_GE(ThreadBudget().size(), 1);
  EXPECT_EQ(ThreadBudget(7).size(), 7);
}

TEST(CancellationTokenTest, CopiesShareTheRequest) {
  CancellationToken token;
  const CancellationToken copy = token;
  EXPECT_NO_THROW(copy.check());
  token.request();
  EXPECT_THROW(copy.check(), Cancelled);
}

}  // namespace
}  // namespace ogam

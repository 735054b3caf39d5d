#pragma once

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <atomic>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include "core/base/bounded_queue.h"
#include "core/base/cancellation.h"
#include "core/base/thread_budget.h"

namespace ogam {

/// What the stages that work on one asset share: the thread budget, the request to stop, and the
/// first thing that went wrong.
class StageGroup {
 public:
  StageGroup(ThreadBudget& budget, CancellationToken cancellation)
      : budget_(budget), cancellation_(std::move(cancellation)) {}

  ThreadBudget& budget() { return budget_; }
  const CancellationToken& cancellation() const { return cancellation_; }
  bool failed() const { return failed_.load(std::memory_order_relaxed); }

  void note_failure(std::exception_ptr error) {
    const std::lock_guard lock(mutex_);
    if (error_ == nullptr) {
      error_ = std::move(error);
    }
    failed_ = true;
  }

  /// Nobody wants the result any more: what still waits in the queues is dropped.
  void abandon() { failed_ = true; }

  /// Throws what the first failing stage threw.
  void rethrow_failure() {
    const std::lock_guard lock(mutex_);
    if (error_ != nullptr) {
      std::rethrow_exception(error_);
    }
  }

 private:
  ThreadBudget& budget_;
  CancellationToken cancellation_;
  std::atomic<bool> failed_ = false;
  std::mutex mutex_;
  std::exception_ptr error_;
};

/// One step of the work on an asset: its own thread takes items from a bounded queue and computes
/// while it holds a slot of the thread budget. After a failure or a request to stop the items that
/// still come are dropped, so that nobody waits for ever.
template <typename Item>
class Stage {
 public:
  struct Work {
    std::function<void(Item)> each;
    std::function<void()> finish;  ///< after the last item; may be empty
  };

  Stage(StageGroup& group, std::size_t capacity, Work work)
      : group_(group), queue_(capacity), work_(std::move(work)), thread_([this] { run(); }) {}
  ~Stage() { join(); }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  void push(Item item) { queue_.push(std::move(item)); }

  /// Waits until every item is done.
  void join() {
    queue_.close();
    if (thread_.joinable()) {
      thread_.join();
    }
  }

 private:
  void run() {
    at::set_num_threads(1);  // the setting belongs to the thread
    const c10::InferenceMode inference;
    while (auto item = queue_.pop()) {
      guarded([&] { work_.each(std::move(*item)); });
    }
    if (work_.finish) {
      guarded(work_.finish);
    }
  }

  template <typename Action>
  void guarded(const Action& action) {
    if (group_.failed()) {
      return;
    }
    try {
      const ThreadBudget::Slot slot(group_.budget());
      group_.cancellation().check();
      action();
    } catch (...) {
      group_.note_failure(std::current_exception());
    }
  }

  StageGroup& group_;
  BoundedQueue<Item> queue_;
  Work work_;
  std::thread thread_;
};

}  // namespace ogam

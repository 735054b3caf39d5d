#include "core/base/thread_budget.h"

#include <sched.h>

#include <algorithm>

namespace ogam {

namespace {

int usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return ::sched_getaffinity(0, sizeof(set), &set) == 0 ? std::max(1, CPU_COUNT(&set)) : 1;
}

}  // namespace

ThreadBudget::ThreadBudget(int threads)
    : size_(threads > 0 ? threads : usable_cores()), free_(size_) {}

void ThreadBudget::acquire() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return free_ > 0; });
  --free_;
}

std::unique_ptr<ThreadBudget::Slot> ThreadBudget::wait_for_slot(
    std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, patience, [&] { return free_ > 0; })) {
    return nullptr;
  }
  --free_;
  return std::unique_ptr<Slot>(new Slot(*this, Slot::Acquired{}));
}

void ThreadBudget::release() {
  const std::lock_guard lock(mutex_);
  ++free_;
  changed_.notify_one();
}

}  // namespace ogam

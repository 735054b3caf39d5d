#include "core/base/thread_budget.h"

#include <sched.h>

#include <algorithm>
#include <thread>

namespace ogam {

namespace {

int usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  // The call fails where the machine has more cores than the set has room for.
  const bool known = ::sched_getaffinity(0, sizeof(set), &set) == 0;
  return std::max(1,
                  known ? CPU_COUNT(&set) : static_cast<int>(std::thread::hardware_concurrency()));
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

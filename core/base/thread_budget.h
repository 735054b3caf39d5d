#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>

namespace ogam {

/// The one thread budget of a job, shared by decoding and models.
///
/// Every stage of a pipeline has its own thread, but computes only while it holds a slot, and each
/// model call is single-threaded (`at::set_num_threads(1)`): as many cores are busy as there are
/// slots, and none is oversubscribed.
class ThreadBudget {
 public:
  /// @param threads slots; 0 means one per core this process may use.
  explicit ThreadBudget(int threads = 0);

  int size() const { return size_; }

  /// Holds one slot until it is destroyed.
  class Slot {
   public:
    explicit Slot(ThreadBudget& budget) : budget_(budget) { budget_.acquire(); }
    ~Slot() { budget_.release(); }
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;

   private:
    friend class ThreadBudget;
    struct Acquired {};
    Slot(ThreadBudget& budget, Acquired) : budget_(budget) {}

    ThreadBudget& budget_;
  };

  /// A slot when one comes free in time, else null: for a thread that must also heed a request to
  /// stop.
  std::unique_ptr<Slot> wait_for_slot(std::chrono::milliseconds patience);

 private:
  void acquire();
  void release();

  int size_;
  int free_;
  std::mutex mutex_;
  std::condition_variable changed_;
};

}  // namespace ogam

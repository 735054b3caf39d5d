#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>

#include "core/base/cancellation.h"
#include "core/base/progress.h"
#include "python/bindings/python.h"

namespace ogam::python {

/// `threads` of a call: 0 for one per core.
/// @throws Error{invalid_argument} when it is negative.
int checked_threads(int threads);

/// Runs work that may take long on a thread of its own, without the interpreter's lock. Meanwhile
/// the calling thread looks for signals, so that Ctrl-C is heard within a twentieth of a second
/// whatever the work is at, and runs what the work has to tell Python.
///
/// What a signal handler or a callback raises stops the work through `cancellation()` and is
/// raised by `run` once the work has ended.
class LongCall {
 public:
  const CancellationToken& cancellation() const { return cancellation_; }

  /// To be called with the interpreter's lock. The work computes with one ATen thread, as pipelines
  /// with a thread budget of their own want it; the caller's own setting is kept.
  /// @throws what Python raised meanwhile, else what `work` throws.
  void run(const std::function<void()>& work);

  /// From the work: runs `message` on the calling thread with the interpreter's lock, and waits.
  /// @throws Cancelled when something was raised, by this message or before.
  void tell(const std::function<void()>& message);

  /// A callback that tells Python's, which takes a dict of ProgressEvent's fields; empty for none.
  ProgressCallback progress(const std::optional<py::function>& callback);

 private:
  void serve(std::unique_lock<std::mutex>& lock);

  CancellationToken cancellation_;
  std::exception_ptr raised_;  // by Python; read and written with the interpreter's lock
  std::mutex mutex_;           // over what follows
  std::condition_variable changed_;
  const std::function<void()>* message_ = nullptr;
  bool finished_ = false;
};

}  // namespace ogam::python

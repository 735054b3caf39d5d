#include "python/bindings/long_call.h"

#include <ATen/Parallel.h>

#include <chrono>
#include <exception>
#include <thread>

#include "core/base/error.h"

namespace ogam::python {

namespace {

constexpr std::chrono::milliseconds kSignalPause{50};

py::dict progress_dict(const ProgressEvent& event) {
  py::dict fields;
  fields["path"] = event.path;
  fields["files_done"] = event.files_done;
  fields["files_total"] = event.files_total;
  fields["time_done"] = to_seconds(event.time_done);
  fields["time_total"] = to_seconds(event.time_total);
  fields["realtime"] = event.realtime;
  fields["seconds_left"] = event.seconds_left;
  fields["message"] = event.message;
  return fields;
}

}  // namespace

int checked_threads(int threads) {
  require(threads >= 0, ErrorCode::invalid_argument,
          "threads is a number of cores, or 0 for all of them, not {}", threads);
  return threads;
}

void LongCall::run(const std::function<void()>& work) {
  const int threads = at::get_num_threads();
  std::exception_ptr failure;
  {
    const py::gil_scoped_release release;
    std::thread worker([&] {
      try {
        at::set_num_threads(1);
        work();
      } catch (...) {
        failure = std::current_exception();
      }
      const std::lock_guard lock(mutex_);
      finished_ = true;
      changed_.notify_all();
    });
    {
      std::unique_lock lock(mutex_);
      while (!finished_) {
        changed_.wait_for(lock, kSignalPause, [&] { return finished_ || message_ != nullptr; });
        if (!finished_) {
          serve(lock);
        }
      }
    }
    worker.join();
  }
  at::set_num_threads(threads);  // ATen keeps one number for threads to come
  if (raised_ != nullptr) {
    std::rethrow_exception(raised_);
  }
  if (failure != nullptr) {
    std::rethrow_exception(failure);
  }
}

/// Looks for signals and runs the message that waits, if any.
void LongCall::serve(std::unique_lock<std::mutex>& lock) {
  const auto* const message = message_;
  lock.unlock();
  {
    const py::gil_scoped_acquire interpreter;
    try {
      if (PyErr_CheckSignals() != 0) {
        throw py::error_already_set();
      }
      if (message != nullptr && raised_ == nullptr) {
        (*message)();
      }
    } catch (...) {
      raised_ = raised_ == nullptr ? std::current_exception() : raised_;
      cancellation_.request();
    }
  }
  lock.lock();
  if (message != nullptr) {
    message_ = nullptr;
    changed_.notify_all();
  }
}

void LongCall::tell(const std::function<void()>& message) {
  cancellation_.check();
  std::unique_lock lock(mutex_);
  message_ = &message;
  changed_.notify_all();
  changed_.wait(lock, [&] { return message_ == nullptr; });
  cancellation_.check();
}

ProgressCallback LongCall::progress(const std::optional<py::function>& callback) {
  if (!callback) {
    return {};
  }
  return [this, &callback](const ProgressEvent& event) {
    tell([&] { (*callback)(progress_dict(event)); });
  };
}

}  // namespace ogam::python

#pragma once

#include <atomic>
#include <memory>

#include "core/base/error.h"

namespace ogam {

/// A request to stop, shared by everyone who works on one job. Copies share the request.
class CancellationToken {
 public:
  void request() noexcept { requested_->store(true, std::memory_order_relaxed); }
  /// Takes the request back, where another job follows the one that was stopped.
  void withdraw() noexcept { requested_->store(false, std::memory_order_relaxed); }
  bool requested() const noexcept { return requested_->load(std::memory_order_relaxed); }

  /// @throws Cancelled when a stop was requested.
  void check() const {
    if (requested()) {
      throw Cancelled();
    }
  }

 private:
  std::shared_ptr<std::atomic<bool>> requested_ = std::make_shared<std::atomic<bool>>(false);
};

}  // namespace ogam

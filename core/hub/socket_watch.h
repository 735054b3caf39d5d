#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include "core/base/cancellation.h"
#include "core/base/descriptor.h"

namespace ogam::hub {

/// Cuts the connection of one request where its owner, waiting in a system call, cannot: when a
/// stop is requested, when the answer does not begin in time or trickles, and when far more arrives
/// than is handed on (headers or chunk sizes without end would fill the memory).
class SocketWatch {
 public:
  /// @param patience how long the answer's headers may take, and how long the content may come
  ///     slower than 1 kB a second.
  SocketWatch(CancellationToken cancel, std::chrono::seconds patience);
  ~SocketWatch();
  SocketWatch(const SocketWatch&) = delete;
  SocketWatch& operator=(const SocketWatch&) = delete;

  /// A socket was made for the request and is about to connect.
  void opened(int socket);

  /// The headers are read; from here on the speed counts.
  void headers_done();

  /// Content was handed on.
  void delivered(std::size_t bytes);

  /// Why the connection was cut; empty when it was not.
  std::string reason() const;

 private:
  void run(const std::stop_token& stop);
  std::string reason_to_cut();

  const CancellationToken cancel_;
  const std::chrono::seconds patience_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  Descriptor socket_;  ///< a second number of the socket: the first may be closed and used again
  bool headers_done_ = false;
  std::uint64_t delivered_ = 0;
  std::uint64_t delivered_before_ = 0;            ///< at the beginning of the window
  std::chrono::steady_clock::time_point window_;  ///< when the headers or this window began
  std::string reason_;
  std::jthread thread_;  ///< last: it uses everything above
};

}  // namespace ogam::hub

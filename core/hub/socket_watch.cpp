#include "core/hub/socket_watch.h"

#include <fcntl.h>
#include <linux/tcp.h>
#include <sys/socket.h>

namespace ogam::hub {

namespace {

constexpr auto kPause = std::chrono::milliseconds(50);
constexpr std::uint64_t kSlowest = 1000;  // bytes a second
// What the system holds in its buffers counts as received and was not handed on yet.
constexpr std::uint64_t kMaxUndelivered = 64U << 20;
constexpr int kTcpLevel = 6;  // IPPROTO_TCP, whose header clashes with linux/tcp.h

/// What came over the wire so far; 0 when the system does not say.
std::uint64_t bytes_received(int socket) {
  tcp_info info{};
  socklen_t size = sizeof info;
  return ::getsockopt(socket, kTcpLevel, TCP_INFO, &info, &size) == 0 ? info.tcpi_bytes_received
                                                                      : 0;
}

}  // namespace

SocketWatch::SocketWatch(CancellationToken cancel, std::chrono::seconds patience)
    : cancel_(std::move(cancel)),
      patience_(patience),
      window_(std::chrono::steady_clock::now()),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

SocketWatch::~SocketWatch() = default;  // the thread is asked to stop and joined

void SocketWatch::opened(int socket) {
  const std::lock_guard lock(mutex_);
  socket_ = Descriptor(::fcntl(socket, F_DUPFD_CLOEXEC, 0));
}

void SocketWatch::headers_done() {
  const std::lock_guard lock(mutex_);
  headers_done_ = true;
  window_ = std::chrono::steady_clock::now();
}

void SocketWatch::delivered(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  delivered_ += bytes;
}

std::string SocketWatch::reason() const {
  const std::lock_guard lock(mutex_);
  return reason_;
}

std::string SocketWatch::reason_to_cut() {
  if (cancel_.requested()) {
    return "stopped on request";
  }
  // Encryption and chunks add a few percent to the content; twice as much is no content any more.
  if (bytes_received(socket_.get()) > 2 * delivered_ + kMaxUndelivered) {
    return "the answer has headers without end";
  }
  const auto now = std::chrono::steady_clock::now();
  if (now - window_ < patience_) {
    return "";
  }
  if (!headers_done_) {
    return fmt::format("no answer within {} s", patience_.count());
  }
  const std::uint64_t bytes = delivered_ - delivered_before_;
  window_ = now;
  delivered_before_ = delivered_;
  return bytes < kSlowest * static_cast<std::uint64_t>(patience_.count())
             ? fmt::format("only {} bytes came in {} s", bytes, patience_.count())
             : "";
}

void SocketWatch::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, stop, kPause, [&] { return stop.stop_requested(); })) {
    if (reason_.empty()) {
      reason_ = reason_to_cut();
    }
    if (!reason_.empty() && socket_.get() >= 0) {
      ::shutdown(socket_.get(), SHUT_RDWR);  // also one that another address was tried with since
    }
  }
}

}  // namespace ogam::hub

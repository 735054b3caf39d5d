#include "apps/ogam/progress_bar.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "apps/ogam/console.h"
#include "core/base/files.h"

namespace ogam {

namespace {

constexpr auto kRedraw = std::chrono::milliseconds(100);
constexpr auto kLineEvery = std::chrono::seconds(10);
constexpr int kBarWidth = 20;

std::string bar(double share) {
  const int full = static_cast<int>(std::clamp(share, 0.0, 1.0) * kBarWidth);
  std::string text;
  for (int i = 0; i < kBarWidth; ++i) {
    text += i < full ? "█" : "░";
  }
  return text;
}

std::string line(const ProgressEvent& event, bool with_bar) {
  const double share = event.time_total > 0 ? to_seconds(event.time_done) / to_seconds(event.time_total) : 0;
  std::string text = fmt::format("[{}/{}] ", event.files_done + 1, event.files_total);
  if (with_bar) {
    text += bar(share) + " ";
  }
  if (event.time_total > 0) {
    text += fmt::format("{:3.0f}% ", 100 * std::min(share, 1.0));
  }
  if (event.realtime > 0) {
    text += fmt::format("{:.1f}x realtime ", event.realtime);
  }
  if (event.seconds_left >= 1) {
    text += fmt::format("{} left ", format_time(from_seconds(event.seconds_left)));
  }
  return text + display_path(event.path.filename()) +
         (event.message.empty() ? "" : " (" + event.message + ")");
}

}  // namespace

ProgressBar::ProgressBar(bool quiet) : quiet_(quiet), terminal_(stderr_is_terminal()) {
  last_ = std::chrono::steady_clock::now();
}

ProgressBar::~ProgressBar() { clear(); }

void ProgressBar::show(const ProgressEvent& event) {
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (quiet_ || now - last_ < (terminal_ ? std::chrono::milliseconds(kRedraw)
                                         : std::chrono::milliseconds(kLineEvery))) {
    return;
  }
  last_ = now;
  if (terminal_) {
    fmt::print(stderr, "\r\033[K{}", fit(line(event, true), terminal_width() - 1));
    std::fflush(stderr);
    drawn_ = true;
  } else {
    fmt::print(stderr, "{}\n", line(event, false));
  }
}

void ProgressBar::clear() {
  const std::lock_guard lock(mutex_);
  if (drawn_) {
    fmt::print(stderr, "\r\033[K");
    std::fflush(stderr);
    drawn_ = false;
  }
}

}  // namespace ogam

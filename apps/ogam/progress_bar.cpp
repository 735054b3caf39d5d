#include "apps/ogam/progress_bar.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <optional>

#include "apps/ogam/console.h"
#include "core/base/files.h"
#include "core/base/json.h"

namespace ogam {

namespace {

constexpr int kBarWidth = 20;

std::string bar(double share) {
  const int full = static_cast<int>(std::clamp(share, 0.0, 1.0) * kBarWidth);
  std::string text;
  for (int i = 0; i < kBarWidth; ++i) {
    text += i < full ? "█" : "░";
  }
  return text;
}

/// How much is done, from 0 to 1; nothing when that is not known.
std::optional<double> share_done(const ProgressEvent& event) {
  if (event.bytes_total > 0) {
    return static_cast<double>(event.bytes_done) / static_cast<double>(event.bytes_total);
  }
  if (event.time_total > 0) {
    return to_seconds(event.time_done) / to_seconds(event.time_total);
  }
  return std::nullopt;
}

std::string line(const ProgressEvent& event, bool with_bar) {
  const std::optional<double> share = share_done(event);
  std::string text = fmt::format("[{}/{}] ", event.files_done + 1, event.files_total);
  if (with_bar) {
    text += bar(share.value_or(0)) + " ";
  }
  if (share) {
    text += fmt::format("{:3.0f}% ", 100 * std::min(*share, 1.0));
  }
  if (event.bytes_total > 0) {
    text +=
        fmt::format("{} of {} ", format_bytes(event.bytes_done), format_bytes(event.bytes_total));
  }
  if (event.bytes_per_second > 0) {
    text += fmt::format("{}/s ", format_bytes(static_cast<std::uint64_t>(event.bytes_per_second)));
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

/// A job goes on where its progress cannot be written.
void write(const std::string& text) {
  std::fputs(text.c_str(), stderr);
  std::fflush(stderr);
}

Json event_json(const ProgressEvent& event) {
  Json json = {
      {"path", display_path(event.path)},           {"files_done", event.files_done},
      {"files_total", event.files_total},           {"time_done", to_seconds(event.time_done)},
      {"time_total", to_seconds(event.time_total)}, {"realtime", event.realtime},
      {"seconds_left", event.seconds_left},         {"message", event.message}};
  if (event.bytes_total > 0) {
    json["bytes_done"] = event.bytes_done;
    json["bytes_total"] = event.bytes_total;
    json["bytes_per_second"] = event.bytes_per_second;
  }
  return json;
}

}  // namespace

ProgressBar::ProgressBar(const CommonOptions& options)
    : style_(options.quiet          ? Style::none
             : options.json         ? Style::json
             : stderr_is_terminal() ? Style::bar
                                    : Style::lines) {}

ProgressBar::~ProgressBar() { clear(); }

void ProgressBar::show(const ProgressEvent& event) {
  using std::chrono::milliseconds;
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  const auto pause = style_ == Style::bar    ? milliseconds(100)
                     : style_ == Style::json ? milliseconds(1000)
                                             : milliseconds(10'000);
  if (style_ == Style::none || now - last_ < pause) {
    return;
  }
  last_ = now;
  if (style_ == Style::json) {
    write(dump_json({{"progress", event_json(event)}}) + "\n");
  } else if (style_ == Style::lines) {
    write(line(event, false) + "\n");
  } else {
    write("\r\033[K" + fit(line(event, true), terminal_width() - 1));
    drawn_ = true;
  }
}

void ProgressBar::clear() {
  const std::lock_guard lock(mutex_);
  if (drawn_) {
    write("\r\033[K");
    drawn_ = false;
  }
}

}  // namespace ogam

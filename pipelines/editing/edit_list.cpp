#include "pipelines/editing/edit_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/base/files.h"

namespace ogam {

namespace {

std::string timecode(std::int64_t frames, const FrameRate& rate) {
  const std::int64_t base = (rate.num + rate.den / 2) / rate.den;
  return fmt::format("{:02}:{:02}:{:02}:{:02}", frames / base / 3600, frames / base / 60 % 60,
                     frames / base % 60, frames % base);
}

}  // namespace

EditList::EditList(std::string title, const FrameRate& rate)
    : title_(std::move(title)), rate_(rate) {}

void EditList::add(const std::filesystem::path& path, const TimeSpan& span, Time fade) {
  const std::int64_t start = rate_.frames_in(span.start);
  events_.push_back({.reel = "AX",
                     .name = display_path(path.filename()),
                     .start = start,
                     .end = std::max(rate_.frames_in(span.end), start + 1),
                     .fade = rate_.frames_in(fade)});
}

void EditList::add_card(const std::string& title, Time duration, Time fade) {
  events_.push_back({.reel = "BL",
                     .name = title,
                     .start = 0,
                     .end = std::max<std::int64_t>(rate_.frames_in(duration), 1),
                     .fade = rate_.frames_in(fade)});
}

std::string EditList::text() const {
  std::string text = fmt::format("TITLE: {}\nFCM: NON-DROP FRAME\n\n", title_);
  std::int64_t at = 0;
  for (std::size_t i = 0; i < events_.size(); ++i) {
    const Event& event = events_[i];
    const auto line = [&](const Event& source, std::string_view kind, std::int64_t from,
                          std::int64_t to) {
      text += fmt::format("{:03}  {:<8} AA/V  {} {} {} {} {}\n", i + 1, source.reel, kind,
                          timecode(from, rate_), timecode(to, rate_), timecode(at, rate_),
                          timecode(at + to - from, rate_));
    };
    // What an event shows while it goes over into the next one belongs to that one's dissolve.
    const std::int64_t end = event.end - (i + 1 < events_.size() ? events_[i + 1].fade : 0);
    if (event.fade > 0 && i > 0) {
      const Event& before = events_[i - 1];
      line(before, "C       ", before.end - event.fade, before.end - event.fade);
      line(event, fmt::format("D    {:03}", event.fade), event.start, end);
      text += fmt::format("* FROM CLIP NAME: {}\n* TO CLIP NAME: {}\n\n", before.name, event.name);
    } else {
      line(event, "C       ", event.start, end);
      text += fmt::format("* FROM CLIP NAME: {}\n\n", event.name);
    }
    at += end - event.start;
  }
  return text;
}

}  // namespace ogam

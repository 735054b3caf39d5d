#include "apps/ogam/edit_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/files.h"

namespace ogam {

namespace {

constexpr int kRate = 25;

std::int64_t frames_at(Time time) {
  return static_cast<std::int64_t>(std::llround(to_seconds(time) * kRate));
}

std::string timecode(std::int64_t frames) {
  return fmt::format("{:02}:{:02}:{:02}:{:02}", frames / kRate / 3600, frames / kRate / 60 % 60,
                     frames / kRate % 60, frames % kRate);
}

}  // namespace

EditList::EditList(const std::string& title)
    : text_(fmt::format("TITLE: {}\nFCM: NON-DROP FRAME\n\n", title)) {}

void EditList::add(const std::filesystem::path& path, const TimeSpan& span) {
  const std::int64_t start = frames_at(span.start);
  const std::int64_t length = std::max<std::int64_t>(frames_at(span.end) - start, 1);
  text_ += fmt::format("{:03}  AX       AA/V  C        {} {} {} {}\n* FROM CLIP NAME: {}\n\n",
                       ++events_, timecode(start), timecode(start + length), timecode(at_),
                       timecode(at_ + length), display_path(path.filename()));
  at_ += length;
}

}  // namespace ogam

#include "apps/ogam/edit_list.h"

#include <fmt/format.h>

#include <cmath>

#include "core/base/files.h"

namespace ogam {

namespace {

constexpr int kRate = 25;

std::string timecode(Time time) {
  const auto frames = static_cast<std::int64_t>(std::llround(to_seconds(time) * kRate));
  return fmt::format("{:02}:{:02}:{:02}:{:02}", frames / kRate / 3600, frames / kRate / 60 % 60,
                     frames / kRate % 60, frames % kRate);
}

}  // namespace

EditList::EditList(const std::string& title)
    : text_(fmt::format("TITLE: {}\nFCM: NON-DROP FRAME\n\n", title)) {}

void EditList::add(const std::filesystem::path& path, const TimeSpan& span) {
  text_ += fmt::format("{:03}  AX       AA/V  C        {} {} {} {}\n* FROM CLIP NAME: {}\n\n",
                       ++events_, timecode(span.start), timecode(span.end), timecode(at_),
                       timecode(at_ + span.duration()), display_path(path.filename()));
  at_ += span.duration();
}

}  // namespace ogam

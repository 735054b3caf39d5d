#include "core/nn/gemma_media_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace ogam {

namespace {

std::string enclosed(const std::string& begin, const std::string& slot, std::int64_t count,
                     const std::string& end) {
  std::string text = begin;
  for (std::int64_t i = 0; i < count; ++i) {
    text += slot;
  }
  return text + end;
}

/// To the nearest second, halves to the even one, as Python rounds.
std::int64_t nearest_second(Time time) { return std::llrint(to_seconds(time)); }

std::string clock(std::int64_t seconds) {
  return fmt::format("{:02}:{:02}", seconds / 60, seconds % 60);
}

}  // namespace

std::string GemmaMediaText::image(std::int64_t slots) const {
  return enclosed(tokens_.begin_image, tokens_.image, slots, tokens_.end_image);
}

std::string GemmaMediaText::audio(std::int64_t slots) const {
  return enclosed(tokens_.begin_audio, tokens_.audio, slots, tokens_.end_audio);
}

std::string GemmaMediaText::frame(std::int64_t slots) const {
  return enclosed(tokens_.begin_image, tokens_.video, slots, tokens_.end_image);
}

std::string GemmaMediaText::video(std::int64_t frames, std::int64_t slots) const {
  return enclosed("", frame(slots), frames, "");
}

std::string GemmaMediaText::timed_video(std::span<const Time> times, std::int64_t slots) const {
  std::vector<std::string> parts;
  for (const auto time : times) {
    parts.push_back(clock(nearest_second(time)) + " " + frame(slots));
  }
  return fmt::format("{}", fmt::join(parts, " "));
}

std::string GemmaMediaText::timed_video(std::span<const Time> times, std::int64_t slots,
                                        const Sound& sound) const {
  std::vector<std::string> parts;
  const auto first = nearest_second(times.front());
  // At least one second hears the sound. The reference fails where a clip ends before it.
  const auto end = std::max(first + 1, static_cast<std::int64_t>(to_seconds(sound.duration)));
  auto left = sound.slots;
  for (std::size_t i = 0; i < times.size(); ++i) {
    const auto shown = nearest_second(times[i]);
    parts.push_back(clock(shown) + " " + frame(slots));
    const auto next = i + 1 < times.size() ? nearest_second(times[i + 1]) : end;
    for (auto second = shown; second < std::min(next, end); ++second) {
      const auto heard = second + 1 == end ? left : std::min(left, sound.slots_per_second);
      left -= heard;
      if (heard > 0) {
        parts.push_back(clock(second) + " " + audio(heard));
      }
    }
  }
  return fmt::format("{}", fmt::join(parts, " "));
}

}  // namespace ogam

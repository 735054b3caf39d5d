#include "pipelines/segmentation.h"

#include <algorithm>

#include "core/base/error.h"

namespace ogam {

SegmentRule SegmentRule::parse(const std::string& text) {
  if (text == "shots") {
    return {};
  }
  constexpr std::string_view kFixed = "fixed:";
  if (text.starts_with(kFixed)) {
    const Time length = parse_time(text.substr(kFixed.size()));
    require(length >= kSecond / 10, ErrorCode::invalid_argument,
            "fixed segments must last 0.1 seconds at least, got '{}'", text);
    return {Kind::fixed, length};
  }
  fail(ErrorCode::invalid_argument,
       "'{}' is not a way to cut segments; write shots or fixed:SECONDS", text);
}

std::string SegmentRule::name() const {
  return kind == Kind::shots ? "shots" : fmt::format("fixed:{}", to_seconds(length));
}

namespace {

void split_evenly(const TimeSpan& span, Time length, std::vector<TimeSpan>& segments) {
  const Time parts = std::max<Time>(1, (span.duration() + length - 1) / length);
  for (Time part = 0; part < parts; ++part) {
    segments.push_back({span.start + span.duration() * part / parts,
                        span.start + span.duration() * (part + 1) / parts});
  }
}

}  // namespace

std::vector<TimeSpan> make_segments(const std::vector<TimeSpan>& shots, Time duration,
                                    const SegmentRule& rule) {
  std::vector<TimeSpan> segments;
  if (rule.kind == SegmentRule::Kind::fixed || shots.empty()) {
    for (Time start = 0; start < duration || segments.empty(); start += rule.length) {
      segments.push_back({start, std::min(start + rule.length, duration)});
    }
    return segments;
  }
  // Sound may go on before the first picture and after the last one.
  for (std::size_t i = 0; i < shots.size(); ++i) {
    const Time start = i == 0 ? 0 : shots[i].start;
    const Time end = i + 1 < shots.size() ? shots[i + 1].start : std::max(shots[i].end, duration);
    split_evenly({start, end}, rule.length, segments);
  }
  return segments;
}

std::size_t segment_at(const std::vector<TimeSpan>& segments, Time time) {
  const auto after =
      std::upper_bound(segments.begin(), segments.end(), time,
                       [](Time value, const TimeSpan& segment) { return value < segment.start; });
  return after == segments.begin() ? 0 : static_cast<std::size_t>(after - segments.begin()) - 1;
}

std::size_t segment_of(const std::vector<TimeSpan>& segments, const TimeSpan& span) {
  std::size_t best = segment_at(segments, span.start);
  for (std::size_t i = best; i < segments.size() && segments[i].start < span.end; ++i) {
    if (segments[i].overlap(span) > segments[best].overlap(span)) {
      best = i;
    }
  }
  return best;
}

}  // namespace ogam

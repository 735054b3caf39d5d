#include "core/base/time.h"

#include <charconv>
#include <cmath>

#include "core/base/error.h"

namespace ogam {

std::string format_time(Time time) {
  const char* sign = time < 0 ? "-" : "";
  const Time tenths = (time < 0 ? -time : time) / (kSecond / 10);
  return fmt::format("{}{}:{:02}:{:02}.{}", sign, tenths / 36000, tenths / 600 % 60,
                     tenths / 10 % 60, tenths % 10);
}

std::string format_subtitle_time(Time time, char decimal_mark) {
  const Time millis = (time < 0 ? 0 : time) / 1000;
  return fmt::format("{:02}:{:02}:{:02}{}{:03}", millis / 3'600'000, millis / 60'000 % 60,
                     millis / 1000 % 60, decimal_mark, millis % 1000);
}

Time parse_time(const std::string& text) {
  double seconds = 0;
  int fields = 0;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (; fields < 3; ++fields) {
    double value = 0;
    const auto [stop, status] = std::from_chars(at, end, value, std::chars_format::fixed);
    require(status == std::errc{} && std::isfinite(value) && value >= 0 && value < 1e9,
            ErrorCode::invalid_argument,
            "'{}' is not a time; write seconds (75.5) or h:mm:ss (0:01:15.5)", text);
    seconds = seconds * 60 + value;
    at = stop;
    if (at == end || *at != ':') {
      break;
    }
    ++at;
  }
  require(at == end && fields < 3, ErrorCode::invalid_argument,
          "'{}' is not a time; write seconds (75.5) or h:mm:ss (0:01:15.5)", text);
  return from_seconds(seconds);
}

}  // namespace ogam

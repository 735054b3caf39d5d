#include "core/text/grammar/digits.h"

#include <fmt/format.h>

#include <algorithm>

namespace ogam {

Digits::Rule Digits::digit(char first, char last) {
  return builder_.byte_between(static_cast<unsigned char>(first), static_cast<unsigned char>(last));
}

Digits::Rule Digits::between(std::string_view min, std::string_view max) {
  if (min.empty()) {
    return builder_.nothing();
  }
  if (std::all_of(min.begin(), min.end(), [](char c) { return c == '0'; }) &&
      std::all_of(max.begin(), max.end(), [](char c) { return c == '9'; })) {
    return builder_.repeat(digit('0', '9'), min.size(), min.size());
  }
  const char low = min.front();
  const char high = max.front();
  const auto rest = [](std::string_view text) { return text.substr(1); };
  if (low == high) {
    return builder_.sequence({digit(low, low), between(rest(min), rest(max))});
  }
  const std::string zeros(min.size() - 1, '0');
  const std::string nines(min.size() - 1, '9');
  std::vector<Rule> rules = {builder_.sequence({digit(low, low), between(rest(min), nines)}),
                             builder_.sequence({digit(high, high), between(zeros, rest(max))})};
  if (high - low > 1) {
    rules.push_back(builder_.sequence(
        {digit(static_cast<char>(low + 1), static_cast<char>(high - 1)), between(zeros, nines)}));
  }
  return builder_.any_of(rules);
}

Digits::Rule Digits::between(std::uint64_t min, std::uint64_t max) {
  std::vector<Rule> rules;
  while (min <= max) {  // one length after the other
    const auto low = std::to_string(min);
    const auto high = std::to_string(max);
    const bool same_length = low.size() == high.size();
    const auto end = same_length ? high : std::string(low.size(), '9');
    rules.push_back(between(std::string_view(low), std::string_view(end)));
    if (same_length) {
      break;
    }
    min = std::stoull(end) + 1;
  }
  return builder_.any_of(rules);
}

Digits::Rule Digits::part(const Field& field, std::uint64_t min, std::uint64_t max) {
  const auto written = [&](std::uint64_t value) {
    return fmt::format("{:0{}}", value, field.width);
  };
  const Rule number = field.width == 0
                          ? between(min, max)
                          : between(std::string_view(written(min)), std::string_view(written(max)));
  return builder_.sequence({builder_.literal(field.before), number});
}

Digits::Rule Digits::between(const std::vector<Field>& fields,
                             const std::vector<std::uint64_t>& min,
                             const std::vector<std::uint64_t>& max) {
  if (fields.empty()) {
    return builder_.nothing();
  }
  const auto behind = [](const auto& list) { return std::vector(list.begin() + 1, list.end()); };
  const auto rest = behind(fields);
  const std::vector<std::uint64_t> zeros(rest.size(), 0);
  std::vector<std::uint64_t> largest;
  std::transform(rest.begin(), rest.end(), std::back_inserter(largest),
                 [](const Field& field) { return field.max; });
  const auto& field = fields.front();
  const auto low = min.front();
  const auto high = max.front();
  if (low == high) {
    return builder_.sequence({part(field, low, low), between(rest, behind(min), behind(max))});
  }
  if (behind(min) == zeros && behind(max) == largest) {
    return builder_.sequence({part(field, low, high), between(rest, zeros, largest)});
  }
  std::vector<Rule> rules = {
      builder_.sequence({part(field, low, low), between(rest, behind(min), largest)}),
      builder_.sequence({part(field, high, high), between(rest, zeros, behind(max))})};
  if (high - low > 1) {
    rules.push_back(
        builder_.sequence({part(field, low + 1, high - 1), between(rest, zeros, largest)}));
  }
  return builder_.any_of(rules);
}

}  // namespace ogam

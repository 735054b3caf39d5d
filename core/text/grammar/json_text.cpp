#include "core/text/grammar/json_text.h"

#include <algorithm>
#include <array>
#include <limits>

#include "core/base/error.h"
#include "core/text/grammar/digits.h"
#include "core/text/unicode.h"

namespace ogam {

namespace {

using Rule = GrammarBuilder::Rule;

constexpr std::size_t kMaxDigits = 15;  // which a double keeps
constexpr std::int64_t kLargestWritten = 999'999'999'999'999;

const CodePoints& controls() {
  static const CodePoints points({{0, 0x1F}});
  return points;
}

/// The shortest escape of a character that may not stand in a string as it is.
std::string escaped(char32_t c) {
  constexpr std::string_view kNamed = "\"\"\\\\\bb\ff\nn\rr\tt";
  for (std::size_t i = 0; i < kNamed.size(); i += 2) {
    if (static_cast<char32_t>(kNamed[i]) == c) {
      return {'\\', kNamed[i + 1]};
    }
  }
  return fmt::format("\\u{:04x}", static_cast<std::uint32_t>(c));
}

}  // namespace

Rule JsonText::character(const CodePoints& points) {
  CodePoints special = controls();
  special.add(CodePoints::of('"'));
  special.add(CodePoints::of('\\'));
  std::vector<std::string> escapes;
  for (const auto& [first, last] : special.ranges()) {
    for (char32_t c = first; c <= last; ++c) {
      if (points.contains(c)) {
        escapes.push_back(escaped(c));
      }
    }
  }
  return builder_.any_of({builder_.character(points.without(special)), builder_.one_of(escapes)});
}

/// Any escape, of half of a pair of surrogates only together with the other half.
Rule JsonText::escape() {
  const auto byte = [&](char first, char last) {
    return builder_.byte_between(static_cast<unsigned char>(first),
                                 static_cast<unsigned char>(last));
  };
  const Rule digit = builder_.any_of({byte('0', '9'), byte('a', 'f'), byte('A', 'F')});
  const Rule two = builder_.sequence({digit, digit});
  const Rule three = builder_.sequence({digit, two});
  const Rule d = builder_.one_of({"d", "D"});
  const Rule plain = builder_.any_of(
      {builder_.sequence({builder_.any_of({byte('0', '9'), byte('a', 'c'), byte('A', 'C'),
                                           byte('e', 'f'), byte('E', 'F')}),
                          three}),
       builder_.sequence({d, byte('0', '7'), two})});
  const Rule high = builder_.sequence(
      {d, builder_.any_of({byte('8', '9'), byte('a', 'b'), byte('A', 'B')}), two});
  const Rule low = builder_.sequence({d, builder_.any_of({byte('c', 'f'), byte('C', 'F')}), two});
  const Rule unicode =
      builder_.any_of({plain, builder_.sequence({high, builder_.literal("\\u"), low})});
  return builder_.any_of(
      {builder_.one_of({"\\\"", "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t"}),
       builder_.sequence({builder_.literal("\\u"), unicode})});
}

Rule JsonText::string(std::size_t min, std::optional<std::size_t> max) {
  CodePoints plain = controls();
  plain.add(CodePoints::of('"'));
  plain.add(CodePoints::of('\\'));
  const Rule one = builder_.any_of({builder_.character(plain.inverted()), escape()});
  return quoted(builder_.repeat(one, min, max));
}

Rule JsonText::digits(std::size_t min, std::size_t max) {
  return builder_.repeat(builder_.byte_between('0', '9'), min, max);
}

Rule JsonText::whole(std::uint64_t min, std::uint64_t max) {
  return Digits(builder_).between(min, max);
}

Rule JsonText::integer(std::optional<std::int64_t> min, std::optional<std::int64_t> max) {
  // A bound that is not given is far away, and beyond the other one.
  const auto far = [](std::int64_t other) {
    constexpr auto kLargest = std::numeric_limits<std::int64_t>::max();
    return other > kLargestWritten ? kLargest : kLargestWritten;
  };
  const std::int64_t low = min ? *min : -far(max && *max < 0 ? -(*max + 1) : 0);
  const std::int64_t high = max ? *max : far(low);
  std::vector<Rule> rules;
  if (high >= 0) {
    rules.push_back(whole(static_cast<std::uint64_t>(std::max<std::int64_t>(low, 0)),
                          static_cast<std::uint64_t>(high)));
  }
  if (low < 0) {
    const auto size = [](std::int64_t number) { return ~static_cast<std::uint64_t>(number) + 1; };
    const Rule sized = whole(high < 0 ? size(high) : 1, size(low));
    rules.push_back(builder_.sequence({builder_.literal("-"), sized}));
  }
  return builder_.any_of(rules);
}

Rule JsonText::fraction() {
  return builder_.sequence({builder_.literal("."), digits(1, kMaxDigits)});
}

/// From `min` to `max`, with or without a fraction.
Rule JsonText::decimal(std::uint64_t min, std::uint64_t max) {
  const Rule zeros = builder_.sequence(
      {builder_.literal("."), builder_.repeat(builder_.literal("0"), 1, kMaxDigits)});
  const Rule end = builder_.sequence({whole(max, max), builder_.optional(zeros)});
  if (min == max) {
    return end;
  }
  return builder_.any_of(
      {builder_.sequence({whole(min, max - 1), builder_.optional(fraction())}), end});
}

Rule JsonText::number(std::optional<std::int64_t> min, std::optional<std::int64_t> max) {
  if (!min && !max) {
    const Rule sign = builder_.optional(builder_.literal("-"));
    const Rule exponent =
        builder_.sequence({builder_.one_of({"e", "E", "e+", "E+", "e-", "E-"}), digits(1, 2)});
    return builder_.sequence({sign, whole(0, kLargestWritten), builder_.optional(fraction()),
                              builder_.optional(exponent)});
  }
  const std::int64_t low = min ? *min : std::min(*max, -kLargestWritten);
  const std::int64_t high = max ? *max : std::max(low, kLargestWritten);
  std::vector<Rule> rules;
  if (high >= 0) {
    rules.push_back(decimal(static_cast<std::uint64_t>(std::max<std::int64_t>(low, 0)),
                            static_cast<std::uint64_t>(high)));
  }
  if (low < 0) {
    const auto size = [](std::int64_t number) { return ~static_cast<std::uint64_t>(number) + 1; };
    rules.push_back(
        builder_.sequence({builder_.literal("-"), decimal(high < 0 ? size(high) : 0, size(low))}));
  }
  return builder_.any_of(rules);
}

Rule JsonText::timestamp(const TimeSpan& span) {
  constexpr Time kTenth = kSecond / 10;
  constexpr std::uint64_t kLast = std::uint64_t{100'000} * 36'000;  // 100,000 hours
  require(span.start >= 0 && span.start <= span.end, ErrorCode::invalid_argument,
          "times from {} to {} are no span", format_time(span.start), format_time(span.end));
  const auto high = std::min(static_cast<std::uint64_t>(span.end / kTenth), kLast);
  const auto low = std::min(static_cast<std::uint64_t>((span.start + kTenth - 1) / kTenth), high);
  // H:MM:SS.t, and M:SS.t below an hour; each with tenths and without.
  const std::vector<Digits::Field> hours = {
      {"", 0, kLast / 36'000}, {":", 2, 59}, {":", 2, 59}, {".", 1, 9}};
  const std::vector<Digits::Field> minutes = {{"", 0, 59}, {":", 2, 59}, {".", 1, 9}};
  const auto parts = [](std::uint64_t tenths) {
    return std::vector<std::uint64_t>{tenths / 36'000, tenths / 600 % 60, tenths / 10 % 60,
                                      tenths % 10};
  };
  Digits writer(builder_);
  std::vector<Rule> rules;
  const auto add = [&](std::vector<Digits::Field> fields, bool with_hours, bool with_tenths) {
    const std::uint64_t step = with_tenths ? 1 : 10;
    const auto last = with_hours ? high : std::min<std::uint64_t>(high, 35'999);
    const auto from = (low + step - 1) / step * step;
    const auto to = last / step * step;
    if (from > to || low > last) {
      return;
    }
    auto min = parts(from);
    auto max = parts(to);
    for (auto* values : {&min, &max}) {
      values->erase(values->begin(), values->begin() + (with_hours ? 0 : 1));
      values->resize(values->size() - (with_tenths ? 0 : 1));
    }
    fields.resize(fields.size() - (with_tenths ? 0 : 1));
    rules.push_back(writer.between(fields, min, max));
  };
  for (const bool with_tenths : {false, true}) {
    add(hours, true, with_tenths);
    add(minutes, false, with_tenths);
  }
  return quoted(builder_.any_of(rules));
}

Rule JsonText::array(Rule item, std::size_t min, std::optional<std::size_t> max) {
  const Rule empty = min == 0 ? builder_.nothing() : builder_.never();
  const Rule more = builder_.sequence({comma(), item});
  const Rule items =
      max == std::size_t{0}
          ? builder_.never()
          : builder_.sequence({item, builder_.repeat(more, min > 0 ? min - 1 : 0,
                                                     max ? std::optional(*max - 1) : max)});
  return builder_.sequence(
      {builder_.literal("["), builder_.any_of({empty, items}), builder_.literal("]")});
}

Rule JsonText::map(Rule value) {
  const Rule entry = builder_.sequence({string(0, std::nullopt), colon(), value});
  const Rule more = builder_.repeat(builder_.sequence({comma(), entry}), 0, std::nullopt);
  return builder_.sequence({builder_.literal("{"),
                            builder_.optional(builder_.sequence({entry, more})),
                            builder_.literal("}")});
}

}  // namespace ogam

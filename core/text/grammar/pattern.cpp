#include "core/text/grammar/pattern.h"

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>
#include <utility>

#include "core/base/error.h"
#include "core/text/unicode.h"

namespace ogam {

namespace {

using Rule = GrammarBuilder::Rule;

constexpr std::size_t kMaxPatternBytes = 100'000;
constexpr std::size_t kMaxRepetitions = 10'000;
constexpr int kMaxLevels = 100;

class PatternParser {
 public:
  PatternParser(std::string_view pattern, const std::string& origin, GrammarBuilder& builder,
                const CharacterRule& character, PatternMatch match)
      : rest_(pattern), origin_(origin), builder_(builder), character_(character), match_(match) {}

  Rule run() {
    const Rule rule = alternatives(0);
    if (!rest_.empty()) {
      refuse(ErrorCode::invalid_argument, "')' closes nothing");
    }
    return rule;
  }

 private:
  template <typename... Args>
  [[noreturn]] void refuse(ErrorCode code, fmt::format_string<Args...> format,
                           Args&&... args) const {
    fail(code, "{}: {}", origin_, fmt::format(format, std::forward<Args>(args)...));
  }
  [[noreturn]] void refuse_part(std::string_view what) const {
    refuse(ErrorCode::unsupported, "{} is not implemented", what);
  }

  bool take(std::string_view text) {
    const bool found = rest_.starts_with(text);
    rest_.remove_prefix(found ? text.size() : 0);
    return found;
  }
  char peek() const { return rest_.empty() ? '\0' : rest_.front(); }
  char32_t take_character() {
    if (rest_.empty()) {
      refuse(ErrorCode::invalid_argument, "it ends early");
    }
    const auto character = first_character(rest_);
    rest_.remove_prefix(character.size);
    return character.code_point;
  }

  Rule alternatives(int level) {
    if (level > kMaxLevels) {
      refuse(ErrorCode::resource_exhausted, "groups nest deeper than {} levels", kMaxLevels);
    }
    std::vector<Rule> rules;
    do {
      rules.push_back(level == 0 ? bound_alternative() : alternative(level));
    } while (take("|"));
    return rules.size() == 1 ? rules.front() : builder_.any_of(rules);
  }

  bool take_start() { return take("^") || take("\\A"); }
  bool take_end() {
    const auto after = rest_.substr(std::min<std::size_t>(rest_.size(), peek() == '$' ? 1 : 2));
    const bool is_end = (rest_.starts_with("$") || rest_.starts_with("\\Z")) &&
                        (after.empty() || after.front() == '|');
    return is_end && (take("$") || take("\\Z"));
  }

  /// One alternative of the whole pattern, with its anchors.
  Rule bound_alternative() {
    const bool from_start = take_start();
    const Rule inside = alternative(0);
    const bool to_end = take_end();
    if (match_ == PatternMatch::whole || (from_start && to_end)) {
      return inside;
    }
    const Rule any = builder_.repeat(character_(CodePoints::all()), 0, std::nullopt);
    return builder_.sequence(
        {from_start ? builder_.nothing() : any, inside, to_end ? builder_.nothing() : any});
  }

  Rule alternative(int level) {
    std::vector<Rule> rules;
    while (!rest_.empty() && peek() != '|' && peek() != ')') {
      if (level == 0 && (peek() == '$' || rest_.starts_with("\\Z"))) {
        break;
      }
      rules.push_back(quantified(atom(level)));
    }
    if (level == 0 && (peek() == '$' || rest_.starts_with("\\Z"))) {
      auto copy = *this;
      if (!copy.take_end()) {
        refuse_part("an anchor within the pattern");
      }
    }
    return builder_.sequence(rules);
  }

  Rule atom(int level) {
    if (take("(")) {
      return group(level);
    }
    if (take("[")) {
      return character_(set());
    }
    if (take(".")) {
      return character_(CodePoints::of('\n').inverted());
    }
    if (take("\\")) {
      return character_(escaped(false));
    }
    constexpr std::string_view kSpecial = "*+?{}^$";
    if (kSpecial.find(peek()) != std::string_view::npos) {
      if (peek() == '^' || peek() == '$') {
        refuse_part("an anchor within the pattern");
      }
      refuse(ErrorCode::invalid_argument, "'{}' repeats nothing; write \\{} for the sign itself",
             peek(), peek());
    }
    return character_(CodePoints::of(take_character()));
  }

  Rule group(int level) {
    if (take("?P<")) {
      const auto end = rest_.find('>');
      if (end == std::string_view::npos) {
        refuse(ErrorCode::invalid_argument, "the name of a group has no end");
      }
      rest_.remove_prefix(end + 1);
    } else if (!take("?:") && peek() == '?') {
      refuse_part("'(" + std::string(rest_.substr(0, 2)) + "'");
    }
    const Rule inside = alternatives(level + 1);
    if (!take(")")) {
      refuse(ErrorCode::invalid_argument, "a group has no ')'");
    }
    return inside;
  }

  Rule quantified(Rule rule) {
    std::size_t min = 0;
    std::optional<std::size_t> max;
    if (take("*")) {
    } else if (take("+")) {
      min = 1;
    } else if (take("?")) {
      max = 1;
    } else if (take("{")) {
      std::tie(min, max) = bounds();
    } else {
      return rule;
    }
    if (take("+")) {
      refuse_part("a possessive repetition");
    }
    take("?");  // as few as possible: the language is the same
    if (std::string_view("*+?{").find(peek()) != std::string_view::npos && !rest_.empty()) {
      refuse(ErrorCode::invalid_argument, "a repetition is repeated; put it in a group");
    }
    return builder_.repeat(rule, min, max);
  }

  /// Behind '{': "n}", "n,}", ",m}" or "n,m}".
  std::pair<std::size_t, std::optional<std::size_t>> bounds() {
    const auto low = number();
    const bool comma = take(",");
    const auto high = comma ? number() : low;
    if (!take("}") || (!low && !comma)) {
      refuse(ErrorCode::invalid_argument,
             "'{{' begins no repetition; write \\{{ for the sign itself");
    }
    if (high && *high < low.value_or(0)) {
      refuse(ErrorCode::invalid_argument,
             "the repetition {{{},{}}} has its bounds the wrong way round", low.value_or(0), *high);
    }
    return {low.value_or(0), high};
  }

  std::optional<std::size_t> number() {
    std::optional<std::size_t> value;
    while (peek() >= '0' && peek() <= '9') {
      value = value.value_or(0) * 10 + static_cast<std::size_t>(peek() - '0');
      rest_.remove_prefix(1);
      if (*value > kMaxRepetitions) {
        refuse(ErrorCode::resource_exhausted, "a repetition has more than {} rounds",
               kMaxRepetitions);
      }
    }
    return value;
  }

  /// Behind '['.
  CodePoints set() {
    const bool inverted = take("^");
    CodePoints result;
    for (bool first = true; first || !take("]"); first = false) {
      if (rest_.starts_with("[:")) {
        refuse_part("a named class in brackets");
      }
      const bool is_class = rest_.starts_with("\\") && is_class_letter(1);
      const auto item = set_item();
      if (peek() != '-' || rest_.starts_with("-]")) {
        result.add(item);
        continue;
      }
      take("-");
      const bool ends_with_class = rest_.starts_with("\\") && is_class_letter(1);
      const auto end = set_item();
      if (is_class || ends_with_class) {
        refuse(ErrorCode::invalid_argument, "a range begins or ends with a class of characters");
      }
      const auto begin_point = item.ranges().front().first;
      const auto end_point = end.ranges().front().first;
      if (end_point < begin_point) {
        refuse(ErrorCode::invalid_argument, "a range ends before it begins");
      }
      result.add(CodePoints({{begin_point, end_point}}));
    }
    return inverted ? result.inverted() : result;
  }

  CodePoints set_item() { return take("\\") ? escaped(true) : CodePoints::of(take_character()); }

  bool is_class_letter(std::size_t at) const {
    return at < rest_.size() &&
           std::string_view("dDwWsS").find(rest_[at]) != std::string_view::npos;
  }

  /// What stands behind a backslash.
  CodePoints escaped(bool in_set) {
    const char32_t c = take_character();
    struct Control {
      char letter;
      char32_t code_point;
    };
    constexpr std::array kControls = {Control{'n', '\n'}, Control{'t', '\t'}, Control{'r', '\r'},
                                      Control{'f', '\f'}, Control{'v', '\v'}, Control{'a', '\a'}};
    for (const auto& control : kControls) {
      if (static_cast<char32_t>(control.letter) == c) {
        return CodePoints::of(control.code_point);
      }
    }
    switch (c) {
      case 'd':
        return digit_code_points();
      case 'D':
        return digit_code_points().inverted();
      case 'w':
        return word_code_points();
      case 'W':
        return word_code_points().inverted();
      case 's':
        return space_code_points();
      case 'S':
        return space_code_points().inverted();
      case 'x':
        return hexadecimal(2);
      case 'u':
        return hexadecimal(4);
      case 'U':
        return hexadecimal(8);
      default:
        break;
    }
    if (c == 'b' && in_set) {
      return CodePoints::of('\b');
    }
    const bool is_letter_or_number =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (is_letter_or_number) {
      refuse_part(std::string("'\\") + static_cast<char>(c) + "'");
    }
    return CodePoints::of(c);
  }

  CodePoints hexadecimal(std::size_t digits) {
    constexpr std::string_view kDigits = "0123456789abcdefABCDEF";
    char32_t value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      const auto digit = rest_.empty() ? std::string_view::npos : kDigits.find(rest_.front());
      if (digit == std::string_view::npos) {
        refuse(ErrorCode::invalid_argument, "an escape lacks some of its {} digits", digits);
      }
      value = value * 16 + static_cast<char32_t>(digit < 16 ? digit : digit - 6);
      rest_.remove_prefix(1);
    }
    const auto points = value <= 0x10FFFF ? CodePoints::of(value) : CodePoints();
    if (points.ranges().empty()) {
      refuse(ErrorCode::invalid_argument, "U+{:X} is no character",
             static_cast<std::uint32_t>(value));
    }
    return points;
  }

  std::string_view rest_;
  const std::string& origin_;
  GrammarBuilder& builder_;
  const CharacterRule& character_;
  PatternMatch match_;
};

}  // namespace

Rule pattern_rule(std::string_view pattern, const std::string& origin, GrammarBuilder& builder,
                  const CharacterRule& character, PatternMatch match) {
  require(pattern.size() <= kMaxPatternBytes, ErrorCode::resource_exhausted,
          "{}: a pattern may have {} bytes, this one has {}", origin, kMaxPatternBytes,
          pattern.size());
  require(is_valid_utf8(pattern), ErrorCode::invalid_argument, "{}: it is not UTF-8", origin);
  return PatternParser(pattern, origin, builder, character, match).run();
}

std::shared_ptr<const Grammar> compile_pattern(std::string_view pattern) {
  constexpr std::size_t kShown = 80;
  const auto origin = fmt::format("the pattern '{}'", repair_utf8(pattern.substr(0, kShown)));
  GrammarBuilder builder(origin);
  const CharacterRule character = [&](const CodePoints& points) {
    return builder.character(points);
  };
  const Rule rule = pattern_rule(pattern, origin, builder, character, PatternMatch::whole);
  return std::make_shared<const Grammar>(std::move(builder).finish(rule));
}

}  // namespace ogam

#include "core/text/jinja/lexer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "core/base/error.h"
#include "core/text/jinja/python_text.h"
#include "core/text/unicode.h"

namespace ogam::jinja {

namespace {

constexpr std::string_view kDigits = "0123456789";

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// All line ends become \n; one at the end of the template goes.
std::string with_plain_line_ends(std::string_view source) {
  std::string out;
  out.reserve(source.size());
  for (std::size_t i = 0; i < source.size(); ++i) {
    out += source[i] == '\r' ? '\n' : source[i];
    i += source[i] == '\r' && source.substr(i + 1).starts_with("\n") ? 1 : 0;
  }
  if (out.ends_with('\n')) {
    out.pop_back();
  }
  return out;
}

class Lexer {
 public:
  Lexer(std::string_view source, const std::string& origin)
      : source_(with_plain_line_ends(source)), rest_(source_), origin_(origin) {}

  std::vector<Token> run() {
    while (!rest_.empty()) {
      take_data();
    }
    add(TokenKind::end);
    return std::move(tokens_);
  }

 private:
  template <typename... Args>
  [[noreturn]] void refuse(ErrorCode code, fmt::format_string<Args...> format, Args&&... args) {
    fail(code, "{}, line {}: {}", origin_, line_, fmt::format(format, std::forward<Args>(args)...));
  }

  void add(TokenKind kind, std::string text = "", Value number = {}) {
    tokens_.push_back({kind, line_, std::move(text), std::move(number)});
  }

  void skip(std::size_t size) {
    line_ +=
        static_cast<int>(std::count(rest_.begin(), rest_.begin() + static_cast<long>(size), '\n'));
    line_starts_ = size > 0 ? rest_[size - 1] == '\n' : line_starts_;
    rest_.remove_prefix(size);
  }

  bool take(std::string_view text) {
    const bool found = rest_.starts_with(text);
    skip(found ? text.size() : 0);
    return found;
  }

  void skip_space() { skip(rest_.size() - strip(rest_, Side::left).size()); }

  /// The text up to the next tag, and the tag.
  void take_data() {
    std::size_t at = 0;
    const auto is_tag = [&] {
      return rest_[at] == '{' && at + 1 < rest_.size() &&
             std::string_view("{%#").find(rest_[at + 1]) != std::string_view::npos;
    };
    while (at < rest_.size() && !is_tag()) {
      ++at;
    }
    if (at == rest_.size()) {
      add(TokenKind::data, std::string(rest_));
      skip(at);
      return;
    }
    const char kind = rest_[at + 1];
    const char sign = at + 2 < rest_.size() ? rest_[at + 2] : '\0';
    const auto data = without_margin(rest_.substr(0, at), sign, kind == '{');
    if (!data.empty()) {
      add(TokenKind::data, std::string(data));
    }
    skip(at + 2 + (sign == '-' || sign == '+' ? 1 : 0));
    if (kind == '#') {
      take_comment();
    } else if (kind == '%' && take_raw_tag()) {
      take_raw();
    } else {
      add(kind == '{' ? TokenKind::variable_begin : TokenKind::block_begin);
      take_tag(kind == '{');
    }
  }

  /// The text in front of a tag without the white space that the tag takes away.
  std::string_view without_margin(std::string_view text, char sign, bool is_variable) const {
    if (sign == '-') {
      return strip(text, Side::right);
    }
    const auto line_end = text.rfind('\n');
    const auto margin = line_end == std::string_view::npos ? 0 : line_end + 1;
    const bool stands_alone =
        (margin > 0 || line_starts_) && strip(text.substr(margin), Side::left).empty();
    return sign != '+' && !is_variable && stands_alone ? text.substr(0, margin) : text;
  }

  /// The end of a block or comment, `close`, with its sign and the line end behind it.
  bool take_end(std::string_view close) {
    const std::string plain(close);
    if (take("+" + plain)) {
      return true;
    }
    if (take("-" + plain)) {
      skip_space();
      return true;
    }
    const bool found = take(close);
    if (found) {
      take("\n");
    }
    return found;
  }

  void take_comment() {
    const auto end = rest_.find("#}");
    if (end == std::string_view::npos) {
      refuse(ErrorCode::corrupt_data, "Missing end of comment tag");
    }
    const bool signed_end = end > 0 && (rest_[end - 1] == '-' || rest_[end - 1] == '+');
    skip(signed_end ? end - 1 : end);
    take_end("#}");
  }

  /// Behind "{%": "raw" and the end of the tag, or nothing.
  bool take_raw_tag() {
    auto rest = strip(rest_, Side::left);
    if (!rest.starts_with("raw")) {
      return false;
    }
    rest = strip(rest.substr(3), Side::left);
    const bool strips = rest.starts_with("-%}");
    if (!strips && !rest.starts_with("%}")) {
      return false;
    }
    skip(rest_.size() - rest.size() + (strips ? 3 : 2));
    if (strips) {
      skip_space();
    }
    return true;
  }

  void take_raw() {
    for (std::size_t at = rest_.find("{%"); at != std::string_view::npos;
         at = rest_.find("{%", at + 1)) {
      auto tag = rest_.substr(at + 2);
      const char sign = tag.empty() ? '\0' : tag.front();
      tag.remove_prefix(sign == '-' || sign == '+' ? 1 : 0);
      tag = strip(tag, Side::left);
      if (!tag.starts_with("endraw")) {
        continue;
      }
      tag = strip(tag.substr(6), Side::left);
      if (tag.starts_with("%}") || tag.starts_with("-%}") || tag.starts_with("+%}")) {
        const auto data = without_margin(rest_.substr(0, at), sign, false);
        add(TokenKind::data, std::string(data));
        skip(rest_.size() - tag.size());
        take_end("%}");
        return;
      }
    }
    refuse(ErrorCode::corrupt_data, "Missing end of raw directive");
  }

  void take_tag(bool is_variable) {
    std::string open;  // brackets
    while (true) {
      skip_space();
      if (rest_.empty()) {
        refuse(ErrorCode::corrupt_data, "the tag has no end");
      }
      if (open.empty() && take_tag_end(is_variable)) {
        return;
      }
      if (is_name_start(rest_.front())) {
        take_name();
      } else if (is_digit(rest_.front())) {
        take_number();
      } else if (rest_.front() == '"' || rest_.front() == '\'') {
        take_text();
      } else {
        take_operator(open);
      }
    }
  }

  bool take_tag_end(bool is_variable) {
    if (!is_variable) {
      const int line = line_;
      if (!take_end("%}")) {
        return false;
      }
      tokens_.push_back({TokenKind::block_end, line, "", {}});
      return true;
    }
    const int line = line_;
    const bool strips = take("-}}");
    if (!strips && !take("}}")) {
      return false;
    }
    tokens_.push_back({TokenKind::variable_end, line, "", {}});
    if (strips) {
      skip_space();
    }
    return true;
  }

  void take_name() {
    std::size_t size = 0;
    while (size < rest_.size() && (is_name_start(rest_[size]) || is_digit(rest_[size]))) {
      ++size;
    }
    add(TokenKind::name, std::string(rest_.substr(0, size)));
    skip(size);
  }

  void take_number() {
    const auto digits = [&](std::size_t from) {
      return std::min(rest_.find_first_not_of("0123456789_", from), rest_.size());
    };
    std::size_t size = digits(0);
    bool is_float = false;
    const auto digit_at = [&](std::size_t at) {
      return at < rest_.size() && kDigits.find(rest_[at]) != std::string_view::npos;
    };
    if (size < rest_.size() && rest_[size] == '.' && digit_at(size + 1)) {
      is_float = true;
      size = digits(size + 1);
    }
    if (size < rest_.size() && (rest_[size] == 'e' || rest_[size] == 'E')) {
      const auto sign =
          size + 1 < rest_.size() && (rest_[size + 1] == '+' || rest_[size + 1] == '-') ? 1u : 0u;
      if (digit_at(size + 1 + sign)) {
        is_float = true;
        size = digits(size + 1 + sign);
      }
    }
    std::string plain(rest_.substr(0, size));
    std::erase(plain, '_');
    const auto* const end = plain.data() + plain.size();
    std::int64_t whole = 0;
    double number = 0;
    const auto parsed = is_float ? std::from_chars(plain.data(), end, number)
                                 : std::from_chars(plain.data(), end, whole);
    const bool hexadecimal = size == 1 && plain == "0" && rest_.size() > 1 &&
                             std::string_view("xXoObB").find(rest_[1]) != std::string_view::npos;
    if (parsed.ec != std::errc() || parsed.ptr != end || hexadecimal) {
      refuse(ErrorCode::unsupported, "the number {} is not implemented",
             rest_.substr(0, size + (hexadecimal ? 1 : 0)));
    }
    add(TokenKind::number, plain, is_float ? Value(number) : Value(whole));
    skip(size);
  }

  void take_text() {
    const char quote = rest_.front();
    std::size_t at = 1;
    while (at < rest_.size() && rest_[at] != quote) {
      at += rest_[at] == '\\' ? 2 : 1;
    }
    if (at >= rest_.size()) {
      refuse(ErrorCode::corrupt_data, "a string literal has no end");
    }
    const auto inside = rest_.substr(1, at - 1);
    add(TokenKind::text, unescaped(inside));
    skip(at + 1);
  }

  /// Python's escapes of string literals.
  std::string unescaped(std::string_view text) {
    std::string out;
    while (!text.empty()) {
      const auto plain = std::min(text.find('\\'), text.size());
      out += text.substr(0, plain);
      text.remove_prefix(plain);
      if (text.empty()) {
        break;
      }
      text.remove_prefix(1);
      append_escape(text, out);
    }
    return out;
  }

  void append_escape(std::string_view& text, std::string& out) {
    constexpr std::array<std::pair<char, std::string_view>, 11> kNamed = {{{'n', "\n"},
                                                                           {'t', "\t"},
                                                                           {'r', "\r"},
                                                                           {'\\', "\\"},
                                                                           {'\'', "'"},
                                                                           {'"', "\""},
                                                                           {'a', "\a"},
                                                                           {'b', "\b"},
                                                                           {'f', "\f"},
                                                                           {'v', "\v"},
                                                                           {'\n', ""}}};
    const char c = text.front();
    const auto* const named =
        std::find_if(kNamed.begin(), kNamed.end(), [&](const auto& row) { return row.first == c; });
    const std::size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    if (named != kNamed.end()) {
      out += named->second;
      text.remove_prefix(1);
    } else if (digits > 0) {
      append_code_point(text.substr(1, digits), 16, digits, out);
      text.remove_prefix(digits + 1);
    } else if (c >= '0' && c <= '7') {
      const auto size = std::min({text.find_first_not_of("01234567"), text.size(), std::size_t{3}});
      append_code_point(text.substr(0, size), 8, size, out);
      text.remove_prefix(size);
    } else if (c == 'N') {
      refuse(ErrorCode::unsupported, "the escape \\N is not implemented");
    } else {
      out += '\\';  // and the character behind it, as it is
    }
  }

  void append_code_point(std::string_view digits, int base, std::size_t wanted, std::string& out) {
    std::uint32_t value = 0;
    const auto* const end = digits.data() + digits.size();
    const auto parsed = std::from_chars(digits.data(), end, value, base);
    if (digits.size() != wanted || parsed.ptr != end || value > 0x10FFFF ||
        (value >= 0xD800 && value <= 0xDFFF)) {
      refuse(ErrorCode::corrupt_data, "'\\{}' in a string literal is no character", digits);
    }
    append_utf8(value, out);
  }

  void take_operator(std::string& open) {
    constexpr std::array<std::string_view, 26> kOperators = {
        "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[",
        "]",  "(",  ")",  "{",  "}",  ">",  "<", "=", ".", ":", "|", ",", ";"};
    const auto* const found = std::find_if(kOperators.begin(), kOperators.end(),
                                           [&](auto op) { return rest_.starts_with(op); });
    if (found == kOperators.end()) {
      refuse(ErrorCode::corrupt_data, "unexpected character '{}'",
             rest_.substr(0, first_character(rest_).size));
    }
    constexpr std::string_view kOpening = "([{";
    constexpr std::string_view kClosing = ")]}";
    const auto opening = kOpening.find(found->front());
    if (opening != std::string_view::npos) {
      open += kClosing[opening];
    } else if (kClosing.find(found->front()) != std::string_view::npos) {
      if (open.empty() || open.back() != found->front()) {
        refuse(ErrorCode::corrupt_data, "unexpected '{}'", *found);
      }
      open.pop_back();
    }
    add(TokenKind::operator_, std::string(*found));
    skip(found->size());
  }

  std::string source_;
  std::string_view rest_;
  std::string origin_;
  int line_ = 1;
  bool line_starts_ = true;  // what is left begins at the beginning of a line
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokenize(std::string_view source, const std::string& origin) {
  return Lexer(source, origin).run();
}

}  // namespace ogam::jinja

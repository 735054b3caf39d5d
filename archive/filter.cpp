#include "archive/filter.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/time.h"
#include "core/text/unicode.h"

namespace ogam {

namespace {

constexpr std::size_t kLongestFilter = 4096;
constexpr int kDeepest = 32;
constexpr std::size_t kMostComparisons = 128;
constexpr std::ptrdiff_t kMostStars = 8;  // matching takes time with a power of their number

enum class Operator { equal, unequal, like, unlike, less, less_equal, greater, greater_equal };

struct OperatorRow {
  std::string_view text;
  Operator value;
  std::string_view sql;
};

// Longer ones first: ">=" is not ">" and a value "=...".
constexpr std::array kOperators = {
    OperatorRow{"!=", Operator::unequal, "="},     OperatorRow{"!~", Operator::unlike, "GLOB"},
    OperatorRow{"<=", Operator::less_equal, "<="}, OperatorRow{">=", Operator::greater_equal, ">="},
    OperatorRow{"=", Operator::equal, "="},        OperatorRow{"~", Operator::like, "GLOB"},
    OperatorRow{"<", Operator::less, "<"},         OperatorRow{">", Operator::greater, ">"}};

bool is_negated(Operator op) { return op == Operator::unequal || op == Operator::unlike; }
bool is_pattern(Operator op) { return op == Operator::like || op == Operator::unlike; }
bool is_order(Operator op) { return op >= Operator::less; }

enum class FieldType { text, seconds, date, language, tag };

struct FieldRow {
  std::string_view name;
  FieldType type;
  std::string_view column;
};

constexpr std::array kFields = {FieldRow{"kind", FieldType::text, "assets.kind"},
                                FieldRow{"path", FieldType::text, "assets.path_text"},
                                FieldRow{"asset", FieldType::text, "assets.asset"},
                                FieldRow{"duration", FieldType::seconds, "assets.duration"},
                                FieldRow{"indexed", FieldType::date, "assets.indexed_at"},
                                FieldRow{"lang", FieldType::language, ""}};

/// A recursive descent parser; one function for each rule of the grammar in docs/search.md.
class FilterParser {
 public:
  explicit FilterParser(std::string_view text) : text_(text) {}

  CompiledFilter parse() {
    CompiledFilter filter;
    filter.sql = parse_or(0);
    skip_space();
    if (position_ < text_.size()) {
      fail_here("'and', 'or' or the end");
    }
    filter.parameters = std::move(parameters_);
    return filter;
  }

 private:
  std::string parse_or(int depth) {
    std::string sql = parse_and(depth);
    while (take_keyword("or")) {
      sql += " OR " + parse_and(depth);
    }
    return sql;
  }

  std::string parse_and(int depth) {
    std::string sql = parse_not(depth);
    while (take_keyword("and")) {
      sql += " AND " + parse_not(depth);
    }
    return sql;
  }

  std::string parse_not(int depth) {
    require(depth < kDeepest, ErrorCode::invalid_argument, "a filter may be {} levels deep",
            kDeepest);
    if (take_keyword("not")) {
      return "NOT " + parse_not(depth + 1);
    }
    skip_space();
    if (take("(")) {
      const std::string inner = parse_or(depth + 1);
      skip_space();
      if (!take(")")) {
        fail_here("')'");
      }
      return "(" + inner + ")";
    }
    return parse_comparison();
  }

  std::string parse_comparison() {
    require(++comparisons_ <= kMostComparisons, ErrorCode::invalid_argument,
            "a filter may have {} comparisons", kMostComparisons);
    skip_space();
    const std::string name = take_name();
    std::optional<std::string> tag;
    if (name == "tag" && take(".")) {
      tag = peek() == '"' ? take_quoted() : take_name();
    }
    const FieldRow* field = std::find_if(kFields.begin(), kFields.end(),
                                         [&](const FieldRow& row) { return row.name == name; });
    if (!tag.has_value() && field == kFields.end()) {
      position_ -= name.size();
      fail_here("kind, path, asset, duration, indexed, lang or tag.NAME");
    }
    skip_space();
    const OperatorRow& op = take_operator();
    skip_space();
    const std::string value = take_value();
    if (is_pattern(op.value)) {
      require(std::count(value.begin(), value.end(), '*') <= kMostStars,
              ErrorCode::invalid_argument, "the pattern '{}' may have {} stars", value, kMostStars);
    }
    const std::string condition =
        tag.has_value() ? compile_tag(*tag, op, value) : compile_field(*field, op, value);
    return is_negated(op.value) ? "NOT " + condition : condition;
  }

  std::string compile_tag(const std::string& key, const OperatorRow& op, const std::string& value) {
    const std::string name = parameter(to_nfc(key));
    const std::string compared =
        is_order(op.value)
            ? fmt::format("CAST(tags.value AS REAL) {} {}", op.sql, parameter(number(value)))
            : fmt::format("tags.value {} {}", op.sql, parameter(to_nfc(value)));
    return fmt::format(
        "EXISTS(SELECT 1 FROM tags WHERE tags.asset = assets.id AND tags.key = {} AND {})", name,
        compared);
  }

  std::string compile_field(const FieldRow& field, const OperatorRow& op,
                            const std::string& value) {
    const bool text_only = field.type == FieldType::text || field.type == FieldType::language;
    require(!(text_only && is_order(op.value)) &&
                !(field.type == FieldType::seconds && is_pattern(op.value)),
            ErrorCode::invalid_argument, "the filter's '{}' cannot be compared by '{}'", field.name,
            op.text);
    switch (field.type) {
      case FieldType::seconds:
        return fmt::format("(assets.duration {} {})", op.sql,
                           parameter(static_cast<double>(parse_time(value))));
      case FieldType::language:
        return fmt::format(
            "EXISTS(SELECT 1 FROM words WHERE words.asset = assets.id AND words.language {} {})",
            op.sql, parameter(value));
      default:
        return fmt::format("({} {} {})", field.column, op.sql, parameter(to_nfc(value)));
    }
  }

  static double number(const std::string& value) {
    double result = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), result);
    require(error == std::errc() && end == value.data() + value.size() && std::isfinite(result),
            ErrorCode::invalid_argument, "the filter compares a tag with '{}', which is no number",
            value);
    return result;
  }

  std::string parameter(std::variant<std::string, double> value) {
    parameters_.push_back(std::move(value));
    return fmt::format("?{}", parameters_.size());
  }

  const OperatorRow& take_operator() {
    for (const OperatorRow& row : kOperators) {
      if (take(row.text)) {
        return row;
      }
    }
    fail_here("one of = != ~ !~ < <= > >=");
  }

  static bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || static_cast<unsigned char>(c) >= 0x80;
  }

  std::string take_name() {
    const std::size_t start = position_;
    while (position_ < text_.size() && is_name_character(text_[position_])) {
      ++position_;
    }
    if (position_ == start) {
      fail_here("a name such as kind, path or tag.NAME");
    }
    return std::string(text_.substr(start, position_ - start));
  }

  std::string take_value() {
    if (peek() == '"') {
      return take_quoted();
    }
    if (std::string_view("=!~<>").find(peek()) != std::string_view::npos) {
      fail_here("a value (in quotes where it begins with = ! ~ < or >)");  // most likely "=="
    }
    const std::size_t start = position_;
    while (position_ < text_.size() && !is_space(text_[position_]) && text_[position_] != ')' &&
           text_[position_] != '(' && text_[position_] != '"') {
      ++position_;
    }
    if (position_ == start) {
      fail_here("a value");
    }
    return std::string(text_.substr(start, position_ - start));
  }

  std::string take_quoted() {
    std::string value;
    for (++position_; position_ < text_.size(); ++position_) {
      const char c = text_[position_];
      if (c == '"') {
        ++position_;
        return value;
      }
      if (c == '\\' && position_ + 1 < text_.size()) {
        ++position_;
      }
      value += text_[position_];
    }
    fail_here("a closing '\"'");
  }

  /// Whether the next word is `keyword` in any case; it is taken then.
  bool take_keyword(std::string_view keyword) {
    skip_space();
    if (text_.size() - position_ < keyword.size()) {
      return false;
    }
    for (std::size_t i = 0; i < keyword.size(); ++i) {
      if ((text_[position_ + i] | 0x20) != keyword[i]) {
        return false;
      }
    }
    const std::size_t behind = position_ + keyword.size();
    if (behind < text_.size() && (is_name_character(text_[behind]) || text_[behind] == '.')) {
      return false;
    }
    position_ = behind;
    return true;
  }

  bool take(std::string_view token) {
    if (!text_.substr(position_).starts_with(token)) {
      return false;
    }
    position_ += token.size();
    return true;
  }

  char peek() const { return position_ < text_.size() ? text_[position_] : '\0'; }

  static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

  void skip_space() {
    while (position_ < text_.size() && is_space(text_[position_])) {
      ++position_;
    }
  }

  [[noreturn]] void fail_here(std::string_view expected) const {
    const std::string_view rest = text_.substr(position_);
    fail(ErrorCode::invalid_argument, "the filter '{}' needs {} at {}; see docs/search.md",
         display_path(std::string(text_)), expected,
         rest.empty() ? "its end" : "'" + display_path(std::string(rest)) + "'");
  }

  std::string_view text_;
  std::size_t position_ = 0;
  std::size_t comparisons_ = 0;
  std::vector<std::variant<std::string, double>> parameters_;
};

}  // namespace

CompiledFilter compile_filter(std::string_view expression) {
  require(expression.size() <= kLongestFilter, ErrorCode::invalid_argument,
          "a filter may have {} bytes, got {}", kLongestFilter, expression.size());
  return FilterParser(expression).parse();
}

}  // namespace ogam

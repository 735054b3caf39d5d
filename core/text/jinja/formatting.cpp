// Texts with fields: `%` and `str.format`.

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "core/base/error.h"
#include "core/text/jinja/python_text.h"
#include "core/text/jinja/runtime.h"

namespace ogam::jinja {

namespace {

constexpr std::size_t kMaxWidth = 10'000;

/// Reads a format from left to right.
class FormatReader {
 public:
  explicit FormatReader(const std::string& format) : format_(format) {}

  bool at_end() const { return at_ >= format_.size(); }
  char peek() const { return at_end() ? '\0' : format_[at_]; }
  char take() {
    require(!at_end(), ErrorCode::invalid_argument, "incomplete format '{}'", format_);
    return format_[at_++];
  }
  bool take(char c) {
    const bool found = peek() == c && !at_end();
    at_ += found ? 1 : 0;
    return found;
  }
  std::string take_until(char end) {
    const auto found = format_.find(end, at_);
    require(found != std::string::npos, ErrorCode::invalid_argument, "format '{}' lacks a '{}'",
            format_, end);
    auto text = format_.substr(at_, found - at_);
    at_ = found + 1;
    return text;
  }
  std::string take_plain(std::string_view special) {
    const auto end = std::min(format_.find_first_of(special, at_), format_.size());
    auto text = format_.substr(at_, end - at_);
    at_ = end;
    return text;
  }
  std::size_t take_number() {
    std::size_t number = 0;
    while (peek() >= '0' && peek() <= '9') {
      number = number * 10 + static_cast<std::size_t>(take() - '0');
      require(number <= kMaxWidth, ErrorCode::resource_exhausted,
              "a field of format '{}' is wider than {} characters", format_, kMaxWidth);
    }
    return number;
  }

 private:
  const std::string& format_;
  std::size_t at_ = 0;
};

/// One field of a `%` format.
struct Field {
  std::string flags;
  std::size_t width = 0;
  std::optional<std::size_t> precision;
  char type = 's';

  bool has(char flag) const { return flags.find(flag) != std::string::npos; }
};

Field read_field(FormatReader& reader) {
  Field field;
  while (std::string_view("-+ 0#").find(reader.peek()) != std::string_view::npos &&
         !reader.at_end()) {
    field.flags += reader.take();
  }
  require(reader.peek() != '*', ErrorCode::unsupported, "'*' in a format is not implemented");
  field.width = reader.take_number();
  if (reader.take('.')) {
    field.precision = reader.take_number();
  }
  field.type = reader.take();
  return field;
}

std::string padded(const Field& field, std::string sign, std::string body) {
  const auto size = length(body) + sign.size();
  const std::string fill(
      field.width > size ? field.width - size : 0,
      field.has('0') && field.type != 's' && field.type != 'r' && !field.has('-') ? '0' : ' ');
  if (field.has('-')) {
    return sign + body + fill;
  }
  return fill.starts_with('0') ? sign + fill + body : fill + sign + body;
}

std::string text_field(const Field& field, std::string text) {
  if (field.precision) {
    const auto starts = character_starts(text);
    text.resize(starts[std::min(*field.precision, starts.size() - 1)]);
  }
  return padded(field, "", std::move(text));
}

std::string number_field(const Field& field, const Value& value) {
  if (value.is_undefined()) {
    fail_undefined(value);
  }
  require(value.is_number(), ErrorCode::invalid_argument,
          "%{} format: a number is required, not {}", field.type, value.type_name());
  const bool whole = std::string_view("diuxXo").find(field.type) != std::string_view::npos;
  require(
      !whole || field.type == 'd' || field.type == 'i' || field.type == 'u' || value.is_integral(),
      ErrorCode::invalid_argument, "%{} format: an integer is required, not {}", field.type,
      value.type_name());
  require(!field.has('#'), ErrorCode::unsupported, "'#' in a format is not implemented");
  const double number = value.as_double();
  require(!whole || (std::isfinite(number) && std::abs(number) < 9e18), ErrorCode::invalid_argument,
          "cannot convert {} to an integer", number);
  const bool negative = value.is_integral() ? value.as_integer() < 0 : std::signbit(number);
  const std::string sign = negative ? "-" : field.has('+') ? "+" : field.has(' ') ? " " : "";
  if (!whole) {
    const auto precision = static_cast<int>(field.precision.value_or(6));
    std::array<char, 2> type = {field.type, '\0'};
    const std::string format = std::string("%.*") + type.data();
    std::string body(static_cast<std::size_t>(
                         std::snprintf(nullptr, 0, format.c_str(), precision, std::abs(number))),
                     '\0');
    std::snprintf(body.data(), body.size() + 1, format.c_str(), precision, std::abs(number));
    return padded(field, sign, body);
  }
  const auto integer = value.is_integral() ? value.as_integer() : static_cast<std::int64_t>(number);
  const auto size =
      integer < 0 ? -static_cast<std::uint64_t>(integer) : static_cast<std::uint64_t>(integer);
  std::string body = field.type == 'x'   ? fmt::format("{:x}", size)
                     : field.type == 'X' ? fmt::format("{:X}", size)
                     : field.type == 'o' ? fmt::format("{:o}", size)
                                         : std::to_string(size);
  if (field.precision && body.size() < *field.precision) {
    body.insert(0, *field.precision - body.size(), '0');
  }
  return padded(field, sign, std::move(body));
}

}  // namespace

std::string percent_format(const std::string& format, const Value& arguments, Runtime& runtime) {
  const auto* const tuple = arguments.as_sequence();
  const bool is_tuple = tuple != nullptr && tuple->shape == Shape::tuple;
  const std::vector<Value> values = is_tuple ? tuple->items : std::vector<Value>{arguments};
  std::size_t used = 0;
  bool by_name = false;
  FormatReader reader(format);
  std::string out;
  while (!reader.at_end()) {
    out += reader.take_plain("%");
    if (!reader.take('%')) {
      break;
    }
    if (reader.take('%')) {
      out += '%';
      continue;
    }
    Value value;
    const bool named = reader.take('(');
    if (named) {
      require(arguments.as_map() != nullptr, ErrorCode::invalid_argument,
              "format requires a mapping");
      const auto key = reader.take_until(')');
      const Value* const found = arguments.as_map()->find(Value::text(key), runtime);
      require(found != nullptr, ErrorCode::invalid_argument, "format lacks the key '{}'", key);
      value = *found;
      by_name = true;
    }
    const auto field = read_field(reader);
    if (!named) {
      require(used < values.size(), ErrorCode::invalid_argument,
              "not enough arguments for format string");
      value = values[used++];
    }
    require(std::string_view("srdiuxXoeEfFgG").find(field.type) != std::string_view::npos,
            ErrorCode::unsupported, "'%{}' in a format is not implemented", field.type);
    const auto written = field.type == 's'   ? text_field(field, to_text(value, runtime))
                         : field.type == 'r' ? text_field(field, representation(value, runtime))
                                             : number_field(field, value);
    runtime.bytes(written.size());
    out += written;
  }
  const bool spare = arguments.as_map() != nullptr;
  require(by_name || used == values.size() || (spare && used == 0), ErrorCode::invalid_argument,
          "not all arguments converted during string formatting");
  return out;
}

std::string brace_format(const std::string& format, const Arguments& arguments, Runtime& runtime) {
  FormatReader reader(format);
  std::size_t next = 0;
  std::string out;
  while (!reader.at_end()) {
    out += reader.take_plain("{}");
    if (reader.at_end()) {
      break;
    }
    if (reader.take('}')) {
      require(reader.take('}'), ErrorCode::invalid_argument,
              "Single '}}' encountered in format string");
      out += '}';
      continue;
    }
    reader.take();
    if (reader.take('{')) {
      out += '{';
      continue;
    }
    const auto name = reader.take_until('}');
    require(name.find_first_of(".[:!{") == std::string::npos, ErrorCode::unsupported,
            "the field '{{{}}}' of str.format is not implemented", name);
    const bool is_index =
        !name.empty() && name.find_first_not_of("0123456789") == std::string::npos;
    std::string written;
    if (name.empty() || is_index) {
      std::size_t index = 0;
      std::from_chars(name.data(), name.data() + name.size(), index);
      index = name.empty() ? next++ : index;
      require(index < arguments.positional.size(), ErrorCode::invalid_argument,
              "str.format lacks argument {}", index);
      written = to_text(arguments.positional[index], runtime);
    } else {
      const auto found = std::find_if(arguments.named.begin(), arguments.named.end(),
                                      [&](const auto& named) { return named.first == name; });
      require(found != arguments.named.end(), ErrorCode::invalid_argument,
              "str.format lacks argument '{}'", name);
      written = to_text(found->second, runtime);
    }
    runtime.bytes(written.size());
    out += written;
  }
  return out;
}

}  // namespace ogam::jinja

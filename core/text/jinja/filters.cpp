#include "core/text/jinja/filters.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/text/jinja/python_text.h"
#include "core/text/jinja/text_methods.h"
#include "core/text/unicode.h"

namespace ogam::jinja {

namespace {

using TextMap = std::string (*)(std::string_view);

template <TextMap kMap>
Value mapped(const Value& value, const Bound&, Runtime& runtime) {
  const auto text = to_text(value, runtime);
  runtime.work(text.size() / kBytesOfWork * 4);
  return runtime.text(kMap(text));
}

/// jinja2's title: words begin behind hyphens, white space and opening brackets only.
std::string title(std::string_view text) {
  std::string out;
  bool begins = true;
  for (const char32_t c : code_points(text)) {
    std::string character;
    append_utf8(c, character);
    const bool divides =
        is_python_space(c) || (c < 0x80 && std::string_view("-({[<").find(static_cast<char>(c)) !=
                                               std::string_view::npos);
    out += divides ? character : begins ? to_upper(character) : to_lower(character);
    begins = divides;
  }
  return out;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    constexpr std::array<std::pair<char, std::string_view>, 5> kNames = {
        {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'\'', "&#39;"}, {'"', "&#34;"}}};
    const auto* const row = std::find_if(kNames.begin(), kNames.end(),
                                         [&](const auto& name) { return name.first == c; });
    out += row == kNames.end() ? std::string_view(&c, 1) : row->second;
  }
  return out;
}

Value escape_filter(const Value& value, const Bound&, Runtime& runtime) {
  const auto* const text = std::get_if<Text>(&value.data());
  if (text != nullptr && text->markup) {
    return value;
  }
  auto result = escaped(to_text(value, runtime));
  runtime.bytes(result.size());
  return Value::text(std::move(result), true);
}

Value safe(const Value& value, const Bound&, Runtime& runtime) {
  return Value::text(to_text(value, runtime), true);
}

Value string_filter(const Value& value, const Bound&, Runtime& runtime) {
  return value.as_text() != nullptr ? value : runtime.text(to_text(value, runtime));
}

Value trim(const Value& value, const Bound& bound, Runtime& runtime) {
  const auto text = to_text(value, runtime);
  return runtime.text(std::string(strip(text, Side::both, bound.optional_text(0))));
}

Value replace(const Value& value, const Bound& bound, Runtime& runtime) {
  const auto limit = bound.value_or_none(2);
  return Value::text(replaced(to_text(value, runtime), to_text(bound.required(0), runtime),
                              to_text(bound.required(1), runtime),
                              limit.is_none() ? -1 : require_integer(limit, "replace"), runtime));
}

Value indent(const Value& value, const Bound& bound, Runtime& runtime) {
  const auto width = bound.has(0) ? bound.required(0) : Value(std::int64_t{4});
  if (width.as_text() == nullptr) {
    runtime.bytes(
        static_cast<std::size_t>(std::max<std::int64_t>(require_integer(width, "indent"), 0)));
  }
  const auto margin =
      width.as_text() != nullptr
          ? *width.as_text()
          : std::string(static_cast<std::size_t>(std::max<std::int64_t>(width.as_integer(), 0)),
                        ' ');
  const bool first = bound.truth(1, false);
  const bool blank = bound.truth(2, false);
  const auto text = require_text(value, "indent") + "\n";
  std::string out;
  bool is_first = true;
  for (const auto line : split_lines(text, false)) {
    const bool indented = is_first ? first : blank || !line.empty();
    runtime.bytes(1 + line.size() + (indented ? margin.size() : 0));
    out += is_first ? "" : "\n";
    out += indented ? margin : "";
    out += line;
    is_first = false;
  }
  runtime.bytes(out.size());
  return Value::text(std::move(out));
}

Value center(const Value& value, const Bound& bound, Runtime& runtime) {
  const auto text = to_text(value, runtime);
  const auto size = static_cast<std::int64_t>(length(text));
  const auto width = bound.integer(0, 80);
  const auto margin = std::max<std::int64_t>(width - size, 0);
  runtime.bytes(static_cast<std::size_t>(margin));
  const auto left = margin / 2 + (margin & width & 1);
  return runtime.text(std::string(static_cast<std::size_t>(left), ' ') + text +
                      std::string(static_cast<std::size_t>(margin - left), ' '));
}

Value word_count(const Value& value, const Bound&, Runtime& runtime) {
  const auto text = to_text(value, runtime);
  runtime.work(text.size());
  std::int64_t count = 0;
  bool inside = false;
  for (const char32_t c : code_points(text)) {
    const bool part = is_letter_or_digit(c) || c == '_';
    count += part && !inside ? 1 : 0;
    inside = part;
  }
  return count;
}

Value format(const Value& value, const Arguments& arguments, Runtime& runtime) {
  require(arguments.positional.empty() || arguments.named.empty(), ErrorCode::invalid_argument,
          "can't handle positional and keyword arguments at the same time");
  Map named;
  for (const auto& [name, argument] : arguments.named) {
    named.entries.emplace_back(Value::text(name), argument);
  }
  return Value::text(percent_format(to_text(value, runtime),
                                    arguments.named.empty()
                                        ? Value::sequence(arguments.positional, Shape::tuple)
                                        : Value::map(std::move(named)),
                                    runtime));
}

Value to_json_filter(const Value& value, const Bound& bound, Runtime& runtime) {
  JsonStyle style;
  style.ensure_ascii = bound.truth(0, false);
  style.sort_keys = bound.truth(3, false);
  const auto indentation = bound.value_or_none(1);
  style.has_indent = !indentation.is_none();
  if (style.has_indent) {
    constexpr std::int64_t kMaxIndent = 100;
    style.item_separator = std::string(",");
    style.indent = indentation.as_text() != nullptr
                       ? *indentation.as_text()
                       : std::string(static_cast<std::size_t>(std::clamp<std::int64_t>(
                                         require_integer(indentation, "tojson"), 0, kMaxIndent)),
                                     ' ');
  }
  if (const auto separators = bound.value_or_none(2); !separators.is_none()) {
    const auto parts = items_of(separators, runtime);
    require(parts.size() == 2, ErrorCode::invalid_argument, "tojson needs two separators");
    style.item_separator = require_text(parts[0], "tojson");
    style.key_separator = require_text(parts[1], "tojson");
  }
  return Value::text(to_json(value, style, runtime));
}

/// `float(text)` of Python; nullopt when it is none.
std::optional<double> parse_float(std::string_view text) {
  text = strip(text, Side::both);
  text.remove_prefix(text.starts_with("+") && !text.starts_with("+-") ? 1 : 0);
  double number = 0;
  const auto end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  // What is too large or too small for a double is inf or 0 in Python: rare enough to refuse.
  return parsed.ec == std::errc() && parsed.ptr == end && !text.empty() ? std::optional(number)
                                                                        : std::nullopt;
}

/// `int(text, base)` of Python for 64 bits.
std::optional<std::int64_t> parse_integer(std::string_view text, int base) {
  text = strip(text, Side::both);
  const bool plus = text.starts_with("+") && !text.starts_with("+-");
  text.remove_prefix(plus ? 1 : 0);
  std::int64_t number = 0;
  const auto end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number, base);
  require(parsed.ec != std::errc::result_out_of_range, ErrorCode::unsupported,
          "an integer of more than 64 bits is not implemented");
  return parsed.ec == std::errc() && parsed.ptr == end && !text.empty() ? std::optional(number)
                                                                        : std::nullopt;
}

Value whole(double number) {
  constexpr double kLimit = 9.2e18;
  require(std::abs(number) < kLimit, ErrorCode::unsupported,
          "an integer of more than 64 bits is not implemented");
  return static_cast<std::int64_t>(number);
}

Value int_filter(const Value& value, const Bound& bound, Runtime&) {
  const auto fallback = bound.has(0) ? bound.required(0) : Value(std::int64_t{0});
  if (value.is_undefined()) {
    fail_undefined(value);
  }
  if (value.is_integral()) {
    return value.as_integer();
  }
  const auto* const text = value.as_text();
  if (text != nullptr) {
    const auto base = bound.integer(1, 10);
    require(base >= 2 && base <= 36, ErrorCode::unsupported, "int with base {} is not implemented",
            base);
    if (const auto number = parse_integer(*text, static_cast<int>(base))) {
      return *number;
    }
  }
  const auto number = text != nullptr      ? parse_float(*text)
                      : value.is<double>() ? std::optional(value.as_double())
                                           : std::nullopt;
  return number && std::isfinite(*number) ? whole(*number) : fallback;
}

Value float_filter(const Value& value, const Bound& bound, Runtime&) {
  if (value.is_undefined()) {
    fail_undefined(value);
  }
  const auto number = value.as_text() != nullptr ? parse_float(*value.as_text())
                      : value.is_number()        ? std::optional(value.as_double())
                                                 : std::nullopt;
  return number ? Value(*number) : bound.has(0) ? bound.required(0) : Value(0.0);
}

Value abs_filter(const Value& value, const Bound&, Runtime&) {
  if (value.is_undefined()) {
    fail_undefined(value);
  }
  require(value.is_number(), ErrorCode::invalid_argument, "bad operand type for abs(): '{}'",
          value.type_name());
  return value.is_integral() ? (value.as_integer() < 0 ? negated(value) : Value(value.as_integer()))
                             : Value(std::abs(value.as_double()));
}

/// Ties go to the even neighbour, as in Python, for the value that the double stands for.
double rounded(double value, std::int64_t precision) {
  constexpr std::int64_t kMaxDigits = 300;
  if (precision < 0) {
    const double scale = std::pow(10.0, static_cast<double>(std::min(-precision, kMaxDigits)));
    return std::nearbyint(value / scale) * scale;
  }
  const auto text = fmt::format("{:.{}f}", value, std::min(precision, kMaxDigits));
  double result = 0;
  std::from_chars(text.data(), text.data() + text.size(), result);
  return result;
}

Value round_filter(const Value& value, const Bound& bound, Runtime&) {
  if (value.is_undefined()) {
    fail_undefined(value);
  }
  require(value.is_number(), ErrorCode::invalid_argument, "type {} doesn't define __round__ method",
          value.type_name());
  const auto precision = bound.integer(0, 0);
  const auto method = bound.has(1) ? bound.text(1) : "common";
  require(method == "common" || method == "ceil" || method == "floor", ErrorCode::invalid_argument,
          "method must be common, ceil or floor");
  if (method == "common") {
    require(precision >= 0 || !value.is_integral(), ErrorCode::unsupported,
            "rounding an int to tens is not implemented");
    return value.is_integral() ? Value(value.as_integer())
                               : Value(rounded(value.as_double(), precision));
  }
  const double scale = std::pow(10.0, static_cast<double>(precision));
  const double scaled = value.as_double() * scale;
  return (method == "ceil" ? std::ceil(scaled) : std::floor(scaled)) / scale;
}

Value default_filter(const Value& value, const Bound& bound, Runtime&) {
  const bool replaced = value.is_undefined() || (bound.truth(1, false) && !value.truthy());
  return !replaced ? value : bound.has(0) ? bound.required(0) : Value::text("");
}

Value attr(const Value& value, const Bound& bound, Runtime& runtime) {
  require(value.as_map() == nullptr, ErrorCode::unsupported,
          "the filter 'attr' on a dict is not implemented; write value[name]");
  return attribute(value, bound.text(0), runtime);
}

constexpr std::array kFilters = {
    Filter{"abs", "", &abs_filter, nullptr},
    Filter{"attr", "name", &attr, nullptr},
    Filter{"capitalize", "", &mapped<&capitalize>, nullptr},
    Filter{"center", "width", &center, nullptr},
    Filter{"d", "default_value boolean", &default_filter, nullptr},
    Filter{"default", "default_value boolean", &default_filter, nullptr},
    Filter{"e", "", &escape_filter, nullptr},
    Filter{"escape", "", &escape_filter, nullptr},
    Filter{"float", "default", &float_filter, nullptr},
    Filter{"format", "*", nullptr, &format},
    Filter{"indent", "width first blank", &indent, nullptr},
    Filter{"int", "default base", &int_filter, nullptr},
    Filter{"lower", "", &mapped<&to_lower>, nullptr},
    Filter{"replace", "old new count", &replace, nullptr},
    Filter{"round", "precision method", &round_filter, nullptr},
    Filter{"safe", "", &safe, nullptr},
    Filter{"string", "", &string_filter, nullptr},
    Filter{"title", "", &mapped<&title>, nullptr},
    Filter{"tojson", "ensure_ascii indent separators sort_keys", &to_json_filter, nullptr},
    Filter{"trim", "chars", &trim, nullptr},
    Filter{"upper", "", &mapped<&to_upper>, nullptr},
    Filter{"wordcount", "", &word_count, nullptr},
};

}  // namespace

const Filter* find_filter(std::string_view name) {
  const auto named = [&](const Filter& filter) { return filter.name == name; };
  const auto* const found = std::find_if(kFilters.begin(), kFilters.end(), named);
  if (found != kFilters.end()) {
    return found;
  }
  const auto other = std::find_if(kSequenceFilters.begin(), kSequenceFilters.end(), named);
  return other == kSequenceFilters.end() ? nullptr : &*other;
}

Value apply_filter(const std::string& name, const Value& value, const Arguments& arguments,
                   Runtime& runtime) {
  const auto* const filter = find_filter(name);
  require(filter != nullptr, ErrorCode::unsupported, "the filter '{}' is not implemented", name);
  runtime.work();
  return filter->apply_all != nullptr
             ? filter->apply_all(value, arguments, runtime)
             : filter->apply(value, Bound(filter->name, filter->parameters, arguments), runtime);
}

}  // namespace ogam::jinja

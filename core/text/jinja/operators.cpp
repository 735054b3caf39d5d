// Operators as Python has them.

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/text/jinja/python_text.h"
#include "core/text/jinja/runtime.h"

namespace ogam::jinja {

namespace {

[[noreturn]] void fail_operands(std::string_view op, const Value& a, const Value& b) {
  fail(ErrorCode::invalid_argument, "unsupported operand type(s) for {}: '{}' and '{}'", op,
       a.type_name(), b.type_name());
}

[[noreturn]] void fail_overflow() {
  fail(ErrorCode::unsupported, "an integer of more than 64 bits is not implemented");
}

/// Python rounds down where C++ rounds towards zero.
std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  if (a == std::numeric_limits<std::int64_t>::min() && b == -1) {
    fail_overflow();
  }
  return a / b - static_cast<std::int64_t>(a % b != 0 && (a % b < 0) != (b < 0));
}

double floor_modulo(double a, double b) {
  const double rest = std::fmod(a, b);
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest == 0 ? std::copysign(0.0, b) : rest;
}

Value integer_power(std::int64_t base, std::int64_t exponent) {
  if (exponent < 0) {
    require(base != 0, ErrorCode::invalid_argument, "0.0 cannot be raised to a negative power");
    return std::pow(static_cast<double>(base), static_cast<double>(exponent));
  }
  std::int64_t result = 1;
  for (std::int64_t i = 0; i < exponent && result != 0 && base != 1; ++i) {
    if (base == -1) {
      return std::int64_t{exponent % 2 == 0 ? 1 : -1};
    }
    if (__builtin_mul_overflow(result, base, &result)) {
      fail_overflow();
    }
  }
  return result;
}

Value integer_arithmetic(const std::string& op, std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  if ((op == "+" && __builtin_add_overflow(a, b, &result)) ||
      (op == "-" && __builtin_sub_overflow(a, b, &result)) ||
      (op == "*" && __builtin_mul_overflow(a, b, &result))) {
    fail_overflow();
  }
  if (op == "**") {
    return integer_power(a, b);
  }
  if (op == "/" || op == "//" || op == "%") {
    require(b != 0, ErrorCode::invalid_argument, "division by zero");
    if (op == "/") {
      return static_cast<double>(a) / static_cast<double>(b);
    }
    const auto quotient = floor_divide(a, b);
    return op == "//" ? quotient : a - quotient * b;
  }
  return result;
}

Value float_arithmetic(const std::string& op, double a, double b) {
  if (op == "+") return a + b;
  if (op == "-") return a - b;
  if (op == "*") return a * b;
  if (op == "**") return std::pow(a, b);
  require(b != 0, ErrorCode::invalid_argument, "float division by zero");
  if (op == "/") return a / b;
  const double rest = floor_modulo(a, b);
  return op == "%" ? rest : std::round((a - rest) / b);
}

void refuse_markup(const Value& value) {
  const auto* const text = std::get_if<Text>(&value.data());
  require(text == nullptr || !text->markup, ErrorCode::unsupported,
          "an operator on a text that `safe` or `escape` gave is not implemented");
}

Value added(const Value& a, const Value& b, Runtime& runtime) {
  if (a.as_text() != nullptr && b.as_text() != nullptr) {
    runtime.bytes(a.as_text()->size() + b.as_text()->size());
    return Value::text(*a.as_text() + *b.as_text());
  }
  const auto* const first = a.as_sequence();
  const auto* const second = b.as_sequence();
  const bool lists = first != nullptr && second != nullptr && first->shape == second->shape &&
                     (first->shape == Shape::list || first->shape == Shape::tuple);
  if (!lists) {
    fail_operands("+", a, b);
  }
  runtime.bytes((first->items.size() + second->items.size()) * sizeof(Value));
  auto items = first->items;
  items.insert(items.end(), second->items.begin(), second->items.end());
  return Value::sequence(std::move(items), first->shape);
}

Value repeated(const Value& value, std::int64_t times, Runtime& runtime) {
  const auto count = static_cast<std::size_t>(std::max<std::int64_t>(times, 0));
  const auto check = [&](std::size_t size) {
    std::size_t total = 0;
    runtime.bytes(__builtin_mul_overflow(size, count, &total)
                      ? std::numeric_limits<std::size_t>::max() / 2
                      : total);
  };
  if (const auto* const text = value.as_text()) {
    check(text->size());
    std::string result;
    for (std::size_t i = 0; i < count && !text->empty(); ++i) {
      result += *text;
    }
    return Value::text(std::move(result));
  }
  const auto& sequence = *value.as_sequence();
  check(sequence.items.size() * sizeof(Value));
  std::vector<Value> items;
  for (std::size_t i = 0; i < count && !sequence.items.empty(); ++i) {
    items.insert(items.end(), sequence.items.begin(), sequence.items.end());
  }
  return Value::sequence(std::move(items), sequence.shape);
}

bool is_repeatable(const Value& value) {
  const auto* const sequence = value.as_sequence();
  return value.as_text() != nullptr || (sequence != nullptr && (sequence->shape == Shape::list ||
                                                                sequence->shape == Shape::tuple));
}

/// The steps of a slice over `size` elements. Source: the Python reference, slice.indices.
std::vector<std::size_t> slice_positions(const Slice& slice, std::size_t size, Runtime& runtime) {
  const auto length = static_cast<std::int64_t>(size);
  const auto read = [](const Value& value, std::int64_t fallback) {
    return value.is_none() ? fallback : require_integer(value, "a slice");
  };
  const auto step = read(slice.step, 1);
  require(step != 0, ErrorCode::invalid_argument, "slice step cannot be zero");
  const std::int64_t low = step < 0 ? -1 : 0;
  const std::int64_t high = step < 0 ? length - 1 : length;
  const auto place = [&](std::int64_t at) {
    return std::clamp(at < 0 ? std::max(at, -length - 1) + length : at, low, high);
  };
  const auto start = slice.start.is_none() ? (step < 0 ? high : low) : place(read(slice.start, 0));
  const auto stop = slice.stop.is_none() ? (step < 0 ? low : high) : place(read(slice.stop, 0));
  runtime.bytes(size);
  std::vector<std::size_t> positions;
  for (std::int64_t at = start; step < 0 ? at > stop : at < stop;) {
    positions.push_back(static_cast<std::size_t>(at));
    if (__builtin_add_overflow(at, step, &at)) {
      break;
    }
  }
  return positions;
}

}  // namespace

Value arithmetic(const std::string& op, const Value& a, const Value& b, Runtime& runtime) {
  for (const Value* operand : {&a, &b}) {
    if (operand->is_undefined()) {
      fail_undefined(*operand);
    }
    refuse_markup(*operand);
  }
  if (a.is_number() && b.is_number()) {
    return a.is_integral() && b.is_integral()
               ? integer_arithmetic(op, a.as_integer(), b.as_integer())
               : float_arithmetic(op, a.as_double(), b.as_double());
  }
  if (op == "+") {
    return added(a, b, runtime);
  }
  if (op == "%" && a.as_text() != nullptr) {
    return runtime.text(percent_format(*a.as_text(), b, runtime));
  }
  if (op == "*" && is_repeatable(a) && b.is_integral()) {
    return repeated(a, b.as_integer(), runtime);
  }
  if (op == "*" && is_repeatable(b) && a.is_integral()) {
    return repeated(b, a.as_integer(), runtime);
  }
  fail_operands(op, a, b);
}

Value negated(const Value& value) {
  if (value.is_undefined()) {
    fail_undefined(value);
  }
  require(value.is_number(), ErrorCode::invalid_argument, "bad operand type for unary -: '{}'",
          value.type_name());
  return value.is_integral() ? integer_arithmetic("-", 0, value.as_integer())
                             : Value(-value.as_double());
}

bool less(const Value& a, const Value& b, Runtime& runtime) {
  runtime.work();
  if (a.is_number() && b.is_number()) {
    return a.is_integral() && b.is_integral() ? a.as_integer() < b.as_integer()
                                              : a.as_double() < b.as_double();
  }
  if (a.as_text() != nullptr && b.as_text() != nullptr) {
    runtime.work(std::min(a.as_text()->size(), b.as_text()->size()) / kBytesOfWork);
    return *a.as_text() < *b.as_text();  // UTF-8 keeps the order of code points
  }
  const auto* const first = a.as_sequence();
  const auto* const second = b.as_sequence();
  if (first != nullptr && second != nullptr && first->shape == second->shape) {
    const auto size = std::min(first->items.size(), second->items.size());
    for (std::size_t i = 0; i < size; ++i) {
      if (!equal(first->items[i], second->items[i], runtime)) {
        return less(first->items[i], second->items[i], runtime);
      }
    }
    return first->items.size() < second->items.size();
  }
  for (const Value* operand : {&a, &b}) {
    if (operand->is_undefined()) {
      fail_undefined(*operand);
    }
  }
  fail(ErrorCode::invalid_argument, "'<' not supported between instances of '{}' and '{}'",
       a.type_name(), b.type_name());
}

bool contains(const Value& container, const Value& item, Runtime& runtime) {
  if (const auto* const text = container.as_text()) {
    const auto& needle = require_text(item, "'in' with a str");
    runtime.work((text->size() + needle.size()) / kBytesOfWork);
    return find_text(*text, needle) != std::string_view::npos;
  }
  if (const auto* const map = container.as_map()) {
    return map->find(item, runtime) != nullptr;
  }
  require(container.is_undefined() || container.as_sequence() != nullptr,
          ErrorCode::invalid_argument, "argument of type '{}' is not iterable",
          container.type_name());
  const auto items = items_of(container, runtime);
  return std::any_of(items.begin(), items.end(),
                     [&](const Value& candidate) { return equal(candidate, item, runtime); });
}

bool compare(const std::string& op, const Value& a, const Value& b, Runtime& runtime) {
  if (op == "in" || op == "not in") {
    return contains(b, a, runtime) == (op == "in");
  }
  if (op == "==" || op == "!=") {
    return equal(a, b, runtime) == (op == "==");
  }
  const bool or_equal = op.size() == 2;
  if (or_equal && a.is_number() && b.is_number()) {
    return op == "<=" ? less(a, b, runtime) || equal(a, b, runtime)
                      : less(b, a, runtime) || equal(a, b, runtime);
  }
  // For what has a total order.
  return op == "<"    ? less(a, b, runtime)
         : op == ">"  ? less(b, a, runtime)
         : op == "<=" ? !less(b, a, runtime)
                      : !less(a, b, runtime);
}

Value element(const Value& value, const Value& key, Runtime& runtime) {
  const auto missing = [&] {
    return Value::undefined(fmt::format("'{}' object has no element {}", value.type_name(),
                                        representation(key, runtime)));
  };
  if (value.is_undefined()) {
    fail_undefined(value);
  }
  if (const auto* const map = value.as_map()) {
    const auto* const found = map->find(key, runtime);
    return found == nullptr ? missing() : *found;
  }
  const auto* const sequence = value.as_sequence();
  const auto* const text = value.as_text();
  const bool indexed =
      text != nullptr ||
      (sequence != nullptr && (sequence->shape == Shape::list || sequence->shape == Shape::tuple ||
                               sequence->shape == Shape::range));
  if (!indexed || !key.is_integral()) {
    return missing();
  }
  const auto starts = text != nullptr ? character_starts(*text) : std::vector<std::size_t>();
  runtime.work(starts.size() / 4);
  const auto size =
      static_cast<std::int64_t>(text != nullptr ? starts.size() - 1 : sequence->items.size());
  const auto at = key.as_integer() < 0 ? key.as_integer() + size : key.as_integer();
  if (at < 0 || at >= size) {
    return missing();
  }
  const auto index = static_cast<std::size_t>(at);
  return text != nullptr
             ? Value::text(text->substr(starts[index], starts[index + 1] - starts[index]))
             : sequence->items[index];
}

Value sliced(const Value& value, const Slice& slice, Runtime& runtime) {
  if (value.is_undefined()) {
    fail_undefined(value);
  }
  if (const auto* const text = value.as_text()) {
    const auto starts = character_starts(*text);
    std::string result;
    for (const auto at : slice_positions(slice, starts.size() - 1, runtime)) {
      result.append(*text, starts[at], starts[at + 1] - starts[at]);
    }
    return runtime.text(std::move(result));
  }
  const auto* const sequence = value.as_sequence();
  if (sequence == nullptr || (sequence->shape != Shape::list && sequence->shape != Shape::tuple)) {
    require(sequence == nullptr || sequence->shape != Shape::range, ErrorCode::unsupported,
            "a slice of a range is not implemented; write `| list` behind it");
    // As jinja2 does for whatever cannot be sliced.
    return Value::undefined(fmt::format("'{}' object has no slices", value.type_name()));
  }
  std::vector<Value> items;
  for (const auto at : slice_positions(slice, sequence->items.size(), runtime)) {
    items.push_back(sequence->items[at]);
  }
  return runtime.sequence(std::move(items), sequence->shape);
}

}  // namespace ogam::jinja

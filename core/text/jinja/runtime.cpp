#include "core/text/jinja/runtime.h"

#include <utility>

#include "core/base/error.h"
#include "core/text/jinja/python_text.h"

namespace ogam::jinja {

namespace {

constexpr std::uint64_t kMaxWork = 20'000'000;
constexpr std::uint64_t kMaxTextBytes = std::uint64_t{16} << 20;
constexpr std::uint64_t kMaxBytes = std::uint64_t{256} << 20;

}  // namespace

void Runtime::work(std::size_t units) {
  work_ += units;
  require(work_ <= kMaxWork, ErrorCode::resource_exhausted,
          "the template takes more than {} steps; does it loop without end?", kMaxWork);
}

void Runtime::check_size(std::size_t size) {
  require(size <= kMaxTextBytes, ErrorCode::resource_exhausted,
          "the template makes a text or list of more than {} bytes", kMaxTextBytes);
}

void Runtime::bytes(std::size_t size) {
  check_size(size);
  require(bytes_ + size <= kMaxBytes, ErrorCode::resource_exhausted,
          "the template makes texts and lists of more than {} bytes in all", kMaxBytes);
  bytes_ += size;
  work(size / kBytesOfWork);
}

Value Runtime::text(std::string text) {
  bytes(text.size());
  return Value::text(std::move(text));
}

Value Runtime::sequence(std::vector<Value> items, Shape shape) {
  bytes(items.size() * sizeof(Value));
  return Value::sequence(std::move(items), shape);
}

std::vector<Value> items_of(const Value& value, Runtime& runtime) {
  if (value.is_undefined()) {
    return {};
  }
  if (const auto* const sequence = value.as_sequence()) {
    runtime.bytes(sequence->items.size() * sizeof(Value));
    if (sequence->shape == Shape::generator) {
      const bool consumed = std::exchange(sequence->consumed, true);
      return consumed ? std::vector<Value>() : sequence->items;
    }
    return sequence->items;
  }
  std::vector<Value> items;
  if (const auto* const map = value.as_map()) {
    runtime.bytes(map->entries.size() * sizeof(Value));
    for (const auto& [key, element] : map->entries) {
      items.push_back(key);
    }
    return items;
  }
  const auto* const text = value.as_text();
  require(text != nullptr, ErrorCode::invalid_argument, "'{}' object is not iterable",
          value.type_name());
  runtime.bytes(text->size() * sizeof(Value));
  const auto starts = character_starts(*text);
  for (std::size_t i = 0; i + 1 < starts.size(); ++i) {
    items.push_back(Value::text(text->substr(starts[i], starts[i + 1] - starts[i])));
  }
  return items;
}

Value call(const Value& callee, Arguments arguments) {
  if (const auto* const function = std::get_if<std::shared_ptr<const Callable>>(&callee.data())) {
    const auto held = *function;
    return held->call(arguments);
  }
  if (callee.is_undefined()) {
    fail_undefined(callee);
  }
  fail(ErrorCode::invalid_argument, "'{}' object is not callable", callee.type_name());
}

void fail_undefined(const Value& value) {
  const auto& undefined = std::get<Undefined>(value.data());
  fail(undefined.refused ? ErrorCode::unsupported : ErrorCode::invalid_argument, "{}",
       undefined.why);
}

const std::string& require_text(const Value& value, std::string_view where) {
  if (value.is_undefined()) {
    fail_undefined(value);
  }
  const auto* const text = value.as_text();
  require(text != nullptr, ErrorCode::invalid_argument, "{} needs a str, got '{}'", where,
          value.type_name());
  return *text;
}

std::int64_t require_integer(const Value& value, std::string_view where) {
  if (value.is_undefined()) {
    fail_undefined(value);
  }
  require(value.is_integral(), ErrorCode::invalid_argument, "{} needs an int, got '{}'", where,
          value.type_name());
  return value.as_integer();
}

}  // namespace ogam::jinja

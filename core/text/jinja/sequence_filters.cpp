// Filters that walk over collections.

#include <algorithm>
#include <array>
#include <charconv>

#include "core/base/error.h"
#include "core/text/jinja/filters.h"
#include "core/text/jinja/python_text.h"
#include "core/text/jinja/text_methods.h"

namespace ogam::jinja {

namespace {

Value length_filter(const Value& value, const Bound&, Runtime& runtime) {
  if (value.is_undefined()) {
    return std::int64_t{0};
  }
  if (const auto* const text = value.as_text()) {
    runtime.work(text->size() / kBytesOfWork);
    return integer(length(*text));
  }
  if (const auto* const map = value.as_map()) {
    return integer(map->entries.size());
  }
  const auto* const sequence = value.as_sequence();
  require(sequence != nullptr && sequence->shape != Shape::generator, ErrorCode::invalid_argument,
          "object of type '{}' has no len()", value.type_name());
  return integer(sequence->items.size());
}

Value list_filter(const Value& value, const Bound&, Runtime& runtime) {
  return Value::sequence(items_of(value, runtime));
}

Value first(const Value& value, const Bound&, Runtime& runtime) {
  const auto items = items_of(value, runtime);
  return items.empty() ? Value::undefined("No first item, sequence was empty.") : items.front();
}

void require_reversible(const Value& value) {
  const auto* const sequence = value.as_sequence();
  require(sequence == nullptr || sequence->shape != Shape::generator, ErrorCode::invalid_argument,
          "'generator' object is not reversible");
  if (value.is_undefined()) {
    fail(ErrorCode::invalid_argument, "'Undefined' object is not reversible");
  }
}

Value last(const Value& value, const Bound&, Runtime& runtime) {
  require_reversible(value);
  const auto items = items_of(value, runtime);
  return items.empty() ? Value::undefined("No last item, sequence was empty.") : items.back();
}

Value reverse(const Value& value, const Bound&, Runtime& runtime) {
  if (value.as_text() != nullptr) {
    return sliced(value, {Value(), Value(), std::int64_t{-1}}, runtime);
  }
  if (value.is_undefined()) {
    require_reversible(value);
  }
  const auto* const sequence = value.as_sequence();
  auto items = items_of(value, runtime);
  std::reverse(items.begin(), items.end());
  const bool was_generator = sequence != nullptr && sequence->shape == Shape::generator;
  return Value::sequence(std::move(items), was_generator ? Shape::list : Shape::generator);
}

Value join(const Value& value, const Bound& bound, Runtime& runtime) {
  std::vector<std::string> parts;
  for (const auto& item : items_of(value, runtime)) {
    parts.push_back(
        to_text(bound.has(1) ? at_path(item, bound.required(1), runtime) : item, runtime));
  }
  return Value::text(
      joined(parts, bound.has(0) ? to_text(bound.required(0), runtime) : "", runtime));
}

/// What an item is sorted or compared by.
class Key {
 public:
  Key(const Value& path, bool case_sensitive) : path_(path), case_sensitive_(case_sensitive) {}

  Value of(const Value& item, Runtime& runtime) const {
    const auto key = path_.is_none() ? item : at_path(item, path_, runtime);
    return !case_sensitive_ && key.as_text() != nullptr ? runtime.text(to_lower(*key.as_text()))
                                                        : key;
  }

 private:
  Value path_;
  bool case_sensitive_;
};

/// Sorted by keys; equal ones stay in order, reversed or not.
std::vector<Value> sorted(const std::vector<Value>& items, const std::vector<Value>& keys,
                          bool reversed, Runtime& runtime) {
  std::vector<std::size_t> order(items.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    order[i] = i;
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return reversed ? less(keys[b], keys[a], runtime) : less(keys[a], keys[b], runtime);
  });
  std::vector<Value> result;
  result.reserve(order.size());
  for (const auto i : order) {
    result.push_back(items[i]);
  }
  return result;
}

std::vector<Value> keys_of(const std::vector<Value>& items, const Key& key, Runtime& runtime) {
  std::vector<Value> keys;
  keys.reserve(items.size());
  for (const auto& item : items) {
    keys.push_back(key.of(item, runtime));
  }
  return keys;
}

Value sort(const Value& value, const Bound& bound, Runtime& runtime) {
  const auto path = bound.value_or_none(2);
  require(path.as_text() == nullptr || path.as_text()->find(',') == std::string::npos,
          ErrorCode::unsupported, "sorting by several attributes is not implemented");
  const auto items = items_of(value, runtime);
  const auto keys = keys_of(items, Key(path, bound.truth(1, false)), runtime);
  return Value::sequence(sorted(items, keys, bound.truth(0, false), runtime));
}

Value dict_sort(const Value& value, const Bound& bound, Runtime& runtime) {
  const auto* const map = value.as_map();
  require(map != nullptr, ErrorCode::invalid_argument, "dictsort needs a dict, got '{}'",
          value.type_name());
  const auto by = bound.has(1) ? bound.text(1) : "key";
  require(by == "key" || by == "value", ErrorCode::invalid_argument,
          "You can only sort by either \"key\" or \"value\"");
  std::vector<Value> items;
  std::vector<Value> sorted_by;
  runtime.bytes(map->entries.size() * sizeof(Value) * 3);
  for (const auto& [key, element] : map->entries) {
    items.push_back(Value::sequence({key, element}, Shape::tuple));
    sorted_by.push_back(by == "key" ? key : element);
  }
  const auto keys = keys_of(sorted_by, Key(Value(), bound.truth(0, false)), runtime);
  return Value::sequence(sorted(items, keys, bound.truth(2, false), runtime));
}

Value unique(const Value& value, const Bound& bound, Runtime& runtime) {
  const Key key(bound.value_or_none(1), bound.truth(0, false));
  std::vector<Value> seen;
  std::vector<Value> result;
  for (const auto& item : items_of(value, runtime)) {
    const auto own = key.of(item, runtime);
    if (std::none_of(seen.begin(), seen.end(),
                     [&](const Value& other) { return equal(own, other, runtime); })) {
      seen.push_back(own);
      result.push_back(item);
    }
  }
  return Value::sequence(std::move(result), Shape::generator);
}

template <bool kMax>
Value extreme(const Value& value, const Bound& bound, Runtime& runtime) {
  const auto items = items_of(value, runtime);
  if (items.empty()) {
    return Value::undefined("No aggregated item, sequence was empty.");
  }
  const auto keys = keys_of(items, Key(bound.value_or_none(1), bound.truth(0, false)), runtime);
  std::size_t best = 0;
  for (std::size_t i = 1; i < items.size(); ++i) {
    if (kMax ? less(keys[best], keys[i], runtime) : less(keys[i], keys[best], runtime)) {
      best = i;
    }
  }
  return items[best];
}

Value sum(const Value& value, const Bound& bound, Runtime& runtime) {
  Value total = bound.has(1) ? bound.required(1) : Value(std::int64_t{0});
  require(total.as_text() == nullptr, ErrorCode::invalid_argument, "sum() can't sum strings");
  for (const auto& item : items_of(value, runtime)) {
    total = arithmetic("+", total, bound.has(0) ? at_path(item, bound.required(0), runtime) : item,
                       runtime);
  }
  return total;
}

Value items_filter(const Value& value, const Bound&, Runtime& runtime) {
  if (value.is_undefined()) {
    return Value::sequence({}, Shape::generator);
  }
  require(value.as_map() != nullptr, ErrorCode::invalid_argument,
          "Can only get item pairs from a mapping.");
  runtime.bytes(value.as_map()->entries.size() * sizeof(Value) * 3);
  std::vector<Value> items;
  for (const auto& [key, element] : value.as_map()->entries) {
    items.push_back(Value::sequence({key, element}, Shape::tuple));
  }
  return Value::sequence(std::move(items), Shape::generator);
}

Value batch(const Value& value, const Bound& bound, Runtime& runtime) {
  const auto size = bound.integer(0, 0);
  require(size > 0, ErrorCode::invalid_argument, "batch needs a size of at least 1");
  std::vector<Value> result;
  std::vector<Value> part;
  for (const auto& item : items_of(value, runtime)) {
    part.push_back(item);
    if (static_cast<std::int64_t>(part.size()) == size) {
      result.push_back(Value::sequence(std::exchange(part, {})));
    }
  }
  if (!part.empty()) {
    if (const auto fill = bound.value_or_none(1); !fill.is_none()) {
      runtime.bytes(static_cast<std::size_t>(std::min<std::int64_t>(size, 1 << 30)) *
                    sizeof(Value));
      part.resize(static_cast<std::size_t>(size), fill);
    }
    result.push_back(Value::sequence(std::move(part)));
  }
  return Value::sequence(std::move(result), Shape::generator);
}

/// A name that a filter takes as its first argument, without which the rest is returned.
std::string take_name(Arguments& arguments, std::string_view filter) {
  require(!arguments.positional.empty(), ErrorCode::invalid_argument, "{} lacks an argument",
          filter);
  auto name = require_text(arguments.positional.front(), filter);
  arguments.positional.erase(arguments.positional.begin());
  return name;
}

Value map_filter(const Value& value, const Arguments& given, Runtime& runtime) {
  Arguments arguments = given;
  std::vector<Value> result;
  if (!value.truthy()) {
    return Value::sequence({}, Shape::generator);
  }
  const bool by_attribute =
      arguments.positional.empty() &&
      std::any_of(arguments.named.begin(), arguments.named.end(),
                  [](const auto& named) { return named.first == "attribute"; });
  const auto name = by_attribute ? "" : take_name(arguments, "map");
  for (const auto& item : items_of(value, runtime)) {
    if (!by_attribute) {
      result.push_back(apply_filter(name, item, arguments, runtime));
      continue;
    }
    const Bound bound("map", "attribute default", arguments);
    const auto found = at_path(item, bound.required(0), runtime);
    result.push_back(found.is_undefined() && !bound.value_or_none(1).is_none() ? bound.required(1)
                                                                               : found);
  }
  return runtime.sequence(std::move(result), Shape::generator);
}

/// select, reject and both by an attribute.
template <bool kKeep, bool kByAttribute>
Value select(const Value& value, const Arguments& given, Runtime& runtime) {
  Arguments arguments = given;
  if (!value.truthy()) {
    return Value::sequence({}, Shape::generator);
  }
  Value path;
  if (kByAttribute) {
    require(!arguments.positional.empty(), ErrorCode::invalid_argument,
            "Missing parameter for attribute name");
    path = arguments.positional.front();
    arguments.positional.erase(arguments.positional.begin());
  }
  const bool by_test = !arguments.positional.empty();
  const auto name = by_test ? take_name(arguments, "select") : "";
  std::vector<Value> result;
  for (const auto& item : items_of(value, runtime)) {
    const auto tested = kByAttribute ? at_path(item, path, runtime) : item;
    const bool holds = by_test ? apply_test(name, tested, arguments, runtime) : tested.truthy();
    if (holds == kKeep) {
      result.push_back(item);
    }
  }
  return runtime.sequence(std::move(result), Shape::generator);
}

constexpr std::array kRows = {
    Filter{"batch", "linecount fill_with", &batch, nullptr},
    Filter{"count", "", &length_filter, nullptr},
    Filter{"dictsort", "case_sensitive by reverse", &dict_sort, nullptr},
    Filter{"first", "", &first, nullptr},
    Filter{"items", "", &items_filter, nullptr},
    Filter{"join", "d attribute", &join, nullptr},
    Filter{"last", "", &last, nullptr},
    Filter{"length", "", &length_filter, nullptr},
    Filter{"list", "", &list_filter, nullptr},
    Filter{"map", "*", nullptr, &map_filter},
    Filter{"max", "case_sensitive attribute", &extreme<true>, nullptr},
    Filter{"min", "case_sensitive attribute", &extreme<false>, nullptr},
    Filter{"reject", "*", nullptr, &select<false, false>},
    Filter{"rejectattr", "*", nullptr, &select<false, true>},
    Filter{"reverse", "", &reverse, nullptr},
    Filter{"select", "*", nullptr, &select<true, false>},
    Filter{"selectattr", "*", nullptr, &select<true, true>},
    Filter{"sort", "reverse case_sensitive attribute", &sort, nullptr},
    Filter{"sum", "attribute start", &sum, nullptr},
    Filter{"unique", "case_sensitive attribute", &unique, nullptr},
};

}  // namespace

constinit const std::span<const Filter> kSequenceFilters = kRows;

Value at_path(const Value& value, const Value& path, Runtime& runtime) {
  const auto* const text = path.as_text();
  if (text == nullptr) {
    return subscript(value, path, runtime);
  }
  Value found = value;
  for (const auto part : split_at(*text, ".", -1)) {
    std::int64_t index = 0;
    const auto parsed = std::from_chars(part.data(), part.data() + part.size(), index);
    const bool is_index = parsed.ec == std::errc() && parsed.ptr == part.data() + part.size() &&
                          !part.starts_with("-");
    found = subscript(found, is_index ? Value(index) : Value::text(std::string(part)), runtime);
  }
  return found;
}

}  // namespace ogam::jinja

#include "core/text/jinja/value.h"

#include <algorithm>
#include <array>

#include "core/base/error.h"
#include "core/text/jinja/runtime.h"

namespace ogam::jinja {

namespace {

constexpr std::array<std::string_view, 7> kShapeNames = {
    "list", "tuple", "range", "dict_keys", "dict_values", "dict_items", "generator"};

/// One more than the deepest of what a value holds.
class Nesting {
 public:
  void add(const Value& held) { deepest_ = std::max(deepest_, held.nesting()); }
  int total() const {
    constexpr int kMaxNesting = 100;
    require(deepest_ < kMaxNesting, ErrorCode::resource_exhausted,
            "values nest deeper than {} levels", kMaxNesting);
    return deepest_ + 1;
  }

 private:
  int deepest_ = 0;
};

bool equal_maps(const Map& a, const Map& b, Runtime& runtime) {
  return a.entries.size() == b.entries.size() &&
         std::all_of(a.entries.begin(), a.entries.end(), [&](const auto& entry) {
           const Value* const other = b.find(entry.first, runtime);
           return other != nullptr && equal(entry.second, *other, runtime);
         });
}

bool equal_sequences(const Sequence& a, const Sequence& b, Runtime& runtime) {
  return a.shape == b.shape &&
         std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(),
                    [&](const Value& x, const Value& y) { return equal(x, y, runtime); });
}

}  // namespace

const Value* Map::find(const Value& key, Runtime& runtime) const {
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const auto& entry) {
    return equal(entry.first, key, runtime);
  });
  return found == entries.end() ? nullptr : &found->second;
}

void Map::set(Value key, Value value, Runtime& runtime) {
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const auto& entry) {
    return equal(entry.first, key, runtime);
  });
  if (found != entries.end()) {
    found->second = std::move(value);
  } else {
    entries.emplace_back(std::move(key), std::move(value));
  }
}

Value Value::text(std::string text, bool markup) {
  Value value;
  value.data_ = Text{std::make_shared<const std::string>(std::move(text)), markup};
  return value;
}

Value Value::sequence(std::vector<Value> items, Shape shape, std::string text) {
  Nesting nesting;
  std::for_each(items.begin(), items.end(), [&](const Value& item) { nesting.add(item); });
  Value value;
  value.data_ = std::make_shared<const Sequence>(
      Sequence{std::move(items), shape, std::move(text), false, nesting.total()});
  return value;
}

Value Value::map(Map map) {
  Nesting nesting;
  for (const auto& [key, element] : map.entries) {
    nesting.add(key);
    nesting.add(element);
  }
  map.nesting = nesting.total();
  Value value;
  value.data_ = std::make_shared<const Map>(std::move(map));
  return value;
}

Value Value::callable(std::string name, std::function<Value(Arguments&)> call, const Value& self) {
  Nesting nesting;
  nesting.add(self);
  Value value;
  value.data_ =
      std::make_shared<const Callable>(Callable{std::move(name), std::move(call), nesting.total()});
  return value;
}

const std::string* Value::as_text() const {
  const auto* const text = std::get_if<Text>(&data_);
  return text == nullptr ? nullptr : text->text.get();
}

const Sequence* Value::as_sequence() const {
  const auto* const sequence = std::get_if<std::shared_ptr<const Sequence>>(&data_);
  return sequence == nullptr ? nullptr : sequence->get();
}

const Map* Value::as_map() const {
  const auto* const map = std::get_if<std::shared_ptr<const Map>>(&data_);
  return map == nullptr ? nullptr : map->get();
}

std::int64_t Value::as_integer() const {
  const auto* const truth = std::get_if<bool>(&data_);
  return truth != nullptr ? static_cast<std::int64_t>(*truth) : std::get<std::int64_t>(data_);
}

double Value::as_double() const {
  const auto* const number = std::get_if<double>(&data_);
  return number != nullptr ? *number : static_cast<double>(as_integer());
}

int Value::nesting() const {
  return std::visit(
      [](const auto& held) {
        if constexpr (requires { held->nesting; }) {
          return held->nesting;
        } else {
          return 0;
        }
      },
      data_);
}

bool Value::truthy() const {
  if (is_undefined() || is_none()) {
    return false;
  }
  if (is_number()) {
    return as_double() != 0;
  }
  if (const auto* const text = as_text()) {
    return !text->empty();
  }
  if (const auto* const sequence = as_sequence()) {
    return sequence->shape == Shape::generator || !sequence->items.empty();
  }
  if (const auto* const map = as_map()) {
    return !map->entries.empty();
  }
  return true;
}

std::string_view Value::type_name() const {
  if (const auto* const sequence = as_sequence()) {
    return kShapeNames.at(static_cast<std::size_t>(sequence->shape));
  }
  constexpr std::array<std::string_view, std::variant_size_v<Data>> kNames = {
      "Undefined", "NoneType", "bool",      "int",      "float",      "str",
      "list",      "dict",     "namespace", "function", "LoopContext"};
  return kNames.at(data_.index());
}

bool equal(const Value& a, const Value& b, Runtime& runtime) {
  runtime.work();
  if (a.is_number() && b.is_number()) {
    return a.is_integral() && b.is_integral() ? a.as_integer() == b.as_integer()
                                              : a.as_double() == b.as_double();
  }
  if (a.data().index() != b.data().index()) {
    return false;
  }
  if (const auto* const text = a.as_text()) {
    const bool same_size = text->size() == b.as_text()->size();
    runtime.work(same_size ? text->size() / kBytesOfWork : 0);
    return same_size && *text == *b.as_text();
  }
  if (const auto* const sequence = a.as_sequence()) {
    return equal_sequences(*sequence, *b.as_sequence(), runtime);
  }
  if (const auto* const map = a.as_map()) {
    return equal_maps(*map, *b.as_map(), runtime);
  }
  if (a.is_undefined() || a.is_none()) {
    return true;
  }
  return std::visit(
      [&](const auto& held) {
        using T = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<T, Namespace*> ||
                      std::is_same_v<T, std::shared_ptr<const Callable>> ||
                      std::is_same_v<T, std::shared_ptr<Loop>>) {
          return held == std::get<T>(b.data());
        } else {
          return false;
        }
      },
      a.data());
}

}  // namespace ogam::jinja

// What stands behind a dot or in brackets: methods, elements, fields.

#include <algorithm>
#include <array>

#include "core/base/error.h"
#include "core/text/jinja/arguments.h"
#include "core/text/jinja/python_text.h"
#include "core/text/jinja/runtime.h"
#include "core/text/jinja/text_methods.h"

namespace ogam::jinja {

namespace {

/// Attributes of Python's types that templates may use there and that are not implemented here.
constexpr std::string_view kTextNames =
    " casefold encode expandtabs format_map isascii isidentifier isprintable ljust maketrans "
    "rjust swapcase translate zfill center ";
constexpr std::string_view kNumberNames =
    " as_integer_ratio bit_count bit_length conjugate denominator from_bytes fromhex hex imag "
    "is_integer numerator real to_bytes ";
constexpr std::string_view kSequenceNames =
    " copy start step stop mapping isdisjoint gi_code "
    "gi_frame gi_running gi_suspended gi_yieldfrom send throw close ";
constexpr std::string_view kMapNames = " fromkeys ";
/// Those that change a value; the sandbox lets nobody use them.
constexpr std::string_view kListChanges = " append clear extend insert pop remove reverse sort ";
constexpr std::string_view kMapChanges = " clear pop popitem setdefault update ";

bool names(std::string_view list, const std::string& name) {
  return list.find(" " + name + " ") != std::string_view::npos;
}

Value view(const Map& map, Shape shape, Runtime& runtime) {
  std::vector<Value> items;
  runtime.bytes(map.entries.size() * sizeof(Value) * 3);
  for (const auto& [key, value] : map.entries) {
    items.push_back(shape == Shape::keys     ? key
                    : shape == Shape::values ? value
                                             : Value::sequence({key, value}, Shape::tuple));
  }
  return Value::sequence(std::move(items), shape);
}

Value map_method(const Value& self, const std::string& name, Runtime& runtime) {
  const auto bind = [&](auto function) {
    return Value::callable(
        "dict." + name,
        [self, function](Arguments& arguments) { return function(self, arguments); }, self);
  };
  constexpr std::array<std::pair<std::string_view, Shape>, 3> kViews = {
      {{"keys", Shape::keys}, {"values", Shape::values}, {"items", Shape::items}}};
  for (const auto& [view_name, shape] : kViews) {
    if (name == view_name) {
      return bind([&runtime, shape = shape](const Value& map, const Arguments& arguments) {
        const Bound bound("dict.keys, values or items", "", arguments);
        return view(*map.as_map(), shape, runtime);
      });
    }
  }
  if (name == "get") {
    return bind([&runtime](const Value& map, const Arguments& arguments) {
      const Bound bound("dict.get", "key default", arguments);
      const Value* const found = map.as_map()->find(bound.required(0), runtime);
      return found != nullptr ? *found : bound.value_or_none(1);
    });
  }
  if (name == "copy") {
    return bind([](const Value& map, const Arguments&) { return map; });
  }
  return Value::undefined("");
}

Value list_method(const Value& self, const std::string& name, Runtime& runtime) {
  if (name != "count" && name != "index") {
    return Value::undefined("");
  }
  return Value::callable(
      "list." + name,
      [self, name, &runtime](Arguments& arguments) -> Value {
        const Bound bound("list.count or index", "value", arguments);
        const auto& items = self.as_sequence()->items;
        const auto is_wanted = [&](const Value& item) {
          return equal(item, bound.required(0), runtime);
        };
        if (name == "count") {
          return static_cast<std::int64_t>(std::count_if(items.begin(), items.end(), is_wanted));
        }
        const auto found = std::find_if(items.begin(), items.end(), is_wanted);
        require(found != items.end(), ErrorCode::invalid_argument, "the value is not in the list");
        return static_cast<std::int64_t>(found - items.begin());
      },
      self);
}

Value cycle(const std::shared_ptr<Loop>& loop) {
  return Value::callable(
      "loop.cycle",
      [loop](Arguments& arguments) {
        require(!arguments.positional.empty(), ErrorCode::invalid_argument,
                "no items for cycling given");
        return arguments.positional[loop->index % arguments.positional.size()];
      },
      Value(loop));
}

Value changed(const std::shared_ptr<Loop>& loop, Runtime& runtime) {
  return Value::callable(
      "loop.changed",
      [loop, &runtime](Arguments& arguments) -> Value {
        const auto same = [&](const Value& a, const Value& b) { return equal(a, b, runtime); };
        const auto& now = arguments.positional;
        if (loop->changed_called &&
            std::equal(now.begin(), now.end(), loop->changed.begin(), loop->changed.end(), same)) {
          return false;
        }
        // What it keeps counts as held by the loop.
        loop->nesting = std::max(loop->nesting, Value::sequence(now).nesting());
        loop->changed = now;
        loop->changed_called = true;
        return true;
      },
      Value(loop));
}

Value loop_attribute(const std::shared_ptr<Loop>& loop, const std::string& name, Runtime& runtime) {
  const auto size = loop->items.size();
  const auto index = loop->index;
  if (name == "index") return integer(index + 1);
  if (name == "index0") return integer(index);
  if (name == "revindex") return integer(size - index);
  if (name == "revindex0") return integer(size - index - 1);
  if (name == "first") return index == 0;
  if (name == "last") return index + 1 == size;
  if (name == "length") return integer(size);
  if (name == "depth") return std::int64_t{loop->depth + 1};
  if (name == "depth0") return std::int64_t{loop->depth};
  if (name == "previtem") {
    return index > 0 ? loop->items[index - 1] : Value::undefined("there is no previous item");
  }
  if (name == "nextitem") {
    return index + 1 < size ? loop->items[index + 1] : Value::undefined("there is no next item");
  }
  if (name == "cycle") return cycle(loop);
  if (name == "changed") return changed(loop, runtime);
  return Value::undefined(fmt::format("'LoopContext' object has no attribute '{}'", name));
}

/// A method or field that Python's type has; an undefined value with an empty reason otherwise.
Value python_attribute(const Value& value, const std::string& name, Runtime& runtime) {
  const auto refuse = [&](std::string_view list) {
    require(!names(list, name), ErrorCode::unsupported, "'{}' of a '{}' is not implemented", name,
            value.type_name());
  };
  const auto refuse_change = [&](std::string_view list) {
    return names(list, name)
               ? Value(Undefined{fmt::format("'{}' would change a '{}', which templates may not",
                                             name, value.type_name()),
                                 true})
               : Value::undefined("");
  };
  if (value.as_text() != nullptr) {
    refuse(kTextNames);
    return text_method(value, name, runtime);
  }
  if (value.as_map() != nullptr) {
    refuse(kMapNames);
    const auto method = map_method(value, name, runtime);
    return method.is_undefined() ? refuse_change(kMapChanges) : method;
  }
  if (const auto* const sequence = value.as_sequence()) {
    refuse(kSequenceNames);
    const bool plain = sequence->shape == Shape::list || sequence->shape == Shape::tuple;
    const auto method = plain ? list_method(value, name, runtime) : Value::undefined("");
    return method.is_undefined() && sequence->shape == Shape::list ? refuse_change(kListChanges)
                                                                   : method;
  }
  if (value.is_number()) {
    refuse(kNumberNames);
  }
  return Value::undefined("");
}

bool is_absent(const Value& value) {
  return value.is_undefined() && std::get<Undefined>(value.data()).why.empty();
}

}  // namespace

Value attribute(const Value& value, const std::string& name, Runtime& runtime) {
  runtime.work();
  if (value.is_undefined()) {
    fail_undefined(value);
  }
  if (const auto* const space = std::get_if<Namespace*>(&value.data())) {
    const auto& fields = (*space)->fields;
    runtime.work(fields.size());
    const auto found = std::find_if(fields.begin(), fields.end(),
                                    [&](const auto& field) { return field.first == name; });
    return found != fields.end()
               ? found->second
               : Value::undefined(fmt::format("'Namespace' object has no attribute '{}'", name));
  }
  if (const auto* const loop = std::get_if<std::shared_ptr<Loop>>(&value.data())) {
    return loop_attribute(*loop, name, runtime);
  }
  require(!value.is<std::shared_ptr<const Callable>>(), ErrorCode::unsupported,
          "attribute '{}' of a function or macro is not implemented", name);
  require(!name.starts_with("_"), ErrorCode::unsupported,
          "attribute '{}': names with an underscore in front are not implemented", name);
  const auto own = python_attribute(value, name, runtime);
  if (!is_absent(own)) {
    return own;
  }
  if (value.as_map() != nullptr) {
    const Value* const found = value.as_map()->find(Value::text(name), runtime);
    if (found != nullptr) {
      return *found;
    }
  }
  return Value::undefined(
      fmt::format("'{}' object has no attribute '{}'", value.type_name(), name));
}

Value subscript(const Value& value, const Value& key, Runtime& runtime) {
  runtime.work();
  const bool has_elements =
      value.as_map() != nullptr || value.as_sequence() != nullptr || value.as_text() != nullptr;
  if (!has_elements && key.as_text() != nullptr) {
    return attribute(value, *key.as_text(), runtime);
  }
  const auto found = element(value, key, runtime);
  if (!found.is_undefined() || key.as_text() == nullptr) {
    return found;
  }
  const auto own = python_attribute(value, *key.as_text(), runtime);
  return is_absent(own) ? found : own;
}

}  // namespace ogam::jinja

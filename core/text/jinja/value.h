#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace ogam::jinja {

class Value;
class Runtime;
struct Arguments;

/// A name or attribute that is not there: empty in output, false in tests, an error elsewhere.
struct Undefined {
  std::string why;       ///< the message of the error
  bool refused = false;  ///< it exists in Python, but the sandbox lets nobody use it
};

struct None {};

/// UTF-8.
struct Text {
  std::shared_ptr<const std::string> text;
  bool markup = false;  ///< marked by `safe` or `escape`
};

/// What Python calls the ordered collections that a template can meet.
enum class Shape { list, tuple, range, keys, values, items, generator };

struct Sequence {
  std::vector<Value> items;
  Shape shape = Shape::list;
  std::string text;               ///< how a range is printed
  mutable bool consumed = false;  ///< a generator gives its items once
  int nesting = 0;
};

/// A dict: keys in the order in which they came.
struct Map {
  std::vector<std::pair<Value, Value>> entries;
  int nesting = 0;

  /// nullptr when there is no such key.
  const Value* find(const Value& key, Runtime& runtime) const;
  void set(Value key, Value value, Runtime& runtime);
};

/// The one kind of value that templates change. Owned by whoever renders.
struct Namespace {
  std::vector<std::pair<std::string, Value>> fields;
};

/// A macro, a method of a value, or a function such as `range`.
struct Callable {
  std::string name;
  std::function<Value(Arguments&)> call;
  int nesting = 0;
};

struct Loop;

/// A value of Python as far as chat templates can tell. Copies are cheap; everything but a
/// namespace is constant.
class Value {
 public:
  using Data = std::variant<Undefined, None, bool, std::int64_t, double, Text,
                            std::shared_ptr<const Sequence>, std::shared_ptr<const Map>, Namespace*,
                            std::shared_ptr<const Callable>, std::shared_ptr<Loop>>;

  Value() : data_(None{}) {}
  Value(const char*) = delete;
  Value(bool value) : data_(value) {}                              // NOLINT: converts on purpose
  Value(std::int64_t value) : data_(value) {}                      // NOLINT
  Value(double value) : data_(value) {}                            // NOLINT
  Value(Namespace* value) : data_(value) {}                        // NOLINT
  Value(std::shared_ptr<Loop> value) : data_(std::move(value)) {}  // NOLINT
  explicit Value(Undefined undefined) : data_(std::move(undefined)) {}

  static Value text(std::string text, bool markup = false);
  static Value undefined(std::string why) { return Value(Undefined{std::move(why)}); }
  /// @throws Error{resource_exhausted}, as `map`, when values nest too deep.
  static Value sequence(std::vector<Value> items, Shape shape = Shape::list, std::string text = "");
  static Value map(Map map);
  /// @param self what `call` holds on to.
  static Value callable(std::string name, std::function<Value(Arguments&)> call,
                        const Value& self = {});

  const Data& data() const { return data_; }
  template <typename T>
  bool is() const {
    return std::holds_alternative<T>(data_);
  }
  bool is_undefined() const { return is<Undefined>(); }
  bool is_none() const { return is<None>(); }
  /// Python's bool is an integer too.
  bool is_integral() const { return is<bool>() || is<std::int64_t>(); }
  bool is_number() const { return is_integral() || is<double>(); }

  /// The content where the value is of that kind, nullptr otherwise.
  const std::string* as_text() const;
  const Sequence* as_sequence() const;
  const Map* as_map() const;
  /// Of a bool or integer.
  std::int64_t as_integer() const;
  /// Of any number.
  double as_double() const;

  /// How many values lie within each other. Bounded, so that what walks over them may recurse.
  int nesting() const;

  /// Python's truth of a value.
  bool truthy() const;
  /// What Python calls its type: "str", "list", "dict", ...
  std::string_view type_name() const;

 private:
  Data data_;
};

struct Arguments {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> named;
};

/// Python's `==`.
bool equal(const Value& a, const Value& b, Runtime& runtime);

/// `loop` within a `for`.
struct Loop {
  std::vector<Value> items;
  std::size_t index = 0;
  int depth = 0;
  int nesting = 0;
  std::vector<Value> changed;  ///< what `loop.changed` was last called with
  bool changed_called = false;
};

}  // namespace ogam::jinja

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/jinja/value.h"

namespace ogam::jinja {

/// Bytes of a text that are read or written in one unit of work.
constexpr std::size_t kBytesOfWork = 16;

/// What one rendering may use up, and what it knows of the world.
class Runtime {
 public:
  explicit Runtime(std::chrono::system_clock::time_point now) : now_(now) {}

  std::chrono::system_clock::time_point now() const { return now_; }

  /// Counts work in units of about ten nanoseconds.
  /// @throws Error{resource_exhausted} when the template does too much.
  void work(std::size_t units = 1);
  /// Counts bytes that are made or read, before they are.
  /// @throws Error{resource_exhausted} when one text or all of them are too large.
  void bytes(std::size_t size);

  /// @throws Error{resource_exhausted} when a text of this size is too large.
  static void check_size(std::size_t size);

  /// A text that was made, counted.
  Value text(std::string text);
  /// A collection that was made, counted.
  Value sequence(std::vector<Value> items, Shape shape = Shape::list);

 private:
  std::chrono::system_clock::time_point now_;
  std::uint64_t work_ = 0;
  std::uint64_t bytes_ = 0;
};

/// The items that a `for` would see. A generator gives them once.
/// @throws Error{invalid_argument} when the value has none.
std::vector<Value> items_of(const Value& value, Runtime& runtime);

/// `str(value)`. @throws Error{unsupported} where Python would print an address.
std::string to_text(const Value& value, Runtime& runtime);
/// `repr(value)`.
std::string representation(const Value& value, Runtime& runtime);

struct JsonStyle {
  bool ensure_ascii = false;
  bool sort_keys = false;
  std::string item_separator = ", ";
  std::string key_separator = ": ";
  bool has_indent = false;
  std::string indent;  ///< of each level
};
/// `json.dumps(value)`. @throws Error{invalid_argument} for values that JSON cannot hold.
std::string to_json(const Value& value, const JsonStyle& style, Runtime& runtime);

/// `value.attribute` and `value[key]`; methods come first in the one, keys in the other.
Value attribute(const Value& value, const std::string& name, Runtime& runtime);
Value subscript(const Value& value, const Value& key, Runtime& runtime);
/// The element of a Map or a Sequence, a character of a text; undefined when it is not there.
Value element(const Value& value, const Value& key, Runtime& runtime);

struct Slice {
  Value start, stop, step;
};
Value sliced(const Value& value, const Slice& slice, Runtime& runtime);

/// Arithmetic of `+ - * / // % **`, and of a text with `%`.
Value arithmetic(const std::string& op, const Value& a, const Value& b, Runtime& runtime);
Value negated(const Value& value);
/// `== != < <= > >= in`.
bool compare(const std::string& op, const Value& a, const Value& b, Runtime& runtime);
bool contains(const Value& container, const Value& item, Runtime& runtime);
/// Python's `<`. @throws Error{invalid_argument} for values without an order.
bool less(const Value& a, const Value& b, Runtime& runtime);

/// `text % arguments`: a tuple, a dict or one value.
std::string percent_format(const std::string& format, const Value& arguments, Runtime& runtime);
/// `text.format(...)` with fields in braces. @throws Error{unsupported} for conversions.
std::string brace_format(const std::string& format, const Arguments& arguments, Runtime& runtime);

/// `range`, `namespace`, `dict`, ...: what every template can call. nullopt when there is none.
/// @throws Error{unsupported} naming those of jinja2 that are not implemented.
std::optional<Value> global_function(const std::string& name, Runtime& runtime);

/// Calls a macro, method or function.
Value call(const Value& callee, Arguments arguments);

/// @throws Error{invalid_argument}, always: an undefined value was used.
[[noreturn]] void fail_undefined(const Value& value);
/// The text of a value that must be one.
const std::string& require_text(const Value& value, std::string_view where);
std::int64_t require_integer(const Value& value, std::string_view where);
inline Value integer(std::size_t number) { return static_cast<std::int64_t>(number); }

}  // namespace ogam::jinja

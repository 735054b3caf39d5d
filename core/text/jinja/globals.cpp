// The functions that every template can call.

#include <algorithm>
#include <array>
#include <ctime>

#include "core/base/error.h"
#include "core/text/jinja/arguments.h"
#include "core/text/jinja/python_text.h"
#include "core/text/jinja/runtime.h"

namespace ogam::jinja {

namespace {

using Function = Value (*)(const Arguments& arguments, Runtime& runtime);

/// Source: jinja2.sandbox, which bounds ranges too.
Value range(const Arguments& arguments, Runtime& runtime) {
  constexpr std::int64_t kMaxRange = 100'000;
  const auto count = arguments.positional.size();
  require(count >= 1 && count <= 3 && arguments.named.empty(), ErrorCode::invalid_argument,
          "range takes 1 to 3 arguments");
  const auto at = [&](std::size_t i) { return require_integer(arguments.positional[i], "range"); };
  const auto start = count == 1 ? 0 : at(0);
  const auto stop = count == 1 ? at(0) : at(1);
  const auto step = count == 3 ? at(2) : 1;
  require(step != 0, ErrorCode::invalid_argument, "range() arg 3 must not be zero");
  std::vector<Value> items;
  for (std::int64_t i = start; step < 0 ? i > stop : i < stop;) {
    require(static_cast<std::int64_t>(items.size()) < kMaxRange, ErrorCode::resource_exhausted,
            "a range may hold {} numbers", kMaxRange);
    items.emplace_back(i);
    if (__builtin_add_overflow(i, step, &i)) {
      break;
    }
  }
  runtime.bytes(items.size() * sizeof(Value));
  return Value::sequence(std::move(items), Shape::range,
                         step == 1 ? fmt::format("range({}, {})", start, stop)
                                   : fmt::format("range({}, {}, {})", start, stop, step));
}

Value dict(const Arguments& arguments, Runtime& runtime) {
  require(arguments.positional.size() <= 1, ErrorCode::invalid_argument,
          "dict expected at most 1 argument, got {}", arguments.positional.size());
  Map map;
  for (const auto& argument : arguments.positional) {
    if (argument.as_map() != nullptr) {
      map.entries = argument.as_map()->entries;
      continue;
    }
    for (const auto& pair : items_of(argument, runtime)) {
      const auto parts = items_of(pair, runtime);
      require(parts.size() == 2, ErrorCode::invalid_argument, "dict needs pairs");
      map.set(parts[0], parts[1], runtime);
    }
  }
  for (const auto& [name, value] : arguments.named) {
    map.set(Value::text(name), value, runtime);
  }
  runtime.bytes(map.entries.size() * sizeof(Value) * 2);
  return Value::map(std::move(map));
}

Value raise_exception(const Arguments& arguments, Runtime& runtime) {
  const Bound bound("raise_exception", "message", arguments);
  fail(ErrorCode::invalid_argument, "the template refuses the messages: {}",
       to_text(bound.required(0), runtime));
}

Value strftime_now(const Arguments& arguments, Runtime& runtime) {
  constexpr std::string_view kDirectives = "aAbBcdDeFHIjmMnpSTtuUVGwWxXyYC%hRrkl";
  constexpr std::size_t kMaxSize = 1024;
  const Bound bound("strftime_now", "format", arguments);
  const auto& format = bound.text(0);
  for (auto at = format.find('%'); at != std::string::npos; at = format.find('%', at + 2)) {
    require(at + 1 < format.size() && kDirectives.find(format[at + 1]) != std::string_view::npos,
            ErrorCode::unsupported, "strftime_now('{}'): '{}' is not implemented", format,
            format.substr(at, 2));
  }
  require(format.size() <= kMaxSize / 32, ErrorCode::resource_exhausted,
          "strftime_now takes a format of {} bytes at most", kMaxSize / 32);
  const std::time_t time = std::chrono::system_clock::to_time_t(runtime.now());
  std::tm local{};
  ::localtime_r(&time, &local);
  std::array<char, kMaxSize> text{};
  const auto size = std::strftime(text.data(), text.size(), format.c_str(), &local);
  return Value::text(std::string(text.data(), size));
}

struct Row {
  std::string_view name;
  Function function;
};
constexpr std::array kFunctions = {Row{"range", &range}, Row{"dict", &dict},
                                   Row{"raise_exception", &raise_exception},
                                   Row{"strftime_now", &strftime_now}};
/// Those of jinja2 that no chat template was seen to need.
constexpr std::array<std::string_view, 3> kMissing = {"lipsum", "cycler", "joiner"};

}  // namespace

std::optional<Value> global_function(const std::string& name, Runtime& runtime) {
  require(std::find(kMissing.begin(), kMissing.end(), name) == kMissing.end(),
          ErrorCode::unsupported, "the function '{}' is not implemented", name);
  const auto* const row = std::find_if(kFunctions.begin(), kFunctions.end(),
                                       [&](const Row& r) { return r.name == name; });
  if (row == kFunctions.end()) {
    return std::nullopt;
  }
  return Value::callable(
      name, [row, &runtime](Arguments& arguments) { return row->function(arguments, runtime); });
}

}  // namespace ogam::jinja

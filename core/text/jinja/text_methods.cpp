#include "core/text/jinja/text_methods.h"

#include <algorithm>
#include <array>

#include "core/base/error.h"
#include "core/text/jinja/arguments.h"
#include "core/text/jinja/python_text.h"
#include "core/text/unicode.h"

namespace ogam::jinja {

namespace {

using Method = Value (*)(const std::string& text, const Bound& bound, Runtime& runtime);

Value texts(const std::vector<std::string_view>& parts, Runtime& runtime,
            Shape shape = Shape::list) {
  std::vector<Value> items;
  runtime.bytes(parts.size() * sizeof(Value) * 2);
  for (const auto part : parts) {
    items.push_back(Value::text(std::string(part)));
  }
  return Value::sequence(std::move(items), shape);
}

template <Side kSide>
Value strip_method(const std::string& text, const Bound& bound, Runtime& runtime) {
  return runtime.text(std::string(strip(text, kSide, bound.optional_text(0))));
}

template <bool kFromEnd>
Value split_method(const std::string& text, const Bound& bound, Runtime& runtime) {
  const auto* const separator = bound.optional_text(0);
  const auto limit = static_cast<long>(bound.integer(1, -1));
  if (separator == nullptr) {
    return texts(kFromEnd ? split_at_last_space(text, limit) : split_at_space(text, limit),
                 runtime);
  }
  require(!separator->empty(), ErrorCode::invalid_argument, "empty separator");
  return texts(
      kFromEnd ? split_at_last(text, *separator, limit) : split_at(text, *separator, limit),
      runtime);
}

template <bool kAtStart>
Value affix_method(const std::string& text, const Bound& bound, Runtime& runtime) {
  require(!bound.has(1), ErrorCode::unsupported,
          "startswith and endswith with a position are not implemented");
  const auto matches = [&](const Value& affix) {
    const auto& wanted = require_text(affix, "startswith or endswith");
    return kAtStart ? text.starts_with(wanted) : text.ends_with(wanted);
  };
  const auto* const tuple = bound.required(0).as_sequence();
  if (tuple == nullptr || tuple->shape != Shape::tuple) {
    return matches(bound.required(0));
  }
  runtime.work(tuple->items.size());
  return std::any_of(tuple->items.begin(), tuple->items.end(), matches);
}

template <std::string (*kMap)(std::string_view)>
Value mapped_method(const std::string& text, const Bound&, Runtime& runtime) {
  return runtime.text(kMap(text));
}

template <CharacterTest kTest>
Value test_method(const std::string& text, const Bound&, Runtime&) {
  return all_characters(text, kTest);
}

Value replace_method(const std::string& text, const Bound& bound, Runtime& runtime) {
  return Value::text(replaced(text, bound.text(0), bound.text(1), bound.integer(2, -1), runtime));
}

Value join_method(const std::string& text, const Bound& bound, Runtime& runtime) {
  require(!bound.required(0).is_undefined(), ErrorCode::invalid_argument,
          "can only join an iterable");
  std::vector<std::string> parts;
  for (const auto& item : items_of(bound.required(0), runtime)) {
    parts.push_back(require_text(item, "str.join"));
  }
  return Value::text(joined(parts, text, runtime));
}

/// The code points before `byte`; -1 for none.
Value position(const std::string& text, std::size_t byte) {
  return byte == std::string::npos ? Value(std::int64_t{-1})
                                   : integer(length(std::string_view(text).substr(0, byte)));
}

template <bool kLast, bool kMustBeThere>
Value find_method(const std::string& text, const Bound& bound, Runtime&) {
  require(!bound.has(1), ErrorCode::unsupported,
          "find and index with a position are not implemented");
  const auto at = kLast ? find_last_text(text, bound.text(0)) : find_text(text, bound.text(0));
  require(!kMustBeThere || at != std::string::npos, ErrorCode::invalid_argument,
          "substring not found");
  return position(text, at);
}

Value count_method(const std::string& text, const Bound& bound, Runtime&) {
  return integer(count_text(text, bound.text(0)));
}

template <bool kLast>
Value partition_method(const std::string& text, const Bound& bound, Runtime& runtime) {
  const auto& separator = bound.text(0);
  require(!separator.empty(), ErrorCode::invalid_argument, "empty separator");
  const auto at = kLast ? find_last_text(text, separator) : find_text(text, separator);
  const std::string_view all = text;
  if (at == std::string::npos) {
    return kLast ? texts({"", "", all}, runtime, Shape::tuple)
                 : texts({all, "", ""}, runtime, Shape::tuple);
  }
  return texts({all.substr(0, at), separator, all.substr(at + separator.size())}, runtime,
               Shape::tuple);
}

Value lines_method(const std::string& text, const Bound& bound, Runtime& runtime) {
  return texts(split_lines(text, bound.truth(0, false)), runtime);
}

template <bool kAtStart>
Value remove_affix_method(const std::string& text, const Bound& bound, Runtime& runtime) {
  const auto& affix = bound.text(0);
  const bool found = kAtStart ? text.starts_with(affix) : text.ends_with(affix);
  const auto kept = text.size() - (found ? affix.size() : 0);
  return runtime.text(text.substr(kAtStart ? text.size() - kept : 0, kept));
}

struct Row {
  std::string_view name;
  std::string_view parameters;
  Method method;
};
constexpr std::array kMethods = {
    Row{"capitalize", "", &mapped_method<&capitalize>},
    Row{"count", "sub", &count_method},
    Row{"endswith", "suffix start", &affix_method<false>},
    Row{"find", "sub start", &find_method<false, false>},
    Row{"index", "sub start", &find_method<false, true>},
    Row{"isalnum", "", &test_method<CharacterTest::alnum>},
    Row{"isalpha", "", &test_method<CharacterTest::alpha>},
    Row{"isdecimal", "", &test_method<CharacterTest::decimal>},
    Row{"isdigit", "", &test_method<CharacterTest::digit>},
    Row{"islower", "", &test_method<CharacterTest::lower>},
    Row{"isnumeric", "", &test_method<CharacterTest::numeric>},
    Row{"isspace", "", &test_method<CharacterTest::space>},
    Row{"istitle", "", &test_method<CharacterTest::title>},
    Row{"isupper", "", &test_method<CharacterTest::upper>},
    Row{"join", "iterable", &join_method},
    Row{"lower", "", &mapped_method<&to_lower>},
    Row{"lstrip", "chars", &strip_method<Side::left>},
    Row{"partition", "sep", &partition_method<false>},
    Row{"removeprefix", "prefix", &remove_affix_method<true>},
    Row{"removesuffix", "suffix", &remove_affix_method<false>},
    Row{"replace", "old new count", &replace_method},
    Row{"rfind", "sub start", &find_method<true, false>},
    Row{"rindex", "sub start", &find_method<true, true>},
    Row{"rpartition", "sep", &partition_method<true>},
    Row{"rsplit", "sep maxsplit", &split_method<true>},
    Row{"rstrip", "chars", &strip_method<Side::right>},
    Row{"split", "sep maxsplit", &split_method<false>},
    Row{"splitlines", "keepends", &lines_method},
    Row{"startswith", "prefix start", &affix_method<true>},
    Row{"strip", "chars", &strip_method<Side::both>},
    Row{"title", "", &mapped_method<&to_title>},
    Row{"upper", "", &mapped_method<&to_upper>},
};

}  // namespace

Value text_method(const Value& self, const std::string& name, Runtime& runtime) {
  const auto refuse_markup = [](const Value& text) {
    require(!std::get<Text>(text.data()).markup, ErrorCode::unsupported,
            "a method of a text that `safe` or `escape` gave is not implemented");
  };
  if (name == "format") {
    return Value::callable("str.format", [self, &runtime, refuse_markup](Arguments& arguments) {
      refuse_markup(self);
      return runtime.text(brace_format(*self.as_text(), arguments, runtime));
    });
  }
  const auto* const row =
      std::find_if(kMethods.begin(), kMethods.end(), [&](const Row& r) { return r.name == name; });
  if (row == kMethods.end()) {
    return Value::undefined("");
  }
  return Value::callable("str." + name, [self, row, &runtime, refuse_markup](Arguments& arguments) {
    refuse_markup(self);
    runtime.work(self.as_text()->size() / kBytesOfWork * 4);
    return row->method(*self.as_text(), Bound(row->name, row->parameters, arguments), runtime);
  });
}

std::string replaced(const std::string& text, const std::string& old, const std::string& with,
                     std::int64_t limit, Runtime& runtime) {
  std::string result;
  std::size_t begin = 0;  // of what is not copied yet
  std::size_t at = 0;     // where the next one is looked for
  for (std::int64_t done = 0; limit < 0 || done < limit; ++done) {
    const auto found = find_text(text, old, at);
    if (found == std::string::npos) {
      break;
    }
    runtime.work();
    runtime.bytes(with.size());
    result.append(text, begin, found - begin).append(with);
    begin = found + old.size();
    if (old.empty()) {  // before each character and at the end
      if (found == text.size()) {
        break;
      }
      at = found + first_character(std::string_view(text).substr(found)).size;
    } else {
      at = begin;
    }
  }
  result.append(text, begin, std::string::npos);
  runtime.bytes(result.size());  // which no text may exceed
  return result;
}

std::string joined(const std::vector<std::string>& parts, const std::string& separator,
                   Runtime& runtime) {
  std::size_t size = 0;
  for (const auto& part : parts) {
    size += part.size() + separator.size();
  }
  runtime.bytes(size);
  std::string result;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    result.append(i == 0 ? "" : separator).append(parts[i]);
  }
  return result;
}

}  // namespace ogam::jinja

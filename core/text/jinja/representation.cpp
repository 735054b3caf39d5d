// str(), repr() and json.dumps() as Python has them.

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/error.h"
#include "core/text/jinja/python_text.h"
#include "core/text/jinja/runtime.h"
#include "core/text/unicode.h"

namespace ogam::jinja {

namespace {

class Printer {
 public:
  explicit Printer(Runtime& runtime) : runtime_(runtime) {}

  void print(const Value& value) {
    runtime_.work();
    if (const auto* const text = value.as_text()) {
      runtime_.bytes(text->size());
      out_ += text_literal(*text);
    } else if (const auto* const sequence = value.as_sequence()) {
      print_sequence(*sequence);
    } else if (const auto* const map = value.as_map()) {
      print_map(*map);
    } else if (value.is_undefined()) {
      out_ += "Undefined";
    } else {
      out_ += to_text(value, runtime_);
    }
  }

  std::string take() {
    runtime_.bytes(out_.size());
    return std::move(out_);
  }

 private:
  void print_list(const std::vector<Value>& items) {
    for (std::size_t i = 0; i < items.size(); ++i) {
      out_ += i == 0 ? "" : ", ";
      print(items[i]);
    }
  }

  void print_sequence(const Sequence& sequence) {
    require(sequence.shape != Shape::generator, ErrorCode::unsupported,
            "printing a generator is not implemented; write `| list` or `| join` behind it");
    if (sequence.shape == Shape::range) {
      out_ += sequence.text;
    } else if (sequence.shape == Shape::tuple) {
      out_ += "(";
      print_list(sequence.items);
      out_ += sequence.items.size() == 1 ? ",)" : ")";
    } else {
      const bool view = sequence.shape != Shape::list;
      out_ += view ? fmt::format("{}([", Value::sequence({}, sequence.shape).type_name()) : "[";
      print_list(sequence.items);
      out_ += view ? "])" : "]";
    }
  }

  void print_map(const Map& map) {
    out_ += "{";
    for (std::size_t i = 0; i < map.entries.size(); ++i) {
      out_ += i == 0 ? "" : ", ";
      print(map.entries[i].first);
      out_ += ": ";
      print(map.entries[i].second);
    }
    out_ += "}";
  }

  Runtime& runtime_;
  std::string out_;
};

class JsonWriter {
 public:
  JsonWriter(const JsonStyle& style, Runtime& runtime) : style_(style), runtime_(runtime) {}

  void write(const Value& value, int depth) {
    runtime_.work();
    if (const auto* const text = value.as_text()) {
      write_text(*text);
    } else if (const auto* const map = value.as_map()) {
      write_map(*map, depth);
    } else if (const auto* const sequence = value.as_sequence();
               sequence != nullptr &&
               (sequence->shape == Shape::list || sequence->shape == Shape::tuple)) {
      open('[', depth + 1, sequence->items.empty());
      for (std::size_t i = 0; i < sequence->items.size(); ++i) {
        separate(i, depth + 1);
        write(sequence->items[i], depth + 1);
      }
      close(']', depth, sequence->items.empty());
    } else {
      out_ += scalar(value);
    }
  }

  std::string take() {
    runtime_.bytes(out_.size());
    return std::move(out_);
  }

 private:
  void line(int depth) {
    if (style_.has_indent) {
      out_ += '\n';
      runtime_.bytes(style_.indent.size() * static_cast<std::size_t>(depth));
      for (int i = 0; i < depth; ++i) {
        out_ += style_.indent;
      }
    }
  }
  void open(char bracket, int depth, bool empty) {
    out_ += bracket;
    if (!empty) {
      line(depth);
    }
  }
  void close(char bracket, int depth, bool empty) {
    if (!empty) {
      line(depth);
    }
    out_ += bracket;
  }
  void separate(std::size_t index, int depth) {
    if (index > 0) {
      out_ += style_.item_separator;
      line(depth);
    }
  }

  static std::string scalar(const Value& value) {
    if (value.is_none()) {
      return "null";
    }
    if (const auto* const truth = std::get_if<bool>(&value.data())) {
      return *truth ? "true" : "false";
    }
    if (value.is_integral()) {
      return std::to_string(value.as_integer());
    }
    require(value.is<double>(), ErrorCode::invalid_argument,
            "Object of type {} is not JSON serializable", value.type_name());
    const double number = value.as_double();
    return std::isnan(number)   ? "NaN"
           : std::isinf(number) ? (number < 0 ? "-Infinity" : "Infinity")
                                : float_text(number);
  }

  void write_map(const Map& map, int depth) {
    std::vector<std::size_t> order(map.entries.size());
    std::iota(order.begin(), order.end(), 0);
    if (style_.sort_keys) {
      std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return less(map.entries[a].first, map.entries[b].first, runtime_);
      });
    }
    open('{', depth + 1, order.empty());
    for (std::size_t i = 0; i < order.size(); ++i) {
      const auto& [key, value] = map.entries[order[i]];
      separate(i, depth + 1);
      require(key.as_text() != nullptr || key.is_number() || key.is_none(),
              ErrorCode::invalid_argument, "keys must be str, int, float, bool or None, not {}",
              key.type_name());
      write_text(key.as_text() != nullptr ? *key.as_text() : scalar(key));
      out_ += style_.key_separator;
      write(value, depth + 1);
    }
    close('}', depth, order.empty());
  }

  void write_text(const std::string& text) {
    constexpr std::string_view kNamed = "\"\"\\\\\nn\rr\tt\bb\ff";
    runtime_.bytes(text.size());
    out_ += '"';
    for (const char32_t c : code_points(text)) {
      std::size_t named = 0;
      while (named < kNamed.size() && static_cast<char32_t>(kNamed[named]) != c) {
        named += 2;
      }
      if (named < kNamed.size()) {
        out_ += {'\\', kNamed[named + 1]};
      } else if (c < 0x20 || (style_.ensure_ascii && c >= 0x7F && c < 0x10000)) {
        out_ += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(c));
      } else if (style_.ensure_ascii && c >= 0x10000) {
        const auto offset = static_cast<std::uint32_t>(c) - 0x10000;
        out_ +=
            fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + (offset >> 10), 0xDC00 + (offset & 0x3FF));
      } else {
        append_utf8(c, out_);
      }
    }
    out_ += '"';
  }

  const JsonStyle& style_;
  Runtime& runtime_;
  std::string out_;
};

}  // namespace

std::string representation(const Value& value, Runtime& runtime) {
  Printer printer(runtime);
  printer.print(value);
  return printer.take();
}

std::string to_text(const Value& value, Runtime& runtime) {
  if (const auto* const text = value.as_text()) {
    return *text;
  }
  if (value.is_undefined()) {
    require(!std::get<Undefined>(value.data()).refused, ErrorCode::unsupported, "{}",
            std::get<Undefined>(value.data()).why);
    return "";
  }
  if (value.is_none()) {
    return "None";
  }
  if (const auto* const truth = std::get_if<bool>(&value.data())) {
    return *truth ? "True" : "False";
  }
  if (value.is_integral()) {
    return std::to_string(value.as_integer());
  }
  if (value.is<double>()) {
    return float_text(value.as_double());
  }
  require(value.as_sequence() != nullptr || value.as_map() != nullptr, ErrorCode::unsupported,
          "printing a '{}' object is not implemented", value.type_name());
  return representation(value, runtime);
}

std::string to_json(const Value& value, const JsonStyle& style, Runtime& runtime) {
  JsonWriter writer(style, runtime);
  writer.write(value, 0);
  return writer.take();
}

}  // namespace ogam::jinja

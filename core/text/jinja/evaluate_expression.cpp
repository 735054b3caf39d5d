// The part of Evaluator that gives expressions their values.

#include <algorithm>

#include "core/base/error.h"
#include "core/text/jinja/evaluator.h"
#include "core/text/jinja/filters.h"
#include "core/text/jinja/text_methods.h"

namespace ogam::jinja {

Value Evaluator::evaluate(const Expression* expression, const ScopePointer& scope) {
  const Level level(*this);
  return evaluate_kind(*expression, scope);
}

Value Evaluator::evaluate_kind(const Expression& expression, const ScopePointer& scope) {
  const auto& parts = expression.parts;
  const auto part = [&](std::size_t i) { return evaluate(parts[i], scope); };
  switch (expression.kind) {
    case ExpressionKind::constant:
      return expression.constant;
    case ExpressionKind::name:
      return look_up(expression.name, scope);
    case ExpressionKind::list:
      return runtime_.sequence(evaluate_parts(expression, scope));
    case ExpressionKind::tuple:
      return runtime_.sequence(evaluate_parts(expression, scope), Shape::tuple);
    case ExpressionKind::map:
      return evaluate_map(expression, scope);
    case ExpressionKind::attribute:
      return attribute(part(0), expression.name, runtime_);
    case ExpressionKind::subscript: {
      const auto value = part(0);
      return subscript(value, part(1), runtime_);
    }
    case ExpressionKind::slice:
      return evaluate_slice(expression, scope);
    case ExpressionKind::call: {
      const auto callee = part(0);
      return call(callee, evaluate_arguments(expression.arguments, scope));
    }
    case ExpressionKind::filter: {
      const auto value = part(0);
      return apply_filter(expression.name, value, evaluate_arguments(expression.arguments, scope),
                          runtime_);
    }
    case ExpressionKind::test: {
      const auto value = part(0);
      return apply_test(expression.name, value, evaluate_arguments(expression.arguments, scope),
                        runtime_);
    }
    case ExpressionKind::negative:
      return negated(part(0));
    case ExpressionKind::positive:
      return negated(negated(part(0)));
    case ExpressionKind::not_:
      return !part(0).truthy();
    case ExpressionKind::and_: {
      const auto value = part(0);
      return value.truthy() ? part(1) : value;
    }
    case ExpressionKind::or_: {
      const auto value = part(0);
      return value.truthy() ? value : part(1);
    }
    case ExpressionKind::concat:
      return evaluate_concat(expression, scope);
    case ExpressionKind::arithmetic: {
      const auto left = part(0);
      return arithmetic(expression.name, left, part(1), runtime_);
    }
    case ExpressionKind::compare:
      return evaluate_compare(expression, scope);
    case ExpressionKind::condition:
      if (part(1).truthy()) {
        return part(0);
      }
      return parts[2] != nullptr ? part(2)
                                 : Value::undefined(
                                       "the inline if-expression evaluated to false and no else "
                                       "section was defined");
  }
  fail(ErrorCode::internal, "an expression of an unknown kind");
}

std::vector<Value> Evaluator::evaluate_parts(const Expression& expression,
                                             const ScopePointer& scope) {
  std::vector<Value> values;
  values.reserve(expression.parts.size());
  for (const auto* const part : expression.parts) {
    values.push_back(evaluate(part, scope));
  }
  return values;
}

Value Evaluator::evaluate_map(const Expression& expression, const ScopePointer& scope) {
  auto values = evaluate_parts(expression, scope);
  runtime_.bytes(values.size() * sizeof(Value));
  Map map;
  for (std::size_t i = 0; i + 1 < values.size(); i += 2) {
    const auto* const sequence = values[i].as_sequence();
    require(
        values[i].as_map() == nullptr && (sequence == nullptr || sequence->shape != Shape::list),
        ErrorCode::invalid_argument, "unhashable type: '{}'", values[i].type_name());
    map.set(std::move(values[i]), std::move(values[i + 1]), runtime_);
  }
  return Value::map(std::move(map));
}

Value Evaluator::evaluate_compare(const Expression& expression, const ScopePointer& scope) {
  auto left = evaluate(expression.parts[0], scope);
  for (std::size_t i = 0; i < expression.operators.size(); ++i) {
    auto right = evaluate(expression.parts[i + 1], scope);
    if (!compare(expression.operators[i], left, right, runtime_)) {
      return false;
    }
    left = std::move(right);
  }
  return true;
}

Value Evaluator::evaluate_concat(const Expression& expression, const ScopePointer& scope) {
  std::vector<std::string> texts;
  for (const auto& value : evaluate_parts(expression, scope)) {
    texts.push_back(to_text(value, runtime_));
  }
  return Value::text(joined(texts, "", runtime_));
}

Value Evaluator::evaluate_slice(const Expression& expression, const ScopePointer& scope) {
  const auto value = evaluate(expression.parts[0], scope);
  const auto bound = [&](std::size_t i) {
    const auto* const part = expression.parts[i];
    return part == nullptr ? Value() : evaluate(part, scope);
  };
  const auto start = bound(1);
  const auto stop = bound(2);
  return sliced(value, {start, stop, bound(3)}, runtime_);
}

Arguments Evaluator::evaluate_arguments(const CallArguments& arguments, const ScopePointer& scope) {
  Arguments result;
  for (const auto* const argument : arguments.positional) {
    result.positional.push_back(evaluate(argument, scope));
  }
  for (const auto& [name, argument] : arguments.named) {
    result.named.emplace_back(name, evaluate(argument, scope));
  }
  if (arguments.all_positional != nullptr) {
    const auto more = items_of(evaluate(arguments.all_positional, scope), runtime_);
    result.positional.insert(result.positional.end(), more.begin(), more.end());
  }
  if (arguments.all_named != nullptr) {
    const auto more = evaluate(arguments.all_named, scope);
    require(more.as_map() != nullptr, ErrorCode::invalid_argument,
            "argument after ** must be a mapping, not {}", more.type_name());
    for (const auto& [key, value] : more.as_map()->entries) {
      result.named.emplace_back(require_text(key, "a keyword"), value);
    }
  }
  return result;
}

Value Evaluator::look_up(const std::string& name, const ScopePointer& scope) {
  for (auto* at = scope.get(); at != nullptr; at = at->parent.get()) {
    runtime_.work(1 + at->names.size() / 8);
    if (const auto* const found = at->find(name)) {
      return *found;
    }
  }
  if (name == "namespace") {
    return Value::callable(name, [this](Arguments& arguments) { return name_space(arguments); });
  }
  return global_function(name, runtime_)
      .value_or(Value::undefined(fmt::format("'{}' is undefined", name)));
}

Value Evaluator::name_space(const Arguments& arguments) {
  runtime_.bytes(sizeof(Namespace));
  auto space = std::make_unique<Namespace>();
  require(arguments.positional.size() <= 1, ErrorCode::invalid_argument,
          "namespace takes at most 1 positional argument");
  const auto add = [&](const std::string& name, const Value& value) {
    require(!name.starts_with("_"), ErrorCode::unsupported,
            "the field '{}': names with an underscore in front are not implemented", name);
    std::erase_if(space->fields, [&](const auto& field) { return field.first == name; });
    space->fields.emplace_back(name, value);
  };
  for (const auto& argument : arguments.positional) {
    require(argument.as_map() != nullptr, ErrorCode::unsupported,
            "a namespace from a '{}' is not implemented", argument.type_name());
    for (const auto& [key, value] : argument.as_map()->entries) {
      add(require_text(key, "namespace"), value);
    }
  }
  for (const auto& [name, value] : arguments.named) {
    add(name, value);
  }
  spaces_.push_back(std::move(space));
  return Value(spaces_.back().get());
}

}  // namespace ogam::jinja

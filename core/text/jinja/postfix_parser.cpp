// The part of ExpressionParser that reads what stands behind a value: attributes, calls, filters,
// tests.

#include "core/text/jinja/expression_parser.h"
#include "core/text/jinja/filters.h"

namespace ogam::jinja {

const Expression* ExpressionParser::postfix(const Expression* value) {
  while (true) {
    if (take_operator(".")) {
      if (current().kind == TokenKind::number && current().number.is<std::int64_t>()) {
        auto* const index = add(ExpressionKind::constant);
        index->constant = take().number;
        value = add(ExpressionKind::subscript, {value, index});
      } else {
        value = add(ExpressionKind::attribute, {value}, expect_name());
      }
    } else if (take_operator("[")) {
      value = subscript(value);
    } else if (at_operator("(")) {
      value = call(value);
    } else {
      return value;
    }
  }
}

const Expression* ExpressionParser::filter_or_test(const Expression* value) {
  while (true) {
    if (at_operator("|")) {
      value = filters(value);
    } else if (take_name("is")) {
      value = test(value);
    } else if (at_operator("(")) {
      value = call(value);
    } else {
      return value;
    }
  }
}

const Expression* ExpressionParser::subscript(const Expression* value) {
  const auto at_end = [&] { return at_operator(":") || at_operator("]"); };
  const auto* const first = at_end() ? nullptr : expression();
  if (first == nullptr && at_operator("]")) {
    refuse_token("an expression");
  }
  if (take_operator("]")) {
    return add(ExpressionKind::subscript, {value, first});
  }
  if (at_operator(",")) {
    refuse(ErrorCode::unsupported, "several expressions in brackets are not implemented");
  }
  expect(TokenKind::operator_, ":");
  const auto* const stop = at_end() ? nullptr : expression();
  const auto* const step = take_operator(":") && !at_end() ? expression() : nullptr;
  expect(TokenKind::operator_, "]");
  return add(ExpressionKind::slice, {value, first, stop, step});
}

const Expression* ExpressionParser::filters(const Expression* value, bool first_bare) {
  while (first_bare || take_operator("|")) {
    first_bare = false;
    auto name = expect_name();
    if (find_filter(name) == nullptr || at_operator(".")) {
      refuse(ErrorCode::unsupported, "the filter '{}' is not implemented", name);
    }
    auto arguments = at_operator("(") ? call_arguments() : CallArguments();
    auto* const filter = add(ExpressionKind::filter, {value}, std::move(name));
    filter->arguments = std::move(arguments);
    value = filter;
  }
  return value;
}

const Expression* ExpressionParser::test(const Expression* value) {
  const bool negated = take_name("not");
  auto name = expect_name();
  if (find_test(name) == nullptr || at_operator(".")) {
    refuse(ErrorCode::unsupported, "the test '{}' is not implemented", name);
  }
  CallArguments arguments;
  const bool ends = at_name("else") || at_name("or") || at_name("and");
  const bool has_argument =
      current().kind == TokenKind::name || current().kind == TokenKind::text ||
      current().kind == TokenKind::number || at_operator("[") || at_operator("{");
  if (at_operator("(")) {
    arguments = call_arguments();
  } else if (has_argument && !ends) {
    if (at_name("is")) {
      refuse(ErrorCode::corrupt_data, "You cannot chain multiple tests with is");
    }
    arguments.positional.push_back(postfix(primary()));
  }
  auto* const tested = add(ExpressionKind::test, {value}, std::move(name));
  tested->arguments = std::move(arguments);
  return negated ? add(ExpressionKind::not_, {tested}) : tested;
}

const Expression* ExpressionParser::call(const Expression* value) {
  auto arguments = call_arguments();
  auto* const called = add(ExpressionKind::call, {value});
  called->arguments = std::move(arguments);
  return called;
}

CallArguments ExpressionParser::call_arguments() {
  CallArguments arguments;
  const auto check = [&](bool in_order) {
    if (!in_order) {
      refuse(ErrorCode::corrupt_data, "invalid syntax for function call expression");
    }
  };
  expect(TokenKind::operator_, "(");
  while (!at_operator(")")) {
    if (take_operator("*")) {
      check(arguments.all_positional == nullptr && arguments.all_named == nullptr);
      arguments.all_positional = expression();
    } else if (take_operator("**")) {
      check(arguments.all_named == nullptr);
      arguments.all_named = expression();
    } else if (current().kind == TokenKind::name && ahead().kind == TokenKind::operator_ &&
               ahead().text == "=") {
      check(arguments.all_named == nullptr);
      auto name = take().text;
      take();
      arguments.named.emplace_back(std::move(name), expression());
    } else {
      check(arguments.all_positional == nullptr && arguments.all_named == nullptr &&
            arguments.named.empty());
      arguments.positional.push_back(expression());
    }
    if (!take_operator(",")) {
      break;
    }
  }
  expect(TokenKind::operator_, ")");
  return arguments;
}

}  // namespace ogam::jinja

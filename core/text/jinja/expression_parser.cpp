#include "core/text/jinja/expression_parser.h"

#include <algorithm>
#include <array>

namespace ogam::jinja {

namespace {

std::string describe_token(const Token& token) {
  switch (token.kind) {
    case TokenKind::data:
      return "text";
    case TokenKind::variable_begin:
      return "'{{'";
    case TokenKind::variable_end:
      return "'}}'";
    case TokenKind::block_begin:
      return "'{%'";
    case TokenKind::block_end:
      return "'%}'";
    case TokenKind::end:
      return "the end of the template";
    default:
      return "'" + token.text + "'";
  }
}

}  // namespace

ExpressionParser::Level::Level(ExpressionParser& parser) : parser_(parser) {
  constexpr int kMaxLevels = 200;
  if (++parser_.level_ > kMaxLevels) {
    --parser_.level_;
    parser_.refuse(ErrorCode::resource_exhausted, "the template nests deeper than {} levels",
                   kMaxLevels);
  }
}

bool ExpressionParser::take_if(TokenKind kind, std::string_view text) {
  const bool found = at(kind, text);
  if (found) {
    take();
  }
  return found;
}

void ExpressionParser::expect(TokenKind kind, std::string_view text) {
  if (current().kind != kind || (!text.empty() && current().text != text)) {
    refuse_token(text.empty() ? "the end of the tag" : text);
  }
  take();
}

std::string ExpressionParser::expect_name() {
  if (current().kind != TokenKind::name) {
    refuse_token("a name");
  }
  return take().text;
}

void ExpressionParser::refuse_token(std::string_view expected) const {
  refuse(ErrorCode::corrupt_data, "expected {}, found {}", expected, describe_token(current()));
}

Expression* ExpressionParser::add(ExpressionKind kind, std::vector<const Expression*> parts,
                                  std::string name) {
  auto& expression = syntax_.expressions.emplace_back();
  expression.kind = kind;
  expression.line = current().line;
  expression.parts = std::move(parts);
  expression.name = std::move(name);
  return &expression;
}

const Expression* ExpressionParser::tuple(bool with_condition, std::string_view end) {
  const auto at_end = [&] {
    return current().kind == TokenKind::block_end || current().kind == TokenKind::variable_end ||
           at_operator(")") || (!end.empty() && at_name(end));
  };
  std::vector<const Expression*> parts;
  bool is_tuple = false;
  while (!at_end()) {
    parts.push_back(expression(with_condition));
    if (!take_operator(",")) {
      break;
    }
    is_tuple = true;
  }
  if (parts.size() == 1 && !is_tuple) {
    return parts.front();
  }
  if (parts.empty() && !at_operator(")")) {
    refuse_token("an expression");
  }
  return add(ExpressionKind::tuple, std::move(parts));
}

const Expression* ExpressionParser::expression(bool with_condition) {
  const Level level(*this);
  const auto* value = or_expression();
  while (with_condition && take_name("if")) {
    const auto* const condition = or_expression();
    const auto* const other = take_name("else") ? expression() : nullptr;
    value = add(ExpressionKind::condition, {value, condition, other});
  }
  return value;
}

const Expression* ExpressionParser::or_expression() {
  const auto* value = and_expression();
  while (take_name("or")) {
    value = add(ExpressionKind::or_, {value, and_expression()});
  }
  return value;
}

const Expression* ExpressionParser::and_expression() {
  const auto* value = not_expression();
  while (take_name("and")) {
    value = add(ExpressionKind::and_, {value, not_expression()});
  }
  return value;
}

const Expression* ExpressionParser::not_expression() {
  if (take_name("not")) {
    const Level level(*this);
    return add(ExpressionKind::not_, {not_expression()});
  }
  return comparison();
}

const Expression* ExpressionParser::comparison() {
  constexpr std::array<std::string_view, 6> kOperators = {"==", "!=", "<", "<=", ">", ">="};
  std::vector<const Expression*> parts = {sum()};
  std::vector<std::string> operators;
  while (true) {
    const bool is_operator =
        current().kind == TokenKind::operator_ &&
        std::find(kOperators.begin(), kOperators.end(), current().text) != kOperators.end();
    if (is_operator) {
      operators.push_back(take().text);
    } else if (take_name("in")) {
      operators.emplace_back("in");
    } else if (at_name("not") && ahead().kind == TokenKind::name && ahead().text == "in") {
      take();
      take();
      operators.emplace_back("not in");
    } else {
      break;
    }
    parts.push_back(sum());
  }
  if (operators.empty()) {
    return parts.front();
  }
  auto* const compared = add(ExpressionKind::compare, std::move(parts));
  compared->operators = std::move(operators);
  return compared;
}

const Expression* ExpressionParser::sum() {
  const auto* value = concatenation();
  while (at_operator("+") || at_operator("-")) {
    auto op = take().text;
    const auto* const right = concatenation();
    value = add(ExpressionKind::arithmetic, {value, right}, std::move(op));
  }
  return value;
}

const Expression* ExpressionParser::concatenation() {
  std::vector<const Expression*> parts = {product()};
  while (take_operator("~")) {
    parts.push_back(product());
  }
  return parts.size() == 1 ? parts.front() : add(ExpressionKind::concat, std::move(parts));
}

const Expression* ExpressionParser::product() {
  const auto* value = power();
  while (at_operator("*") || at_operator("/") || at_operator("//") || at_operator("%")) {
    auto op = take().text;
    const auto* const right = power();
    value = add(ExpressionKind::arithmetic, {value, right}, std::move(op));
  }
  return value;
}

const Expression* ExpressionParser::power() {
  const auto* value = unary(true);
  while (take_operator("**")) {
    value = add(ExpressionKind::arithmetic, {value, unary(true)}, "**");
  }
  return value;
}

const Expression* ExpressionParser::unary(bool with_filter) {
  const Level level(*this);
  const Expression* value = nullptr;
  if (take_operator("-")) {
    value = add(ExpressionKind::negative, {unary(false)});
  } else if (take_operator("+")) {
    value = add(ExpressionKind::positive, {unary(false)});
  } else {
    value = primary();
  }
  value = postfix(value);
  return with_filter ? filter_or_test(value) : value;
}

const Expression* ExpressionParser::primary() {
  if (current().kind == TokenKind::name) {
    return name_or_constant();
  }
  if (current().kind == TokenKind::text) {
    std::string text;
    while (current().kind == TokenKind::text) {
      text += take().text;
    }
    auto* const constant = add(ExpressionKind::constant);
    constant->constant = Value::text(std::move(text));
    return constant;
  }
  if (current().kind == TokenKind::number) {
    auto* const constant = add(ExpressionKind::constant);
    constant->constant = take().number;
    return constant;
  }
  if (take_operator("(")) {
    const auto* const inside = tuple(true);
    expect(TokenKind::operator_, ")");
    return inside;
  }
  if (take_operator("[")) {
    return list();
  }
  if (take_operator("{")) {
    return map();
  }
  refuse_token("an expression");
}

const Expression* ExpressionParser::name_or_constant() {
  const std::string name = take().text;
  const bool is_true = name == "true" || name == "True";
  if (is_true || name == "false" || name == "False" || name == "none" || name == "None") {
    auto* const constant = add(ExpressionKind::constant);
    constant->constant = name == "none" || name == "None" ? Value() : Value(is_true);
    return constant;
  }
  used_varargs = used_varargs || name == "varargs";
  used_kwargs = used_kwargs || name == "kwargs";
  return add(ExpressionKind::name, {}, name);
}

const Expression* ExpressionParser::list() {
  std::vector<const Expression*> parts;
  while (!at_operator("]")) {
    parts.push_back(expression());
    if (!take_operator(",")) {
      break;
    }
  }
  expect(TokenKind::operator_, "]");
  return add(ExpressionKind::list, std::move(parts));
}

const Expression* ExpressionParser::map() {
  std::vector<const Expression*> parts;
  while (!at_operator("}")) {
    parts.push_back(expression());
    expect(TokenKind::operator_, ":");
    parts.push_back(expression());
    if (!take_operator(",")) {
      break;
    }
  }
  expect(TokenKind::operator_, "}");
  return add(ExpressionKind::map, std::move(parts));
}

}  // namespace ogam::jinja

#include "core/text/jinja/parser.h"

#include <algorithm>
#include <array>

#include "core/base/error.h"
#include "core/text/jinja/expression_parser.h"
#include "core/text/jinja/lexer.h"
#include "core/text/unicode.h"

namespace ogam::jinja {

namespace {

class Parser {
 public:
  Parser(std::string_view text, const std::string& origin, Syntax& syntax)
      : syntax_(syntax), parser_(tokenize(text, origin), syntax, origin) {}

  void run() {
    syntax_.body = body({});
    if (parser_.current().kind != TokenKind::end) {
      parser_.refuse_token("the end of the template");
    }
  }

 private:
  using Ends = std::initializer_list<std::string_view>;

  /// What stands before a tag of `ends`; behind it, the name of the tag comes next.
  Body body(Ends ends) {
    const ExpressionParser::Level level(parser_);
    Body statements;
    while (parser_.current().kind != TokenKind::end) {
      const auto& token = parser_.current();
      if (token.kind == TokenKind::data) {
        auto* const statement = add(StatementKind::data);
        statement->text = parser_.take().text;
        statements.push_back(statement);
      } else if (token.kind == TokenKind::variable_begin) {
        parser_.take();
        auto* const statement = add(StatementKind::output);
        statement->value = parser_.tuple(true);
        expect_end(TokenKind::variable_end);
        statements.push_back(statement);
      } else {
        parser_.expect(TokenKind::block_begin, "");
        const bool ends_here = std::any_of(
            ends.begin(), ends.end(), [&](std::string_view end) { return parser_.at_name(end); });
        if (ends_here) {
          return statements;
        }
        statements.push_back(statement());
        expect_end(TokenKind::block_end);
      }
    }
    if (ends.size() > 0) {
      parser_.refuse_token("a tag '" + std::string(*(ends.end() - 1)) + "'");
    }
    return statements;
  }

  void expect_end(TokenKind kind) {
    if (parser_.current().kind != kind) {
      parser_.refuse_token(kind == TokenKind::variable_end ? "'}}'" : "'%}'");
    }
    parser_.take();
  }

  /// A body behind the end of its opening tag, and its closing tag up to the name.
  Body closed_body(std::string_view end) {
    expect_end(TokenKind::block_end);
    auto statements = body({end});
    parser_.take();
    return statements;
  }

  Statement* add(StatementKind kind) {
    auto& statement = syntax_.statements.emplace_back();
    statement.kind = kind;
    statement.line = parser_.current().line;
    return &statement;
  }

  const Statement* statement() {
    struct Row {
      std::string_view tag;
      const Statement* (Parser::*read)();
    };
    constexpr std::array kTags = {
        Row{"if", &Parser::if_statement},       Row{"for", &Parser::for_statement},
        Row{"set", &Parser::set_statement},     Row{"macro", &Parser::macro},
        Row{"call", &Parser::call_block},       Row{"filter", &Parser::filter_block},
        Row{"with", &Parser::with_statement},   Row{"generation", &Parser::generation},
        Row{"break", &Parser::break_statement}, Row{"continue", &Parser::continue_statement},
        Row{"print", &Parser::print_statement},
    };
    if (parser_.current().kind != TokenKind::name) {
      parser_.refuse_token("the name of a tag");
    }
    const auto& name = parser_.current().text;
    const auto* const row =
        std::find_if(kTags.begin(), kTags.end(), [&](const Row& r) { return r.tag == name; });
    if (row == kTags.end()) {
      const bool is_end = name.starts_with("end") || name == "else" || name == "elif";
      parser_.refuse(is_end ? ErrorCode::corrupt_data : ErrorCode::unsupported, "{} '{}' {}",
                     "the tag", name, is_end ? "closes nothing" : "is not implemented");
    }
    return (this->*row->read)();
  }

  const Statement* if_statement() {
    auto* const result = add(StatementKind::if_);
    parser_.take();
    while (true) {
      const auto* const condition = parser_.tuple(false);
      expect_end(TokenKind::block_end);
      auto branch = body({"elif", "else", "endif"});
      result->branches.push_back({condition, std::move(branch)});
      const auto end = parser_.take().text;
      if (end == "else") {
        result->else_body = closed_body("endif");
      }
      if (end != "elif") {
        return result;
      }
    }
  }

  const Statement* for_statement() {
    auto* const result = add(StatementKind::for_);
    parser_.take();
    result->target = target(false, "in");
    parser_.expect(TokenKind::name, "in");
    result->value = parser_.tuple(false, "recursive");
    if (parser_.take_name("if")) {
      result->condition = parser_.expression();
    }
    if (parser_.at_name("recursive")) {
      parser_.refuse(ErrorCode::unsupported, "a recursive loop is not implemented");
    }
    expect_end(TokenKind::block_end);
    ++loops_;
    result->body = body({"endfor", "else"});
    --loops_;
    if (parser_.take().text == "else") {
      result->else_body = closed_body("endfor");
    }
    return result;
  }

  /// One name, a field of a namespace where `with_fields`, or several with commas between them.
  Target target(bool with_fields, std::string_view end) {
    const auto at_end = [&] {
      return parser_.at_operator(")") || parser_.at_operator("=") ||
             parser_.current().kind == TokenKind::block_end ||
             (!end.empty() && parser_.at_name(end));
    };
    std::vector<Target> parts;
    bool is_tuple = false;
    while (!at_end()) {
      parts.push_back(single_target(with_fields));
      if (!parser_.take_operator(",")) {
        break;
      }
      is_tuple = true;
    }
    if (parts.empty()) {
      parser_.refuse_token("a name to assign to");
    }
    if (!is_tuple) {
      return parts.front();
    }
    Target result;
    result.is_tuple = true;
    result.parts = std::move(parts);
    return result;
  }

  Target single_target(bool with_fields) {
    const ExpressionParser::Level level(parser_);
    if (parser_.take_operator("(")) {
      auto inside = target(with_fields, "");
      parser_.expect(TokenKind::operator_, ")");
      return inside;
    }
    Target result;
    result.name = parser_.expect_name();
    constexpr std::array<std::string_view, 6> kConstants = {"true",  "True", "false",
                                                            "False", "none", "None"};
    if (std::find(kConstants.begin(), kConstants.end(), result.name) != kConstants.end() ||
        result.name == "loop") {
      parser_.refuse(ErrorCode::corrupt_data, "can't assign to '{}'", result.name);
    }
    if (with_fields && parser_.take_operator(".")) {
      result.field = parser_.expect_name();
      if (result.field.starts_with("_")) {
        parser_.refuse(ErrorCode::unsupported,
                       "the field '{}': names with an underscore in front are not implemented",
                       result.field);
      }
    }
    return result;
  }

  const Statement* set_statement() {
    auto* const result = add(StatementKind::set);
    parser_.take();
    result->target = target(true, "");
    if (parser_.take_operator("=")) {
      result->value = parser_.tuple(true);
      return result;
    }
    result->kind = StatementKind::set_block;
    result->value = parser_.filters(nullptr);
    result->body = closed_body("endset");
    return result;
  }

  std::vector<Parameter> parameters() {
    std::vector<Parameter> result;
    parser_.expect(TokenKind::operator_, "(");
    while (!parser_.at_operator(")")) {
      Parameter parameter{parser_.expect_name(), nullptr};
      if (parser_.take_operator("=")) {
        parameter.fallback = parser_.expression();
      } else if (!result.empty() && result.back().fallback != nullptr) {
        parser_.refuse(ErrorCode::corrupt_data, "non-default argument follows default argument");
      }
      result.push_back(std::move(parameter));
      if (!parser_.take_operator(",")) {
        break;
      }
    }
    parser_.expect(TokenKind::operator_, ")");
    return result;
  }

  /// The body of a macro: a loop around it ends at its border.
  void macro_body(Statement& macro, std::string_view end) {
    const bool outer_varargs = std::exchange(parser_.used_varargs, false);
    const bool outer_kwargs = std::exchange(parser_.used_kwargs, false);
    const int outer_loops = std::exchange(loops_, 0);
    macro.body = closed_body(end);
    macro.takes_varargs = parser_.used_varargs;
    macro.takes_kwargs = parser_.used_kwargs;
    parser_.used_varargs = outer_varargs || macro.takes_varargs;
    parser_.used_kwargs = outer_kwargs || macro.takes_kwargs;
    loops_ = outer_loops;
  }

  const Statement* macro() {
    auto* const result = add(StatementKind::macro);
    parser_.take();
    result->text = parser_.expect_name();
    result->parameters = parameters();
    macro_body(*result, "endmacro");
    return result;
  }

  const Statement* call_block() {
    auto* const result = add(StatementKind::call);
    parser_.take();
    result->text = "caller";
    if (parser_.at_operator("(")) {
      result->parameters = parameters();
    }
    result->value = parser_.expression();
    if (result->value->kind != ExpressionKind::call) {
      parser_.refuse(ErrorCode::corrupt_data, "expected call");
    }
    macro_body(*result, "endcall");
    return result;
  }

  const Statement* generation() {
    auto* const result = add(StatementKind::generation);
    parser_.take();
    macro_body(*result, "endgeneration");
    return result;
  }

  const Statement* filter_block() {
    auto* const result = add(StatementKind::filter);
    parser_.take();
    result->value = parser_.filters(nullptr, true);
    result->body = closed_body("endfilter");
    return result;
  }

  const Statement* with_statement() {
    auto* const result = add(StatementKind::with);
    parser_.take();
    while (parser_.current().kind != TokenKind::block_end) {
      auto assigned = single_target(false);
      parser_.expect(TokenKind::operator_, "=");
      result->assignments.emplace_back(std::move(assigned), parser_.expression());
      if (!parser_.take_operator(",")) {
        break;
      }
    }
    result->body = closed_body("endwith");
    return result;
  }

  const Statement* print_statement() {
    auto* const result = add(StatementKind::output);
    parser_.take();
    result->value = parser_.expression();
    if (parser_.at_operator(",")) {
      parser_.refuse(ErrorCode::unsupported, "'print' of several values is not implemented");
    }
    return result;
  }

  const Statement* break_statement() { return jump(StatementKind::break_); }
  const Statement* continue_statement() { return jump(StatementKind::continue_); }

  const Statement* jump(StatementKind kind) {
    auto* const result = add(kind);
    if (loops_ == 0) {
      parser_.refuse(ErrorCode::corrupt_data, "'{}' outside of a loop", parser_.current().text);
    }
    parser_.take();
    return result;
  }

  Syntax& syntax_;
  ExpressionParser parser_;
  int loops_ = 0;  // around what is read, up to the border of a macro
};

}  // namespace

std::shared_ptr<const Syntax> parse_template(std::string_view text, const std::string& origin) {
  constexpr std::size_t kMaxBytes = std::size_t{1} << 20;
  require(text.size() <= kMaxBytes, ErrorCode::resource_exhausted,
          "{}: a template may take {} bytes, this one has {}", origin, kMaxBytes, text.size());
  require(is_valid_utf8(text), ErrorCode::corrupt_data, "{}: the template is not UTF-8", origin);
  auto syntax = std::make_shared<Syntax>();
  Parser(text, origin, *syntax).run();
  return syntax;
}

}  // namespace ogam::jinja

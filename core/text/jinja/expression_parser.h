#pragma once

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/text/jinja/lexer.h"
#include "core/text/jinja/syntax.h"

namespace ogam::jinja {

/// Walks over the tokens of a template and reads expressions; `Parser` reads statements with it.
class ExpressionParser {
 public:
  ExpressionParser(std::vector<Token> tokens, Syntax& syntax, const std::string& origin)
      : tokens_(std::move(tokens)), syntax_(syntax), origin_(origin) {}

  const Token& current() const { return tokens_[position_]; }
  const Token& ahead() const { return tokens_[std::min(position_ + 1, tokens_.size() - 1)]; }
  Token take() { return tokens_[position_ + 1 < tokens_.size() ? position_++ : position_]; }
  bool at(TokenKind kind, std::string_view text) const {
    return current().kind == kind && current().text == text;
  }
  bool at_name(std::string_view name) const { return at(TokenKind::name, name); }
  bool at_operator(std::string_view op) const { return at(TokenKind::operator_, op); }
  bool take_if(TokenKind kind, std::string_view text);
  bool take_operator(std::string_view op) { return take_if(TokenKind::operator_, op); }
  bool take_name(std::string_view name) { return take_if(TokenKind::name, name); }
  void expect(TokenKind kind, std::string_view text);
  std::string expect_name();

  template <typename... Args>
  [[noreturn]] void refuse(ErrorCode code, fmt::format_string<Args...> format,
                           Args&&... args) const {
    fail(code, "{}, line {}: {}", origin_, current().line,
         fmt::format(format, std::forward<Args>(args)...));
  }
  [[noreturn]] void refuse_token(std::string_view expected) const;

  /// One expression, or several with commas between them as a tuple.
  ///
  /// @param end a name that may end it, such as "recursive".
  const Expression* tuple(bool with_condition, std::string_view end = "");
  const Expression* expression(bool with_condition = true);
  /// Filters behind a value; null stands for the text of a block.
  ///
  /// @param first_bare the first one has no '|'.
  const Expression* filters(const Expression* value, bool first_bare = false);
  CallArguments call_arguments();

  /// Whether `varargs` and `kwargs` were read since this was cleared.
  bool used_varargs = false;
  bool used_kwargs = false;

  /// Counts how deep the parts of a template lie within each other.
  class Level {
   public:
    explicit Level(ExpressionParser& parser);
    ~Level() { --parser_.level_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    ExpressionParser& parser_;
  };

 private:
  Expression* add(ExpressionKind kind, std::vector<const Expression*> parts = {},
                  std::string name = "");
  const Expression* or_expression();
  const Expression* and_expression();
  const Expression* not_expression();
  const Expression* comparison();
  const Expression* sum();
  const Expression* concatenation();
  const Expression* product();
  const Expression* power();
  const Expression* unary(bool with_filter);
  const Expression* primary();
  const Expression* name_or_constant();
  const Expression* list();
  const Expression* map();
  const Expression* postfix(const Expression* value);
  const Expression* filter_or_test(const Expression* value);
  const Expression* subscript(const Expression* value);
  const Expression* test(const Expression* value);
  const Expression* call(const Expression* value);

  std::vector<Token> tokens_;
  std::size_t position_ = 0;
  Syntax& syntax_;
  const std::string& origin_;
  int level_ = 0;
};

}  // namespace ogam::jinja

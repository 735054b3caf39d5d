#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "core/text/jinja/value.h"

/// A template as a tree. All parts belong to one `Syntax`; they point to each other.
namespace ogam::jinja {

enum class ExpressionKind {
  constant,
  name,
  list,
  tuple,
  map,        ///< parts: key, value, key, value, ...
  attribute,  ///< parts[0] . name
  subscript,  ///< parts[0] [ parts[1] ]
  slice,      ///< parts[0] [ parts[1] : parts[2] : parts[3] ], each may be null
  call,       ///< parts[0] ( arguments )
  filter,     ///< parts[0] | name ( arguments ); parts[0] is null where a block is filtered
  test,       ///< parts[0] is name ( arguments )
  negative,
  positive,
  not_,
  and_,
  or_,
  concat,
  arithmetic,  ///< parts[0] name parts[1]
  compare,     ///< parts[0] operators[0] parts[1] operators[1] ...
  condition,   ///< parts[0] if parts[1] else parts[2], which may be null
};

struct Expression;

struct CallArguments {
  std::vector<const Expression*> positional;
  std::vector<std::pair<std::string, const Expression*>> named;
  const Expression* all_positional = nullptr;  ///< *arguments
  const Expression* all_named = nullptr;       ///< **arguments
};

struct Expression {
  ExpressionKind kind = ExpressionKind::constant;
  int line = 0;
  std::string name;
  Value constant;
  std::vector<const Expression*> parts;
  std::vector<std::string> operators;
  CallArguments arguments;
};

enum class StatementKind {
  data,        ///< text
  output,      ///< value
  if_,         ///< branches; else_body
  for_,        ///< target in value if condition: body; else_body
  set,         ///< target = value
  set_block,   ///< target | value (filters, may be null): body
  macro,       ///< text(parameters): body
  call,        ///< value, a call that gets the body as `caller(parameters)`
  filter,      ///< value (filters): body
  with,        ///< assignments: body
  generation,  ///< body
  break_,
  continue_,
};

/// What is assigned to: a name, a field of a namespace, or several of them.
struct Target {
  std::string name;
  std::string field;          ///< of the namespace `name`; empty when it is a name
  std::vector<Target> parts;  ///< empty unless a tuple
  bool is_tuple = false;
};

struct Statement;
using Body = std::vector<const Statement*>;

struct Parameter {
  std::string name;
  const Expression* fallback = nullptr;
};

struct Branch {
  const Expression* condition = nullptr;
  Body body;
};

struct Statement {
  StatementKind kind = StatementKind::data;
  int line = 0;
  std::string text;
  const Expression* value = nullptr;
  const Expression* condition = nullptr;
  Target target;
  std::vector<std::pair<Target, const Expression*>> assignments;
  std::vector<Parameter> parameters;
  bool takes_varargs = false;  ///< a macro that uses `varargs`, or `kwargs`
  bool takes_kwargs = false;
  std::vector<Branch> branches;
  Body body;
  Body else_body;
};

struct Syntax {
  std::deque<Expression> expressions;
  std::deque<Statement> statements;
  Body body;
};

}  // namespace ogam::jinja

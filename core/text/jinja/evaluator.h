#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/text/jinja/runtime.h"
#include "core/text/jinja/syntax.h"
#include "core/text/jinja/value.h"

namespace ogam::jinja {

/// The names that are known in a part of a template, inside those of the part around it.
struct Scope {
  std::shared_ptr<Scope> parent;
  std::vector<std::pair<std::string, Value>> names;

  Value* find(const std::string& name);
  void set(const std::string& name, Value value);
};

/// Renders a template once.
class Evaluator {
 public:
  /// @param syntax stays in place.
  /// @param origin names the template in errors.
  Evaluator(const Syntax& syntax, std::string origin, std::chrono::system_clock::time_point now)
      : syntax_(syntax), origin_(std::move(origin)), runtime_(now) {}

  /// @throws Error{invalid_argument} where the template refuses or does not fit its values,
  ///     Error{unsupported} naming what is not implemented, Error{resource_exhausted} when it does
  ///     not come to an end; all with the line.
  std::string render(std::vector<std::pair<std::string, Value>> variables);

 private:
  enum class Flow { next, break_, continue_ };
  using ScopePointer = std::shared_ptr<Scope>;

  /// One step further into the template.
  class Level {
   public:
    explicit Level(Evaluator& evaluator);
    ~Level() { --evaluator_.level_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    Evaluator& evaluator_;
  };

  Flow run(const Body& body, const ScopePointer& scope);
  Flow execute(const Statement& statement, const ScopePointer& scope);
  Flow execute_if(const Statement& statement, const ScopePointer& scope);
  Flow execute_for(const Statement& statement, const ScopePointer& scope);
  Flow execute_filter(const Statement& statement, const ScopePointer& scope);
  void execute_set_block(const Statement& statement, const ScopePointer& scope);
  void execute_with(const Statement& statement, const ScopePointer& scope);
  void execute_call(const Statement& statement, const ScopePointer& scope);
  void emit(const std::string& text);
  void assign(const Target& target, const Value& value, const ScopePointer& scope);
  /// The text that `write` writes.
  template <typename Write>
  std::string captured(Write write);

  Value macro(const Statement& statement, const ScopePointer& scope);
  Value call_macro(const Statement& statement, const ScopePointer& scope,
                   const Arguments& arguments);

  Value evaluate(const Expression* expression, const ScopePointer& scope);
  Value evaluate_kind(const Expression& expression, const ScopePointer& scope);
  std::vector<Value> evaluate_parts(const Expression& expression, const ScopePointer& scope);
  Value evaluate_map(const Expression& expression, const ScopePointer& scope);
  Value evaluate_compare(const Expression& expression, const ScopePointer& scope);
  Value evaluate_concat(const Expression& expression, const ScopePointer& scope);
  Value evaluate_slice(const Expression& expression, const ScopePointer& scope);
  Arguments evaluate_arguments(const CallArguments& arguments, const ScopePointer& scope);
  Value look_up(const std::string& name, const ScopePointer& scope);
  /// Filters of a block over its text; the innermost one has no value of its own.
  Value filter_text(const Expression* filter, const std::string& text, const ScopePointer& scope);
  Value name_space(const Arguments& arguments);

  const Syntax& syntax_;
  std::string origin_;
  Runtime runtime_;
  std::string output_;
  int level_ = 0;
  std::vector<std::unique_ptr<Namespace>> spaces_;
  std::vector<ScopePointer> kept_;  // those that macros look back to
};

}  // namespace ogam::jinja

#include "core/text/jinja/evaluator.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/text/jinja/filters.h"

namespace ogam::jinja {

namespace {

/// An error that names its line already.
class LocatedError : public Error {
 public:
  using Error::Error;
};

}  // namespace

Value* Scope::find(const std::string& name) {
  const auto found = std::find_if(names.begin(), names.end(),
                                  [&](const auto& entry) { return entry.first == name; });
  return found == names.end() ? nullptr : &found->second;
}

void Scope::set(const std::string& name, Value value) {
  if (auto* const known = find(name)) {
    *known = std::move(value);
  } else {
    names.emplace_back(name, std::move(value));
  }
}

Evaluator::Level::Level(Evaluator& evaluator) : evaluator_(evaluator) {
  constexpr int kMaxLevels = 800;
  require(evaluator_.level_ < kMaxLevels, ErrorCode::resource_exhausted,
          "the template calls itself, or nests, deeper than {} levels", kMaxLevels);
  ++evaluator_.level_;
  evaluator_.runtime_.work();
}

std::string Evaluator::render(std::vector<std::pair<std::string, Value>> variables) {
  const auto scope = std::make_shared<Scope>();
  scope->names = std::move(variables);
  run(syntax_.body, std::make_shared<Scope>(Scope{scope, {}}));
  return std::move(output_);
}

Evaluator::Flow Evaluator::run(const Body& body, const ScopePointer& scope) {
  for (const auto* const statement : body) {
    try {
      const auto flow = execute(*statement, scope);
      if (flow != Flow::next) {
        return flow;
      }
    } catch (const LocatedError&) {
      throw;
    } catch (const Error& error) {
      throw LocatedError(error.code(),
                         fmt::format("{}, line {}: {}", origin_, statement->line, error.what()));
    }
  }
  return Flow::next;
}

Evaluator::Flow Evaluator::execute(const Statement& statement, const ScopePointer& scope) {
  const Level level(*this);
  switch (statement.kind) {
    case StatementKind::data:
      emit(statement.text);
      break;
    case StatementKind::output:
      emit(to_text(evaluate(statement.value, scope), runtime_));
      break;
    case StatementKind::if_:
      return execute_if(statement, scope);
    case StatementKind::for_:
      return execute_for(statement, scope);
    case StatementKind::set:
      assign(statement.target, evaluate(statement.value, scope), scope);
      break;
    case StatementKind::set_block:
      execute_set_block(statement, scope);
      break;
    case StatementKind::macro:
      scope->set(statement.text, macro(statement, scope));
      break;
    case StatementKind::call:
      execute_call(statement, scope);
      break;
    case StatementKind::filter:
      return execute_filter(statement, scope);
    case StatementKind::with:
      execute_with(statement, scope);
      break;
    case StatementKind::generation:
      run(statement.body, std::make_shared<Scope>(Scope{scope, {}}));
      break;
    case StatementKind::break_:
      return Flow::break_;
    case StatementKind::continue_:
      return Flow::continue_;
  }
  return Flow::next;
}

Evaluator::Flow Evaluator::execute_if(const Statement& statement, const ScopePointer& scope) {
  for (const auto& branch : statement.branches) {
    if (evaluate(branch.condition, scope).truthy()) {
      return run(branch.body, scope);
    }
  }
  return run(statement.else_body, scope);
}

Evaluator::Flow Evaluator::execute_for(const Statement& statement, const ScopePointer& scope) {
  auto items = items_of(evaluate(statement.value, scope), runtime_);
  if (statement.condition != nullptr) {
    std::vector<Value> kept;
    for (const auto& item : items) {
      const auto inner = std::make_shared<Scope>(Scope{scope, {}});
      assign(statement.target, item, inner);
      if (evaluate(statement.condition, inner).truthy()) {
        kept.push_back(item);
      }
    }
    items = std::move(kept);
  }
  if (items.empty()) {
    return run(statement.else_body, std::make_shared<Scope>(Scope{scope, {}}));
  }
  const auto loop = std::make_shared<Loop>();
  loop->nesting = Value::sequence(items).nesting();
  loop->items = std::move(items);
  for (; loop->index < loop->items.size(); ++loop->index) {
    runtime_.work();
    const auto inner = std::make_shared<Scope>(Scope{scope, {}});
    assign(statement.target, loop->items[loop->index], inner);
    inner->set("loop", Value(loop));
    if (run(statement.body, inner) == Flow::break_) {
      break;
    }
  }
  return Flow::next;
}

template <typename Write>
std::string Evaluator::captured(Write write) {
  std::string outer = std::exchange(output_, {});
  try {
    write();
  } catch (...) {
    output_ = std::move(outer);
    throw;
  }
  return std::exchange(output_, std::move(outer));
}

Evaluator::Flow Evaluator::execute_filter(const Statement& statement, const ScopePointer& scope) {
  auto flow = Flow::next;
  const auto text = captured([&] {
    flow = run(statement.body, std::make_shared<Scope>(Scope{scope, {}}));
  });
  if (flow == Flow::next) {  // otherwise the text goes, as in Python
    emit(to_text(filter_text(statement.value, text, scope), runtime_));
  }
  return flow;
}

void Evaluator::execute_set_block(const Statement& statement, const ScopePointer& scope) {
  auto flow = Flow::next;
  const auto text = captured([&] {
    flow = run(statement.body, std::make_shared<Scope>(Scope{scope, {}}));
  });
  require(flow == Flow::next, ErrorCode::unsupported,
          "'break' and 'continue' within 'set' are not implemented");
  assign(statement.target,
         statement.value == nullptr ? Value::text(text) : filter_text(statement.value, text, scope),
         scope);
}

void Evaluator::execute_with(const Statement& statement, const ScopePointer& scope) {
  const auto inner = std::make_shared<Scope>(Scope{scope, {}});
  std::vector<Value> values;
  for (const auto& [target, value] : statement.assignments) {
    values.push_back(evaluate(value, scope));
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    assign(statement.assignments[i].first, values[i], inner);
  }
  const auto flow = run(statement.body, inner);
  require(flow == Flow::next, ErrorCode::unsupported,
          "'break' and 'continue' within 'with' are not implemented");
}

void Evaluator::execute_call(const Statement& statement, const ScopePointer& scope) {
  const auto& called = *statement.value;
  auto arguments = evaluate_arguments(called.arguments, scope);
  arguments.named.emplace_back("caller", macro(statement, scope));
  emit(to_text(call(evaluate(called.parts[0], scope), std::move(arguments)), runtime_));
}

void Evaluator::emit(const std::string& text) {
  runtime_.bytes(text.size());
  output_ += text;
  runtime_.check_size(output_.size());
}

void Evaluator::assign(const Target& target, const Value& value, const ScopePointer& scope) {
  if (target.is_tuple) {
    const auto items = items_of(value, runtime_);
    require(!value.is_undefined(), ErrorCode::invalid_argument, "cannot unpack an undefined value");
    require(items.size() == target.parts.size(), ErrorCode::invalid_argument,
            "expected {} values to unpack, got {}", target.parts.size(), items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
      assign(target.parts[i], items[i], scope);
    }
    return;
  }
  if (target.field.empty()) {
    scope->set(target.name, value);
    return;
  }
  const auto space = look_up(target.name, scope);
  const auto* const fields = std::get_if<Namespace*>(&space.data());
  require(fields != nullptr, ErrorCode::invalid_argument,
          "cannot assign attribute on non-namespace object '{}'", target.name);
  auto& known = (*fields)->fields;
  const auto found = std::find_if(known.begin(), known.end(),
                                  [&](const auto& field) { return field.first == target.field; });
  if (found == known.end()) {
    known.emplace_back(target.field, value);
  } else {
    found->second = value;
  }
}

Value Evaluator::macro(const Statement& statement, const ScopePointer& scope) {
  kept_.push_back(scope);
  // Holding the scope itself would make a ring: the scope holds the macro by its name.
  const std::weak_ptr<Scope> around = scope;
  return Value::callable(statement.text, [this, &statement, around](Arguments& arguments) {
    return call_macro(statement, around.lock(), arguments);
  });
}

Value Evaluator::call_macro(const Statement& statement, const ScopePointer& scope,
                            const Arguments& arguments) {
  const auto& parameters = statement.parameters;
  const auto inner = std::make_shared<Scope>(Scope{scope, {}});
  const auto given = std::min(parameters.size(), arguments.positional.size());
  for (std::size_t i = 0; i < given; ++i) {
    inner->set(parameters[i].name, arguments.positional[i]);
  }
  require(arguments.positional.size() == given || statement.takes_varargs,
          ErrorCode::invalid_argument, "macro '{}' takes not more than {} argument(s)",
          statement.text, parameters.size());
  Map others;
  for (const auto& [name, value] : arguments.named) {
    const bool known = std::any_of(parameters.begin(), parameters.end(),
                                   [&](const Parameter& p) { return p.name == name; });
    require(!known || inner->find(name) == nullptr, ErrorCode::invalid_argument,
            "macro '{}' got multiple values for argument '{}'", statement.text, name);
    require(known || name == "caller" || statement.takes_kwargs, ErrorCode::invalid_argument,
            "macro '{}' takes no keyword argument '{}'", statement.text, name);
    if (known || name == "caller") {
      inner->set(name, value);
    } else {
      others.entries.emplace_back(Value::text(name), value);
    }
  }
  for (const auto& parameter : parameters) {
    if (inner->find(parameter.name) == nullptr) {
      inner->set(parameter.name, parameter.fallback != nullptr
                                     ? evaluate(parameter.fallback, inner)
                                     : Value::undefined(fmt::format(
                                           "parameter '{}' was not provided", parameter.name)));
    }
  }
  if (inner->find("caller") == nullptr) {
    inner->set("caller", Value::undefined("No caller defined"));
  }
  if (statement.takes_varargs) {
    inner->set("varargs", Value::sequence({arguments.positional.begin() + static_cast<long>(given),
                                           arguments.positional.end()},
                                          Shape::tuple));
  }
  if (statement.takes_kwargs) {
    inner->set("kwargs", Value::map(std::move(others)));
  }
  return Value::text(captured([&] { run(statement.body, inner); }));
}

Value Evaluator::filter_text(const Expression* filter, const std::string& text,
                             const ScopePointer& scope) {
  const auto value =
      filter->parts[0] == nullptr ? Value::text(text) : filter_text(filter->parts[0], text, scope);
  return apply_filter(filter->name, value, evaluate_arguments(filter->arguments, scope), runtime_);
}

}  // namespace ogam::jinja

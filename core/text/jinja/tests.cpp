// Tests: `value is name`.

#include <algorithm>
#include <array>
#include <cmath>

#include "core/base/error.h"
#include "core/text/jinja/filters.h"
#include "core/text/jinja/python_text.h"

namespace ogam::jinja {

namespace {

template <bool kWanted>
bool is_exactly(const Value& value, const Bound&, Runtime&) {
  const auto* const truth = std::get_if<bool>(&value.data());
  return truth != nullptr && *truth == kWanted;
}

template <bool kOdd>
bool has_parity(const Value& value, const Bound&, Runtime& runtime) {
  const auto rest = arithmetic("%", value, std::int64_t{2}, runtime);
  return rest.is_number() && rest.as_double() == (kOdd ? 1 : 0);
}

bool divisible_by(const Value& value, const Bound& bound, Runtime& runtime) {
  const auto rest = arithmetic("%", value, bound.required(0), runtime);
  return rest.is_number() && rest.as_double() == 0;
}

bool is_sequence(const Value& value, const Bound&, Runtime&) {
  const auto* const sequence = value.as_sequence();
  return value.is_undefined() || value.as_text() != nullptr || value.as_map() != nullptr ||
         (sequence != nullptr &&
          (sequence->shape == Shape::list || sequence->shape == Shape::tuple ||
           sequence->shape == Shape::range));
}

bool is_iterable(const Value& value, const Bound&, Runtime&) {
  return value.is_undefined() || value.as_text() != nullptr || value.as_map() != nullptr ||
         value.as_sequence() != nullptr || value.is<std::shared_ptr<Loop>>();
}

bool is_same(const Value& value, const Bound& bound, Runtime& runtime) {
  const auto& other = bound.required(0);
  const auto is_singleton = [](const Value& v) { return v.is_none() || v.is<bool>(); };
  require(is_singleton(value) || is_singleton(other), ErrorCode::unsupported,
          "the test 'sameas' is implemented for none, true and false");
  return value.data().index() == other.data().index() && equal(value, other, runtime);
}

bool is_callable(const Value& value, const Bound&, Runtime&) {
  return value.is_undefined() || value.is<std::shared_ptr<const Callable>>();
}

template <typename T>
bool holds(const Value& value, const Bound&, Runtime&) {
  return value.is<T>();
}

template <CharacterTest kTest>
bool has_case(const Value& value, const Bound&, Runtime& runtime) {
  return all_characters(to_text(value, runtime), kTest);
}

/// `compare` with an operator by its place in this list.
constexpr std::array<const char*, 6> kOperators = {"==", "!=", "<", "<=", ">", ">="};
template <std::size_t kOperator>
bool compared(const Value& value, const Bound& bound, Runtime& runtime) {
  return compare(kOperators[kOperator], value, bound.required(0), runtime);
}

constexpr std::array kTests = {
    Test{"!=", "other", &compared<1>},
    Test{"<", "other", &compared<2>},
    Test{"<=", "other", &compared<3>},
    Test{"==", "other", &compared<0>},
    Test{">", "other", &compared<4>},
    Test{">=", "other", &compared<5>},
    Test{"boolean", "", &holds<bool>},
    Test{"callable", "", &is_callable},
    Test{"defined", "",
         [](const Value& value, const Bound&, Runtime&) { return !value.is_undefined(); }},
    Test{"divisibleby", "num", &divisible_by},
    Test{"eq", "other", &compared<0>},
    Test{"equalto", "other", &compared<0>},
    Test{"escaped", "",
         [](const Value& value, const Bound&, Runtime&) {
           const auto* const text = std::get_if<Text>(&value.data());
           return text != nullptr && text->markup;
         }},
    Test{"even", "", &has_parity<false>},
    Test{"false", "", &is_exactly<false>},
    Test{"filter", "",
         [](const Value& value, const Bound&, Runtime&) {
           return value.as_text() != nullptr && find_filter(*value.as_text()) != nullptr;
         }},
    Test{"float", "", &holds<double>},
    Test{"ge", "other", &compared<5>},
    Test{"greaterthan", "other", &compared<4>},
    Test{"gt", "other", &compared<4>},
    Test{"in", "seq",
         [](const Value& value, const Bound& bound, Runtime& runtime) {
           return contains(bound.required(0), value, runtime);
         }},
    Test{"integer", "", &holds<std::int64_t>},
    Test{"iterable", "", &is_iterable},
    Test{"le", "other", &compared<3>},
    Test{"lessthan", "other", &compared<2>},
    Test{"lower", "", &has_case<CharacterTest::lower>},
    Test{"lt", "other", &compared<2>},
    Test{"mapping", "", &holds<std::shared_ptr<const Map>>},
    Test{"ne", "other", &compared<1>},
    Test{"none", "", &holds<None>},
    Test{"number", "",
         [](const Value& value, const Bound&, Runtime&) { return value.is_number(); }},
    Test{"odd", "", &has_parity<true>},
    Test{"sameas", "other", &is_same},
    Test{"sequence", "", &is_sequence},
    Test{"string", "", &holds<Text>},
    Test{"test", "",
         [](const Value& value, const Bound&, Runtime&) {
           return value.as_text() != nullptr && find_test(*value.as_text()) != nullptr;
         }},
    Test{"true", "", &is_exactly<true>},
    Test{"undefined", "",
         [](const Value& value, const Bound&, Runtime&) { return value.is_undefined(); }},
    Test{"upper", "", &has_case<CharacterTest::upper>},
};

}  // namespace

const Test* find_test(std::string_view name) {
  const auto* const found = std::find_if(kTests.begin(), kTests.end(),
                                         [&](const Test& test) { return test.name == name; });
  return found == kTests.end() ? nullptr : found;
}

bool apply_test(const std::string& name, const Value& value, const Arguments& arguments,
                Runtime& runtime) {
  const auto* const test = find_test(name);
  require(test != nullptr, ErrorCode::unsupported, "the test '{}' is not implemented", name);
  runtime.work();
  return test->holds(value, Bound(test->name, test->parameters, arguments), runtime);
}

}  // namespace ogam::jinja

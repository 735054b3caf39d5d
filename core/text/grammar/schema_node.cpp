#include "core/text/grammar/schema_node.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/base/error.h"

namespace ogam {

namespace {

constexpr std::size_t kMaxProperties = 2'000;

/// Keywords that say nothing about which values fit.
constexpr std::array<std::string_view, 14> kDescriptions = {
    "title",    "description", "default",     "example",    "examples", "$schema",   "$id",
    "$comment", "$defs",       "definitions", "deprecated", "readOnly", "writeOnly", "$anchor"};

/// The other ones, with the types that they are for.
struct Keyword {
  std::string_view name;
  std::string_view type;
};
constexpr std::array kKeywords = {
    Keyword{"$ref", ""},
    Keyword{"const", ""},
    Keyword{"enum", ""},
    Keyword{"anyOf", ""},
    Keyword{"oneOf", ""},
    Keyword{"allOf", ""},
    Keyword{"type", ""},
    Keyword{"properties", "object"},
    Keyword{"required", "object"},
    Keyword{"additionalProperties", "object"},
    Keyword{"items", "array"},
    Keyword{"minItems", "array"},
    Keyword{"maxItems", "array"},
    Keyword{"uniqueItems", "array"},
    Keyword{"minLength", "string"},
    Keyword{"maxLength", "string"},
    Keyword{"pattern", "string"},
    Keyword{"format", "string"},
    Keyword{"minimum", "number"},
    Keyword{"maximum", "number"},
    Keyword{"exclusiveMinimum", "number"},
    Keyword{"exclusiveMaximum", "number"},
};

const Keyword* find_keyword(std::string_view name) {
  const auto* const found = std::find_if(kKeywords.begin(), kKeywords.end(),
                                         [&](const Keyword& k) { return k.name == name; });
  return found == kKeywords.end() ? nullptr : found;
}

bool is_description(std::string_view name) {
  return std::find(kDescriptions.begin(), kDescriptions.end(), name) != kDescriptions.end();
}

std::string type_of(const Json& value) {
  switch (value.type()) {
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
      return "integer";
    case Json::value_t::number_float:
      // A whole one counts as an integer.
      return std::floor(value.get<double>()) == value.get<double>() ? "integer" : "number";
    default:
      return value.type_name();
  }
}

bool fits_type(const std::string& type, const std::string& wanted) {
  return type == wanted || (type == "integer" && wanted == "number");
}

bool fits_any(const std::string& type, const std::vector<std::string>& wanted) {
  return wanted.empty() || std::any_of(wanted.begin(), wanted.end(),
                                       [&](const auto& other) { return fits_type(type, other); });
}

SchemaNode followed(SchemaNode node, const Json& root, const std::string& origin) {
  constexpr int kMaxSteps = 64;
  for (int i = 0; i < kMaxSteps && node.has("$ref"); ++i) {
    node = node.resolve(root, origin);
  }
  return node;
}

bool has_values(const SchemaNode& node) { return node.has("const") || node.has("enum"); }

bool values_differ(const SchemaNode& a, const SchemaNode& b) {
  constexpr std::size_t kMaxComparisons = 1'000'000;
  const auto others = b.values();
  const auto own = a.values();
  return own.size() * others.size() <= kMaxComparisons &&
         std::none_of(own.begin(), own.end(), [&](const Json& value) {
           return std::find(others.begin(), others.end(), value) != others.end();
         });
}

bool types_differ(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return !a.empty() && !b.empty() && std::none_of(a.begin(), a.end(), [&](const std::string& type) {
    return fits_any(type, b) || std::any_of(b.begin(), b.end(), [&](const auto& other) {
             return fits_type(other, type);
           });
  });
}

/// The types of what fits a schema; empty when it says nothing of them.
std::vector<std::string> types_of(const SchemaNode& node) {
  if (!node.json->is_object()) {
    return {};
  }
  if (!has_values(node)) {
    return node.has("type") ? node.types() : std::vector<std::string>();
  }
  std::vector<std::string> types;
  for (const auto& value : node.values()) {
    types.push_back(type_of(value));
  }
  return types;
}

}  // namespace

void SchemaNode::check_keywords() const {
  require(json->is_object(), ErrorCode::invalid_argument,
          "{}: a schema is an object, true or false, not a {}", place, json->type_name());
  for (const auto& [name, value] : json->items()) {
    require(find_keyword(name) != nullptr || is_description(name), ErrorCode::unsupported,
            "{}: the keyword '{}' is not implemented", place, name);
  }
}

void SchemaNode::allow_beside(const std::string& keyword,
                              std::initializer_list<std::string_view> others) const {
  for (const auto& [name, value] : json->items()) {
    const bool allowed = name == keyword || is_description(name) ||
                         std::find(others.begin(), others.end(), name) != others.end();
    require(allowed, ErrorCode::unsupported,
            "{}: '{}' beside '{}' is not implemented; write it into the schemas that it is for",
            place, name, keyword);
  }
}

SchemaNode SchemaNode::child(const std::string& keyword) const {
  return {&json->at(keyword), place + "/" + keyword};
}

std::vector<SchemaNode> SchemaNode::children(const std::string& keyword) const {
  const auto& list = json->at(keyword);
  require(list.is_array(), ErrorCode::invalid_argument, "{}: '{}' must be a list of schemas", place,
          keyword);
  constexpr std::size_t kMaxBranches = 200;
  require(list.size() <= kMaxBranches, ErrorCode::resource_exhausted,
          "{}: '{}' may hold {} schemas, not {}", place, keyword, kMaxBranches, list.size());
  std::vector<SchemaNode> nodes;
  for (std::size_t i = 0; i < list.size(); ++i) {
    nodes.push_back({&list[i], fmt::format("{}/{}/{}", place, keyword, i)});
  }
  return nodes;
}

SchemaNode SchemaNode::resolve(const Json& root, const std::string& origin) const {
  const auto reference = json_value<std::string>(*json, "$ref", place);
  require(reference.starts_with("#"), ErrorCode::unsupported,
          "{}: '{}' refers to another document, which is not implemented", place, reference);
  try {
    const Json::json_pointer pointer(reference.substr(1));
    if (root.contains(pointer)) {
      return {&root.at(pointer), origin + ", " + reference};
    }
  } catch (const Json::exception&) {
    // It is no pointer: refused below.
  }
  fail(ErrorCode::invalid_argument, "{}: '{}' refers to nothing", place, reference);
}

std::vector<std::string> SchemaNode::types() const {
  std::vector<std::string> types;
  if (has("type")) {
    const auto& type = json->at("type");
    const auto add = [&](const Json& name) {
      require(name.is_string(), ErrorCode::invalid_argument,
              "{}: 'type' must be a name or a list of names", place);
      types.push_back(name.get<std::string>());
    };
    if (type.is_array()) {
      std::for_each(type.begin(), type.end(), add);
      require(!types.empty(), ErrorCode::invalid_argument, "{}: 'type' is empty", place);
    } else {
      add(type);
    }
    return types;
  }
  for (const auto& [name, value] : json->items()) {
    const auto* const keyword = find_keyword(name);
    if (keyword != nullptr && !keyword->type.empty() &&
        std::find(types.begin(), types.end(), keyword->type) == types.end()) {
      types.emplace_back(keyword->type);
    }
  }
  return types;
}

std::vector<Json> SchemaNode::values() const {
  std::vector<Json> all;
  if (has("const")) {
    all.push_back(json->at("const"));
  }
  if (has("enum")) {
    const auto& list = json->at("enum");
    require(list.is_array() && !list.empty(), ErrorCode::invalid_argument,
            "{}: 'enum' must be a list of at least one value", place);
    all.insert(all.end(), list.begin(), list.end());
  }
  if (has("type")) {
    const auto wanted = types();
    std::erase_if(all, [&](const Json& value) { return !fits_any(type_of(value), wanted); });
  }
  return all;
}

std::optional<std::int64_t> SchemaNode::bound(const std::string& keyword,
                                              const std::string& exclusive, std::int64_t step,
                                              bool whole) const {
  constexpr double kLimit = 1e15;
  std::optional<double> result;
  const auto add = [&](double value) {
    result = result ? (step > 0 ? std::max(*result, value) : std::min(*result, value)) : value;
  };
  for (const auto& name : {keyword, exclusive}) {
    if (!has(name)) {
      continue;
    }
    require(json->at(name).is_number(), ErrorCode::invalid_argument, "{}: '{}' must be a number",
            place, name);
    const auto value = json->at(name).get<double>();
    require(std::abs(value) <= kLimit, ErrorCode::unsupported,
            "{}: '{}' beyond {:g} is not implemented", place, name, kLimit);
    const bool is_whole = std::floor(value) == value;
    require(whole || (is_whole && name == keyword), ErrorCode::unsupported,
            "{}: '{}': {} for numbers with a fraction is not implemented; 'minimum' and 'maximum' "
            "with whole numbers are",
            place, name, value);
    const double rounded = step > 0 ? std::ceil(value) : std::floor(value);
    add(name == exclusive && is_whole ? rounded + static_cast<double>(step) : rounded);
  }
  return result ? std::optional(static_cast<std::int64_t>(*result)) : std::nullopt;
}

std::pair<std::size_t, std::optional<std::size_t>> SchemaNode::counts(const std::string& min,
                                                                      const std::string& max,
                                                                      std::size_t limit) const {
  const auto count = [&](const std::string& name) -> std::optional<std::size_t> {
    if (!has(name)) {
      return std::nullopt;
    }
    const auto& value = json->at(name);
    require(value.is_number() && value.get<double>() >= 0 &&
                std::floor(value.get<double>()) == value.get<double>(),
            ErrorCode::invalid_argument, "{}: '{}' must be a whole number from 0", place, name);
    require(value.get<double>() <= static_cast<double>(limit), ErrorCode::resource_exhausted,
            "{}: '{}' may be {} at most, not {}", place, name, limit, value.dump());
    return static_cast<std::size_t>(value.get<double>());
  };
  const auto low = count(min).value_or(0);
  const auto high = count(max);
  require(!high || low <= *high, ErrorCode::invalid_argument, "{}: '{}' is above '{}'", place, min,
          max);
  return {low, high};
}

std::vector<SchemaProperty> SchemaNode::properties() const {
  std::vector<SchemaProperty> result;
  std::vector<std::string> required;
  if (has("required")) {
    required = json_value<std::vector<std::string>>(*json, "required", place);
  }
  const auto count = required.size() + (has("properties") ? json->at("properties").size() : 0);
  require(count <= kMaxProperties, ErrorCode::resource_exhausted,
          "{}: an object may have {} properties, this one has {}", place, kMaxProperties, count);
  if (has("properties")) {
    const auto& described = json->at("properties");
    require(described.is_object(), ErrorCode::invalid_argument,
            "{}: 'properties' must be an object", place);
    for (const auto& [name, schema] : described.items()) {
      const bool needed = std::find(required.begin(), required.end(), name) != required.end();
      result.push_back({name, needed, SchemaNode{&schema, place + "/properties/" + name}});
    }
  }
  for (const auto& name : required) {
    const bool known = std::any_of(result.begin(), result.end(),
                                   [&](const SchemaProperty& p) { return p.name == name; });
    if (!known) {
      result.push_back({name, true, std::nullopt});
    }
  }
  return result;
}

bool disjoint(const SchemaNode& first, const SchemaNode& second, const Json& root,
              const std::string& origin) {
  const auto a = followed(first, root, origin);
  const auto b = followed(second, root, origin);
  if (!a.json->is_object() || !b.json->is_object()) {
    return false;
  }
  if ((has_values(a) && has_values(b) && values_differ(a, b)) ||
      types_differ(types_of(a), types_of(b))) {
    return true;
  }
  const auto others = b.properties();
  for (const auto& property : a.properties()) {
    const auto other = std::find_if(others.begin(), others.end(), [&](const SchemaProperty& p) {
      return p.name == property.name && p.required && p.schema;
    });
    if (!property.required || !property.schema || other == others.end()) {
      continue;
    }
    const auto own_value = followed(*property.schema, root, origin);
    const auto other_value = followed(*other->schema, root, origin);
    const bool both_have_values = own_value.json->is_object() && other_value.json->is_object() &&
                                  has_values(own_value) && has_values(other_value);
    if (both_have_values && values_differ(own_value, other_value)) {
      return true;
    }
  }
  return false;
}

}  // namespace ogam

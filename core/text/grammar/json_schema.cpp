#include "core/text/grammar/json_schema.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/text/grammar/json_text.h"
#include "core/text/grammar/pattern.h"
#include "core/text/grammar/schema_node.h"

namespace ogam {

namespace {

using Rule = GrammarBuilder::Rule;

constexpr std::size_t kMaxCount = 10'000;        // of items and characters
constexpr std::size_t kMaxValues = 10'000;       // of an enum
constexpr std::size_t kMaxValueBytes = 1 << 20;  // of them all
constexpr int kAnyDepth = 4;                     // of values that the schema says nothing about
constexpr int kMaxDepth = 200;
/// Times where no span is asked for: below a hundred hours.
constexpr TimeSpan kAnyTime{0, Time{360'000} * kSecond - 1};

class SchemaCompiler {
 public:
  SchemaCompiler(const Json& root, const std::string& origin, const JsonSchemaOptions& options)
      : root_(root), origin_(origin), options_(options), builder_(origin), text_(builder_) {}

  Grammar run() && {
    const Rule rule = compile(SchemaNode{&root_, origin_ + ", #"}, 0);
    return std::move(builder_).finish(rule);
  }

 private:
  using Bound = std::optional<std::int64_t>;

  Rule compile(const SchemaNode& node, int references) {
    const auto key = std::pair(node.json, references);
    const auto known = compiled_.find(key);
    if (known != compiled_.end()) {
      return known->second;
    }
    require(depth_ < kMaxDepth, ErrorCode::resource_exhausted, "{}: schemas nest too deep",
            node.place);
    ++depth_;
    const Rule rule = compile_new(node, references);
    --depth_;
    compiled_.emplace(key, rule);
    return rule;
  }

  Rule compile_new(const SchemaNode& node, int references) {
    if (node.json->is_boolean()) {
      return node.json->get<bool>() ? any_value(kAnyDepth) : builder_.never();
    }
    node.check_keywords();
    if (node.has("$ref")) {
      node.allow_beside("$ref", {});
      return references >= options_.max_references
                 ? builder_.never()
                 : compile(node.resolve(root_, origin_), references + 1);
    }
    if (node.has("const") || node.has("enum")) {
      return values(node);
    }
    for (const auto* const keyword : {"anyOf", "oneOf", "allOf"}) {
      if (node.has(keyword)) {
        return alternatives(node, keyword, references);
      }
    }
    std::vector<Rule> rules;
    for (const auto& type : node.types()) {
      rules.push_back(of_type(node, type, references));
    }
    return rules.empty() ? any_value(kAnyDepth) : builder_.any_of(rules);
  }

  Rule values(const SchemaNode& node) {
    node.allow_beside(node.has("const") ? "const" : "enum", {"type"});
    const auto allowed = node.values();
    require(allowed.size() <= kMaxValues, ErrorCode::resource_exhausted,
            "{}: an enum may hold {} values, this one has {}", node.place, kMaxValues,
            allowed.size());
    std::vector<std::string> texts;
    std::size_t bytes = 0;
    for (const auto& value : allowed) {
      texts.push_back(dump_json(value));
      bytes += texts.back().size();
      require(bytes <= kMaxValueBytes, ErrorCode::resource_exhausted,
              "{}: the values take more than {} bytes", node.place, kMaxValueBytes);
    }
    return builder_.one_of(texts);
  }

  Rule alternatives(const SchemaNode& node, const std::string& keyword, int references) {
    node.allow_beside(keyword, {});
    const auto branches = node.children(keyword);
    require(!branches.empty(), ErrorCode::invalid_argument, "{}: '{}' is empty", node.place,
            keyword);
    require(keyword != "allOf" || branches.size() == 1, ErrorCode::unsupported,
            "{}: 'allOf' with several schemas is not implemented; write them as one", node.place);
    std::vector<Rule> rules;
    for (std::size_t i = 0; i < branches.size(); ++i) {
      for (std::size_t j = 0; keyword == "oneOf" && j < i; ++j) {
        require(disjoint(branches[i], branches[j], root_, origin_), ErrorCode::unsupported,
                "{}: a value may fit {} and {} of 'oneOf', which would make it invalid; write "
                "'anyOf', or tell them apart by type or by a required property with 'const'",
                node.place, j, i);
      }
      rules.push_back(compile(branches[i], references));
    }
    return builder_.any_of(rules);
  }

  Rule of_type(const SchemaNode& node, const std::string& type, int references) {
    if (type == "null") return text_.null();
    if (type == "boolean") return text_.boolean();
    if (type == "integer" || type == "number") return numeric(node, type == "integer");
    if (type == "string") return string(node);
    if (type == "array") return array(node, references);
    if (type == "object") return object(node, references);
    fail(ErrorCode::invalid_argument, "{}: the type '{}' is unknown", node.place, type);
  }

  Rule numeric(const SchemaNode& node, bool whole) {
    const Bound min = node.bound("minimum", "exclusiveMinimum", 1, whole);
    const Bound max = node.bound("maximum", "exclusiveMaximum", -1, whole);
    require(!min || !max || *min <= *max, ErrorCode::invalid_argument,
            "{}: the smallest value {} is above the largest one {}", node.place, min.value_or(0),
            max.value_or(0));
    return whole ? text_.integer(min, max) : text_.number(min, max);
  }

  Rule string(const SchemaNode& node) {
    const auto [min, max] = node.counts("minLength", "maxLength", kMaxCount);
    if (node.has("pattern")) {
      require(!node.has("minLength") && !node.has("maxLength") && !node.has("format"),
              ErrorCode::unsupported,
              "{}: 'pattern' beside 'minLength', 'maxLength' or 'format' is not implemented; say "
              "the length within the pattern",
              node.place);
      const auto pattern = json_value<std::string>(*node.json, "pattern", node.place);
      const CharacterRule character = [&](const CodePoints& points) {
        return text_.character(points);
      };
      return text_.quoted(pattern_rule(pattern, node.place + ", the pattern", builder_, character,
                                       PatternMatch::anywhere));
    }
    if (node.has("format")) {
      const auto format = json_value<std::string>(*node.json, "format", node.place);
      require(format == "timestamp", ErrorCode::unsupported,
              "{}: the format '{}' is not implemented; 'timestamp' is, and so is 'pattern'",
              node.place, format);
      require(!node.has("minLength") && !node.has("maxLength"), ErrorCode::unsupported,
              "{}: 'format' beside 'minLength' or 'maxLength' is not implemented", node.place);
      return text_.timestamp(options_.span.value_or(kAnyTime));
    }
    return text_.string(min, max);
  }

  Rule array(const SchemaNode& node, int references) {
    const auto [min, max] = node.counts("minItems", "maxItems", kMaxCount);
    require(!node.has("uniqueItems") || !json_value<bool>(*node.json, "uniqueItems", node.place) ||
                (max && *max <= 1),
            ErrorCode::unsupported, "{}: 'uniqueItems' is not implemented", node.place);
    const Rule item =
        node.has("items") ? compile(node.child("items"), references) : any_value(kAnyDepth);
    return text_.array(item, min, max);
  }

  Rule object(const SchemaNode& node, int references) {
    const auto properties = node.properties();
    if (properties.empty()) {
      const bool closed =
          node.has("additionalProperties") && node.json->at("additionalProperties") == Json(false);
      return closed ? builder_.literal("{}") : text_.map(additional(node, references));
    }
    // Two positions for each property: no property was written yet, or some were.
    std::vector<std::vector<GrammarBuilder::RuleEdge>> edges(2 * properties.size() + 3);
    edges[0].push_back({builder_.literal("{"), 1});
    std::size_t at = 1;
    for (const auto& property : properties) {
      const Rule value =
          property.schema ? compile(*property.schema, references) : additional(node, references);
      const Rule entry = builder_.sequence(
          {builder_.literal(dump_json(Json(property.name))), text_.colon(), value});
      edges[at].push_back({entry, at + 3});
      edges[at + 1].push_back({builder_.sequence({text_.comma(), entry}), at + 3});
      if (!property.required) {
        edges[at].push_back({builder_.nothing(), at + 2});
        edges[at + 1].push_back({builder_.nothing(), at + 3});
      }
      at += 2;
    }
    const Rule close = builder_.literal("}");
    edges[at].push_back({close, edges.size()});
    edges[at + 1].push_back({close, edges.size()});
    return builder_.graph(edges);
  }

  /// A property that is not described.
  Rule additional(const SchemaNode& node, int references) {
    return node.has("additionalProperties")
               ? compile(node.child("additionalProperties"), references)
               : any_value(kAnyDepth);
  }

  Rule any_value(int depth) {
    const auto known = any_values_.find(depth);
    if (known != any_values_.end()) {
      return known->second;
    }
    std::vector<Rule> rules = {text_.null(), text_.boolean(), text_.number({}, {}),
                               text_.string(0, std::nullopt)};
    if (depth > 0) {
      const Rule inner = any_value(depth - 1);
      rules.push_back(text_.array(inner, 0, std::nullopt));
      rules.push_back(text_.map(inner));
    }
    const Rule rule = builder_.any_of(rules);
    any_values_.emplace(depth, rule);
    return rule;
  }

  const Json& root_;
  const std::string& origin_;
  const JsonSchemaOptions& options_;
  GrammarBuilder builder_;
  JsonText text_;
  std::map<std::pair<const Json*, int>, Rule> compiled_;
  std::map<int, Rule> any_values_;
  int depth_ = 0;
};

}  // namespace

std::shared_ptr<const Grammar> compile_json_schema(const Json& schema, const std::string& origin,
                                                   const JsonSchemaOptions& options) {
  return std::make_shared<const Grammar>(SchemaCompiler(schema, origin, options).run());
}

}  // namespace ogam

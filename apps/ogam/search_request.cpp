#include "apps/ogam/search_request.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/base/json.h"

namespace ogam {

namespace {

/// Reads a request's options from the command line or from a JSON object; both know them by the
/// same names.
class RequestReader {
 public:
  virtual ~RequestReader() = default;
  virtual std::optional<std::string> text(const std::string& name) const = 0;
  virtual std::optional<double> number(const std::string& name) const = 0;
  virtual std::vector<std::string> texts(const std::string& name) const = 0;
};

class LineReader : public RequestReader {
 public:
  explicit LineReader(const CommandLine& line) : line_(line) {}
  std::optional<std::string> text(const std::string& name) const override {
    if (name == "text") {
      return line_.words().empty()
                 ? std::nullopt
                 : std::optional(fmt::format("{}", fmt::join(line_.words(), " ")));
    }
    return line_.has(name) ? std::optional(line_.get<std::string>(name)) : std::nullopt;
  }
  std::optional<double> number(const std::string& name) const override {
    if (name == "limit") {
      return static_cast<double>(line_.get<std::int64_t>(name));
    }
    return line_.has(name) ? std::optional(line_.get<double>(name)) : std::nullopt;
  }
  std::vector<std::string> texts(const std::string& name) const override {
    return line_.get_or<std::vector<std::string>>(name, {});
  }

 private:
  const CommandLine& line_;
};

class ObjectReader : public RequestReader {
 public:
  ObjectReader(const Json& object, std::string origin)
      : object_(object), origin_(std::move(origin)) {
    static const std::vector<std::string> kNames = {
        "text", "image",  "audio", "video",     "limit",    "k",    "lane",
        "mode", "weight", "not",   "min-score", "group-by", "page", "filter"};
    for (const auto& [name, value] : object.items()) {
      require(std::find(kNames.begin(), kNames.end(), name) != kNames.end(),
              ErrorCode::invalid_argument, "{}: '{}' is not one of {}", origin_, name,
              fmt::join(kNames, ", "));
    }
  }
  std::optional<std::string> text(const std::string& name) const override {
    return read<std::string>(name);
  }
  std::optional<double> number(const std::string& name) const override {
    return read<double>(name == "limit" && object_.contains("k") ? "k" : name);
  }
  std::vector<std::string> texts(const std::string& name) const override {
    return read<std::vector<std::string>>(name).value_or(std::vector<std::string>());
  }

 private:
  template <typename T>
  std::optional<T> read(const std::string& name) const {
    if (!object_.contains(name)) {
      return std::nullopt;
    }
    return json_value<T>(object_, name, origin_);
  }

  const Json& object_;
  std::string origin_;
};

/// Splits "clip.mp4@0:10-0:20" into the file and the span; a file may have '@' in its name.
void read_clip(const std::string& text, SearchRequest& request) {
  const auto at = text.rfind('@');
  const auto dash = at == std::string::npos ? at : text.find('-', at);
  if (dash == std::string::npos || std::filesystem::exists(text)) {
    request.video = text;
    request.span.reset();
    return;
  }
  request.video = text.substr(0, at);
  request.span =
      TimeSpan{parse_time(text.substr(at + 1, dash - at - 1)), parse_time(text.substr(dash + 1))};
  require(request.span->start < request.span->end, ErrorCode::invalid_argument,
          "the clip '{}' ends before it starts", text);
}

template <typename Value>
Value choose(const std::string& text, const std::string& option,
             const std::vector<std::pair<std::string, Value>>& choices) {
  std::vector<std::string> names;
  for (const auto& [name, value] : choices) {
    if (name == text) {
      return value;
    }
    names.push_back(name);
  }
  fail(ErrorCode::invalid_argument, "--{} takes {}, got '{}'", option, fmt::join(names, " or "),
       text);
}

/// `request` with what the reader says in place of what was there.
SearchRequest build_request(const RequestReader& reader, SearchRequest request) {
  request.text = reader.text("text").value_or(request.text);
  request.text_not = reader.text("not").value_or(request.text_not);
  request.filter = reader.text("filter").value_or(request.filter);
  request.page = reader.text("page").value_or(request.page);
  if (const auto image = reader.text("image")) {
    request.image = *image;
  }
  if (const auto audio = reader.text("audio")) {
    request.audio = *audio;
  }
  if (const auto clip = reader.text("video")) {
    read_clip(*clip, request);
  }
  if (const auto lanes = reader.text("lane")) {
    request.lanes = Lane::parse_list(*lanes);
  }
  if (const auto mode = reader.text("mode")) {
    request.mode =
        choose<MatchMode>(*mode, "mode", {{"any", MatchMode::any}, {"all", MatchMode::all}});
  }
  if (const auto group = reader.text("group-by")) {
    request.group_by = choose<GroupBy>(*group, "group-by",
                                       {{"moment", GroupBy::moment}, {"asset", GroupBy::asset}});
  }
  for (const auto& [lane, weight] : parse_pairs(reader.texts("weight"), "weight")) {
    char* end = nullptr;
    const double value = std::strtod(weight.c_str(), &end);
    require(end != weight.c_str() && *end == '\0' && value >= 0 && value <= 100,
            ErrorCode::invalid_argument, "--weight {} takes a number from 0 to 100, got '{}'", lane,
            weight);
    request.weights[Lane::parse(lane)] = value;
  }
  request.min_score = reader.number("min-score").value_or(request.min_score);
  const double limit = reader.number("limit").value_or(static_cast<double>(request.limit));
  require(limit >= 1 && limit <= 10000, ErrorCode::invalid_argument,
          "-k takes a number from 1 to 10000, got {}", limit);
  request.limit = static_cast<std::size_t>(limit);
  return request;
}

}  // namespace

SearchRequest read_request(const CommandLine& line) { return build_request(LineReader(line), {}); }

SearchRequest read_query_line(const std::string& line, const SearchRequest& defaults,
                              const std::string& origin) {
  const std::string_view text = std::string_view(line).substr(
      0, line.ends_with('\r') ? line.size() - 1 : line.size());  // files from other systems
  if (text.starts_with('{')) {
    const Json object = parse_json(text, origin);
    return build_request(ObjectReader(object, origin), defaults);
  }
  SearchRequest request = defaults;
  request.text = text;
  return request;
}

}  // namespace ogam

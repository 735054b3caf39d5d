#include "core/base/json.h"

#include <cstdint>
#include <set>
#include <type_traits>
#include <vector>

#include "core/base/error.h"
#include "core/base/files.h"

namespace ogam {

namespace {

// What looking up the keys of ordered objects may cost: about two seconds.
constexpr std::uint64_t kMaxComparisons = 1'000'000'000;

template <typename AnyJson>
AnyJson parse(std::string_view text, const std::string& origin) {
  constexpr int kMaxDepth = 64;
  std::vector<std::set<std::string>> keys;
  [[maybe_unused]] std::uint64_t comparisons = 0;  // counted for ordered objects only
  const auto check = [&](int depth, nlohmann::detail::parse_event_t event, AnyJson& value) {
    using Event = nlohmann::detail::parse_event_t;
    require(depth <= kMaxDepth, ErrorCode::corrupt_data, "{}: JSON nests deeper than {} levels",
            origin, kMaxDepth);
    if (event == Event::object_start) {
      keys.emplace_back();
    } else if (event == Event::object_end) {
      keys.pop_back();
    } else if (event == Event::key) {
      const auto name = value.template get<std::string>();
      if (!keys.back().insert(name).second) {
        fail(ErrorCode::corrupt_data, "{}: JSON key '{}' occurs twice", origin, display_path(name));
      }
      if constexpr (std::is_same_v<AnyJson, Json>) {
        comparisons += keys.back().size();
        require(comparisons <= kMaxComparisons, ErrorCode::resource_exhausted,
                "{}: a JSON object has {} keys, which is too many for this kind of file", origin,
                keys.back().size());
      }
    }
    return true;
  };
  try {
    return AnyJson::parse(text.begin(), text.end(), check);
  } catch (const nlohmann::json::exception& error) {
    fail(ErrorCode::corrupt_data, "{}: not valid JSON: {}", origin, error.what());
  }
}

}  // namespace

Json parse_json(std::string_view text, const std::string& origin) {
  return parse<Json>(text, origin);
}

SortedJson parse_sorted_json(std::string_view text, const std::string& origin) {
  return parse<SortedJson>(text, origin);
}

Json read_json_file(const std::filesystem::path& path, std::size_t max_bytes) {
  return parse_json(read_file(path, max_bytes), display_path(path));
}

std::string dump_json(const Json& value, int indent) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

void fail_json_key(const std::string& key, const std::string& origin, const char* problem) {
  fail(ErrorCode::corrupt_data, "{}: key '{}': {}", origin, key, problem);
}

}  // namespace ogam

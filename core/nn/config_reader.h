#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/base/json.h"

namespace ogam {

/// Reads the numbers of a model's config.json within limits, and refuses mathematics that is not
/// implemented. Every error names the file, the key, what was seen and what was expected.
class ConfigReader {
 public:
  /// @param origin the file's name, for errors.
  ConfigReader(const Json& config, std::string origin)
      : config_(config), origin_(std::move(origin)) {}

  const Json& json() const { return config_; }
  const std::string& origin() const { return origin_; }

  /// A whole number from 1 to `limit`.
  /// @throws Error{corrupt_data}.
  std::int64_t size(const std::string& key, std::int64_t limit) const {
    return checked(key, json_value<std::int64_t>(config_, key, origin_), limit);
  }

  /// A list of at most `limit` whole numbers, each from 1 to `limit`.
  /// @throws Error{corrupt_data}.
  std::vector<std::int64_t> sizes(const std::string& key, std::int64_t limit) const {
    auto values = json_value<std::vector<std::int64_t>>(config_, key, origin_);
    checked(key, static_cast<std::int64_t>(values.size()), limit);
    for (const auto value : values) {
      checked(key, value, limit);
    }
    return values;
  }

  /// @throws Error{corrupt_data} unless low <= value <= high.
  double number(const std::string& key, double low, double high) const {
    const auto value = json_value<double>(config_, key, origin_);
    require(value >= low && value <= high, ErrorCode::corrupt_data,
            "{}: \"{}\" is {}, expected {} to {}", origin_, key, value, low, high);
    return value;
  }

  /// @throws Error{unsupported} when the key has another value than the one that is implemented.
  template <typename T>
  void demand(const std::string& key, const T& implemented) const {
    const auto value = json_value<T>(config_, key, origin_);
    require(value == implemented, ErrorCode::unsupported,
            "{}: \"{}\" is {}; only {} is implemented", origin_, key, Json(value).dump(),
            Json(implemented).dump());
  }

 private:
  std::int64_t checked(const std::string& key, std::int64_t value, std::int64_t limit) const {
    require(value >= 1 && value <= limit, ErrorCode::corrupt_data,
            "{}: \"{}\" is {}, expected 1 to {}", origin_, key, value, limit);
    return value;
  }

  const Json& config_;
  std::string origin_;
};

}  // namespace ogam

#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/base/json.h"

namespace ogam {

/// Reads a model's config.json within limits, and refuses mathematics that is not implemented.
/// Every error names the file, the key, what was seen and what was expected.
///
/// Files written by transformers leave out what equals the class's default: such a key is read with
/// that default as its `fallback`. A key that is null counts as left out.
class ConfigReader {
 public:
  /// @param origin the file's name, for errors.
  ConfigReader(const Json& config, std::string origin)
      : config_(config), origin_(std::move(origin)) {}

  const Json& json() const { return config_; }
  const std::string& origin() const { return origin_; }

  bool has(const std::string& key) const;

  /// A whole number from 1 to `limit`.
  /// @throws Error{corrupt_data}.
  std::int64_t size(const std::string& key, std::int64_t limit,
                    std::optional<std::int64_t> fallback = {}) const;

  /// A whole number from 0 to `count` - 1: a token, a layer.
  /// @throws Error{corrupt_data}.
  std::int64_t id(const std::string& key, std::int64_t count,
                  std::optional<std::int64_t> fallback = {}) const;

  /// A list of at most `limit` whole numbers, each from 1 to `limit`.
  /// @throws Error{corrupt_data}.
  std::vector<std::int64_t> sizes(const std::string& key, std::int64_t limit) const;

  /// The side of a square: a whole number from 1 to `limit`, or a list of twice the same.
  /// @throws Error{corrupt_data}, Error{unsupported} for another list.
  std::int64_t square(const std::string& key, std::int64_t limit, std::int64_t fallback) const;

  /// A list of at most `limit` whole numbers in rising order, each from 0 to `limit` - 1.
  /// @throws Error{corrupt_data}.
  std::vector<std::int64_t> indexes(const std::string& key, std::int64_t limit,
                                    const std::vector<std::int64_t>& fallback) const;

  /// @throws Error{corrupt_data} unless low <= value <= high.
  double number(const std::string& key, double low, double high,
                std::optional<double> fallback = {}) const;

  /// @throws Error{corrupt_data} when it is something else.
  bool flag(const std::string& key, bool fallback) const;
  std::string text(const std::string& key, const std::string& fallback) const;

  /// A list of at most `limit` texts.
  /// @throws Error{corrupt_data}.
  std::vector<std::string> texts(const std::string& key, std::int64_t limit) const;

  /// The object under `key`, read by the same rules; empty when it is left out.
  /// @throws Error{corrupt_data} when it is something else.
  ConfigReader section(const std::string& key) const;

  /// @throws Error{unsupported} when the key has another value than the one that is implemented,
  ///     Error{corrupt_data} when it is missing.
  template <typename T>
  void demand(const std::string& key, const T& implemented) const {
    refuse_other(key, json_value<T>(config_, key, origin_), implemented);
  }

  /// The same where the class's default is what is implemented.
  template <typename T>
  void demand_or_absent(const std::string& key, const T& implemented) const {
    refuse_other(key, json_value_or<T>(config_, key, origin_, implemented), implemented);
  }

  /// To be called when everything is read: a key that nobody asked for could change the
  /// mathematics. Keys that never do (names, versions, dropout, how to initialise or to generate)
  /// are passed over, and so are those of `ignored`.
  /// @throws Error{unsupported} naming the keys.
  void refuse_unread(const std::set<std::string>& ignored = {}) const;

 private:
  template <typename T>
  void refuse_other(const std::string& key, const T& value, const T& implemented) const {
    read_.insert(key);
    require(value == implemented, ErrorCode::unsupported,
            "{}: \"{}\" is {}; only {} is implemented", origin_, key, Json(value).dump(),
            Json(implemented).dump());
  }
  template <typename T>
  T read(const std::string& key, const std::optional<T>& fallback) const {
    read_.insert(key);
    return fallback ? json_value_or<T>(config_, key, origin_, *fallback)
                    : json_value<T>(config_, key, origin_);
  }
  std::int64_t checked(const std::string& key, std::int64_t value, std::int64_t limit) const;

  const Json& config_;
  std::string origin_;
  mutable std::set<std::string> read_;
};

}  // namespace ogam

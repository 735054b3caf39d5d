#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/json.h"

namespace ogam {

/// Tokens and their ids, which need not follow each other.
class Vocabulary {
 public:
  /// @param origin the file's name, for errors.
  explicit Vocabulary(std::string origin) : origin_(std::move(origin)) {}

  /// Reads {token: id, ...}.
  /// @throws Error{corrupt_data} when ids are no whole numbers from 0, too large, or occur twice.
  static Vocabulary parse(const SortedJson& json, const std::string& origin);

  /// Where a token has two ids, the last counts.
  /// @throws Error{corrupt_data} when the id is taken.
  void add(const std::string& token, std::int32_t id);

  std::optional<std::int32_t> id(std::string_view token) const;
  /// The token with this id; nullptr when there is none.
  const std::string* token(std::int32_t id) const;

  /// Tokens, whatever their ids.
  std::size_t size() const { return tokens_.size(); }
  /// The largest id; -1 when there is none.
  std::int32_t largest_id() const { return largest_id_; }
  const std::unordered_map<std::int32_t, std::string>& tokens() const { return tokens_; }
  const std::string& origin() const { return origin_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };

  std::string origin_;
  std::unordered_map<std::string, std::int32_t, Hash, std::equal_to<>> ids_;
  std::unordered_map<std::int32_t, std::string> tokens_;
  std::int32_t largest_id_ = -1;
};

/// The tokens <0x00> to <0xFF> of `vocabulary`, which stand for bytes that no other token covers.
class ByteTokens {
 public:
  explicit ByteTokens(const Vocabulary& vocabulary);

  /// Appends the bytes of `text`; false, and nothing is appended, when one has no token.
  bool append(std::string_view text, std::vector<std::int32_t>& ids) const;

 private:
  std::array<std::int32_t, 256> ids_{};  // -1 where there is none
};

}  // namespace ogam

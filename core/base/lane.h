#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace ogam {

/// One way of seeing a segment.
class [[gnu::visibility("default")]] Lane {
 public:
  enum Value : std::uint8_t { visual, sound, speech, text, fused };

  constexpr Lane(Value value) : value_(value) {}  // NOLINT: a lane is written as Lane::visual
  constexpr operator Value() const { return value_; }

  /// "visual", "sound", "speech", "text" or "fused".
  std::string_view name() const;

  /// @throws Error{invalid_argument} listing the lanes when `name` is none of them.
  static Lane parse(std::string_view name);

  /// A comma-separated list of lanes, without repetition.
  static std::vector<Lane> parse_list(std::string_view names);

  /// Every lane, in the order of the enumeration.
  static std::vector<Lane> all();

 private:
  Value value_;
};

}  // namespace ogam

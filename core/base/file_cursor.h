#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "core/base/error.h"

namespace ogam {

/// Reads a binary file from front to back and never past its end. Numbers are little-endian.
class FileCursor {
 public:
  /// @param origin the file's name, for errors.
  FileCursor(std::span<const std::byte> file, std::string origin)
      : file_(file), origin_(std::move(origin)) {}

  const std::string& origin() const { return origin_; }
  std::size_t position() const { return position_; }
  std::size_t left() const { return file_.size() - position_; }

  /// The next `size` bytes.
  /// @param what they are, for errors: "the name of a tensor".
  /// @throws Error{corrupt_data} when the file has fewer.
  std::span<const std::byte> take(std::uint64_t size, std::string_view what) {
    require(size <= left(), ErrorCode::corrupt_data,
            "{}: {} takes {} bytes at byte {}, where only {} are left: the file is cut short or "
            "damaged",
            origin_, what, size, position_, left());
    const auto taken = file_.subspan(position_, static_cast<std::size_t>(size));
    position_ += taken.size();
    return taken;
  }

  /// The next number.
  /// @throws Error{corrupt_data} when the file ends before it.
  template <typename T>
  T number(std::string_view what) {
    static_assert(std::is_arithmetic_v<T> && !std::is_same_v<T, bool>);
    T value{};
    std::memcpy(&value, take(sizeof(T), what).data(), sizeof(T));
    return value;
  }

  /// The next `size` bytes as characters.
  /// @throws Error{corrupt_data} when the file has fewer.
  std::string_view text(std::uint64_t size, std::string_view what) {
    const auto bytes = take(size, what);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

 private:
  std::span<const std::byte> file_;
  std::string origin_;
  std::size_t position_ = 0;
};

/// A name from a file, which must be text that can be shown: UTF-8 without control characters.
/// @param what "tensor", for errors.
/// @throws Error{corrupt_data}.
std::string checked_name(std::string_view name, std::string_view what, const std::string& origin);

}  // namespace ogam

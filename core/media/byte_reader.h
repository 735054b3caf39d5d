#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace ogam {

/// Numbers at offsets of a byte string. What lies outside reads as zero and is remembered, so that
/// a parser checks once, at its end.
class ByteReader {
 public:
  ByteReader(std::span<const std::uint8_t> bytes, std::endian order)
      : bytes_(bytes), order_(order) {}

  std::size_t size() const { return bytes_.size(); }
  bool failed() const { return failed_; }

  /// An unsigned number of `width` bytes, 1 to 4.
  std::uint32_t number(std::size_t offset, int width) {
    if (offset > bytes_.size() || bytes_.size() - offset < static_cast<std::size_t>(width)) {
      failed_ = true;
      return 0;
    }
    std::uint32_t value = 0;
    for (int i = 0; i < width; ++i) {
      const int shift = 8 * (order_ == std::endian::big ? width - 1 - i : i);
      value |= static_cast<std::uint32_t>(bytes_[offset + static_cast<std::size_t>(i)]) << shift;
    }
    return value;
  }
  std::uint32_t u8(std::size_t offset) { return number(offset, 1); }
  std::uint32_t u16(std::size_t offset) { return number(offset, 2); }
  std::uint32_t u24(std::size_t offset) { return number(offset, 3); }
  std::uint32_t u32(std::size_t offset) { return number(offset, 4); }

  /// Whether `text` stands at the offset; never a failure.
  bool has(std::size_t offset, std::string_view text) const {
    return offset <= bytes_.size() && bytes_.size() - offset >= text.size() &&
           std::string_view(reinterpret_cast<const char*>(bytes_.data()) + offset, text.size()) ==
               text;
  }

  /// The bytes [offset, offset + size), or as many of them as there are.
  std::span<const std::uint8_t> part(std::size_t offset, std::size_t size) const {
    const std::size_t from = offset < bytes_.size() ? offset : bytes_.size();
    const std::size_t left = bytes_.size() - from;
    return bytes_.subspan(from, size < left ? size : left);
  }

 private:
  std::span<const std::uint8_t> bytes_;
  std::endian order_;
  bool failed_ = false;
};

}  // namespace ogam

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace ogam::test {

/// The number as a file holds it, little-endian.
template <typename T>
std::string bytes_of(T number) {
  return {reinterpret_cast<const char*>(&number), sizeof(number)};
}

inline std::span<const std::byte> as_file(const std::string& content) {
  return std::as_bytes(std::span(content));
}

}  // namespace ogam::test

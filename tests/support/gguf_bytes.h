#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/gguf_metadata.h"
#include "tests/support/bytes.h"

namespace ogam::test {

/// A string as GGUF writes it.
inline std::string gguf_string(const std::string& text) {
  return bytes_of<std::uint64_t>(text.size()) + text;
}

/// A key and its value, of which the bytes are given.
inline std::string gguf_key(const std::string& key, GgufType type, const std::string& value) {
  return gguf_string(key) + bytes_of(type) + value;
}

/// A key and an array, of which the elements' bytes are given.
inline std::string gguf_array(const std::string& key, GgufType type, std::uint64_t count,
                              const std::string& elements) {
  return gguf_key(key, GgufType::array, bytes_of(type) + bytes_of(count) + elements);
}

/// An entry of the list of tensors.
struct GgufTensorBytes {
  std::string name = "a";
  std::vector<std::uint64_t> dimensions = {4};  ///< fastest first
  std::uint32_t type = 0;                       ///< F32
  std::uint64_t offset = 0;

  std::string bytes() const {
    auto entry = gguf_string(name) + bytes_of(static_cast<std::uint32_t>(dimensions.size()));
    for (const auto dimension : dimensions) {
      entry += bytes_of(dimension);
    }
    return entry + bytes_of(type) + bytes_of(offset);
  }
};

/// A GGUF file.
struct GgufBytes {
  std::vector<std::string> keys = {};
  std::vector<GgufTensorBytes> tensors = {};
  std::string data = {};  ///< from the first aligned byte after the header
  std::uint32_t version = 3;
  std::size_t alignment = 32;

  std::string bytes() const {
    auto file = "GGUF" + bytes_of(version) + bytes_of<std::uint64_t>(tensors.size()) +
                bytes_of<std::uint64_t>(keys.size());
    for (const auto& key : keys) {
      file += key;
    }
    for (const auto& tensor : tensors) {
      file += tensor.bytes();
    }
    file.append((alignment - file.size() % alignment) % alignment, '\0');
    return file + data;
  }
};

}  // namespace ogam::test

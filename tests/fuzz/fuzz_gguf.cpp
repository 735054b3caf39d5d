#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/tensor/gguf.h"

namespace {

/// Asks for a value as a T, which it may not be.
template <typename T>
void read_value(const ogam::GgufMetadata& metadata, const std::string& key) {
  try {
    (void)metadata.value<T>(key);
  } catch (const ogam::Error& error) {
    if (error.code() != ogam::ErrorCode::corrupt_data) {
      std::abort();
    }
  }
}

template <typename T>
void read_value_or_array(const ogam::GgufMetadata& metadata, const std::string& key) {
  read_value<T>(metadata, key);
  read_value<std::vector<T>>(metadata, key);
}

}  // namespace

/// Whatever the bytes, every tensor of an accepted file lies within it and widens, and every value
/// reads as its type or is refused.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto file = std::as_bytes(std::span(data, size));
    const auto header = ogam::parse_gguf_header(file, "input");
    for (const auto& key : header.metadata.keys()) {
      read_value_or_array<std::int64_t>(header.metadata, key);
      read_value_or_array<double>(header.metadata, key);
      read_value_or_array<bool>(header.metadata, key);
      read_value_or_array<std::string>(header.metadata, key);
    }
    for (const auto& tensor : header.tensors) {
      if (tensor.size == 0) {
        continue;
      }
      if (tensor.begin > size || tensor.size > size - tensor.begin) {
        std::abort();
      }
      if (tensor.blocks != nullptr) {
        (void)ogam::widen_blocks(*tensor.blocks, file.subspan(tensor.begin, tensor.size),
                                 tensor.info.shape);
      }
    }
  } catch (const ogam::Error&) {
    return 0;
  }
  return 0;
}

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "core/base/error.h"
#include "core/tensor/ctranslate2.h"

/// Whatever the bytes, every tensor of an accepted file lies within it, and every alias names one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto content = ogam::parse_ctranslate2(std::as_bytes(std::span(data, size)), "input");
    for (const auto& tensor : content.tensors) {
      if (tensor.begin > size || tensor.size > size - tensor.begin) {
        std::abort();
      }
    }
    for (const auto& [alias, name] : content.aliases) {
      if (ogam::find_stored(content.tensors, name) == nullptr) {
        std::abort();
      }
    }
  } catch (const ogam::Error&) {
    return 0;
  }
  return 0;
}

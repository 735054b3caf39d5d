#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "core/media/h264_units.h"

/// Whatever the bytes, every unit lies within them and none is empty.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ogam::h264;
  const Bytes stored(data, size);
  if (const auto headers = read_headers(stored)) {
    for (const auto& set : headers->sets) {
      set_id(bytes_of(set));
    }
  }
  for (int length_bytes = 0; length_bytes <= 4; ++length_bytes) {
    const auto units = split_units(stored, length_bytes);
    for (const Bytes unit : units ? *units : std::vector<Bytes>()) {
      if (unit.empty() || unit.data() < data || unit.data() + unit.size() > data + size) {
        std::abort();
      }
    }
  }
  return 0;
}

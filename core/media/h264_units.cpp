#include "core/media/h264_units.h"

#include <algorithm>

namespace ogam::h264 {

namespace {

/// Takes bytes from the front; nothing when there are too few.
class Front {
 public:
  explicit Front(Bytes rest) : rest_(rest) {}

  std::optional<std::size_t> number(int bytes) {
    const std::optional<Bytes> taken = take(static_cast<std::size_t>(bytes));
    if (!taken) {
      return std::nullopt;
    }
    std::size_t value = 0;
    for (const std::uint8_t byte : *taken) {
      value = value << 8 | byte;
    }
    return value;
  }

  std::optional<Bytes> take(std::size_t count) {
    if (count > rest_.size()) {
      return std::nullopt;
    }
    const Bytes taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }

  bool empty() const { return rest_.empty(); }

 private:
  Bytes rest_;
};

/// Units that are parted by 00 00 01; zeros before a start code belong to no unit.
std::vector<Bytes> split_at_start_codes(Bytes stream) {
  constexpr std::uint8_t kCode[] = {0, 0, 1};
  std::vector<Bytes> units;
  auto at = std::search(stream.begin(), stream.end(), std::begin(kCode), std::end(kCode));
  while (at != stream.end()) {
    const auto first = at + std::ssize(kCode);
    at = std::search(first, stream.end(), std::begin(kCode), std::end(kCode));
    auto last = at;
    while (last != first && *(last - 1) == 0) {
      --last;
    }
    if (first != last) {
      units.emplace_back(first, last);
    }
  }
  return units;
}

/// A number of variable length (9.1), which starts at a bit.
std::optional<int> exponential_golomb(Bytes bytes, std::size_t bit) {
  const auto at = [&](std::size_t i) { return bytes[i / 8] >> (7 - i % 8) & 1; };
  const std::size_t end = bytes.size() * 8;
  constexpr int kLongest = 15;
  int zeros = 0;
  while (bit < end && at(bit) == 0) {
    ++bit;
    ++zeros;
  }
  if (zeros > kLongest || bit + static_cast<std::size_t>(zeros) >= end) {
    return std::nullopt;
  }
  int value = 0;
  for (int i = 0; i <= zeros; ++i, ++bit) {
    value = value << 1 | at(bit);
  }
  return value - 1;
}

}  // namespace

std::optional<std::vector<Bytes>> split_units(Bytes packet, int length_bytes) {
  if (length_bytes == 0) {
    return split_at_start_codes(packet);
  }
  std::vector<Bytes> units;
  for (Front front(packet); !front.empty();) {
    const std::optional<std::size_t> length = front.number(length_bytes);
    const std::optional<Bytes> unit = length ? front.take(*length) : std::nullopt;
    if (!unit) {
      return std::nullopt;
    }
    if (!unit->empty()) {
      units.push_back(*unit);
    }
  }
  return units;
}

std::optional<Headers> read_headers(Bytes stored) {
  Headers headers;
  const auto add = [&](Bytes unit) {
    if (!unit.empty() && (unit_type(unit) == kSequenceSet || unit_type(unit) == kPictureSet)) {
      headers.sets.emplace_back(unit.begin(), unit.end());
    }
  };
  if (stored.empty()) {
    return std::nullopt;
  }
  if (stored[0] != 1) {
    for (const Bytes unit : split_at_start_codes(stored)) {
      add(unit);
    }
    return headers;
  }
  Front front(stored);
  constexpr std::size_t kVersionProfileLevel = 4;
  if (!front.take(kVersionProfileLevel)) {
    return std::nullopt;
  }
  const std::optional<std::size_t> sizes = front.number(1);
  if (!sizes) {
    return std::nullopt;
  }
  headers.length_bytes = static_cast<int>(*sizes & 3) + 1;
  for (const std::size_t count_bits : {0x1F, 0xFF}) {  // of sequence, then of picture sets
    const std::optional<std::size_t> count = front.number(1);
    for (std::size_t i = 0; i < count.value_or(0) % (count_bits + 1); ++i) {
      const std::optional<std::size_t> length = front.number(2);
      const std::optional<Bytes> unit = length ? front.take(*length) : std::nullopt;
      if (!unit) {
        return std::nullopt;
      }
      add(*unit);
    }
  }
  return headers;
}

std::optional<int> set_id(Bytes unit) {
  // A sequence set tells profile, constraints and level first, a byte each.
  const std::size_t before = unit_type(unit) == kSequenceSet ? 4 : 1;
  return exponential_golomb(unit, before * 8);
}

void append_unit(std::string& stream, Bytes unit) {
  stream.append({0, 0, 0, 1});
  stream.append(unit.begin(), unit.end());
}

}  // namespace ogam::h264

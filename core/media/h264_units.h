#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// The units that an H.264 stream is made of (ITU-T H.264, 7.3.1 and annex B; ISO/IEC 14496-15 for
/// how MP4 stores them). The streams are hostile input: lengths are checked, and what cannot be
/// read gives nothing.
namespace ogam::h264 {

using Bytes = std::span<const std::uint8_t>;

constexpr int kIdrSlice = 5;
constexpr int kSequenceSet = 7;
constexpr int kPictureSet = 8;

/// The type of a unit, which has a byte at least.
inline int unit_type(Bytes unit) { return unit[0] & 0x1F; }

/// The units of a packet, none of them empty; nothing when a length does not fit.
/// @param length_bytes how many bytes tell each unit's length; 0: start codes part them (annex B).
std::optional<std::vector<Bytes>> split_units(Bytes packet, int length_bytes);

/// What a decoder is told before the first picture.
struct Headers {
  std::vector<std::string> sets;  ///< sequence and picture parameter sets, as units
  int length_bytes = 0;           ///< of the packets' units; 0: start codes
};

/// Reads a stream's headers, stored as in MP4 ("avcC") or as units with start codes.
std::optional<Headers> read_headers(Bytes stored);

/// The number by which a parameter set is referred to; nothing when it is cut short.
std::optional<int> set_id(Bytes unit);

/// Appends a unit with a start code.
void append_unit(std::string& stream, Bytes unit);

inline Bytes bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace ogam::h264

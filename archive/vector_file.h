#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/base/space.h"

namespace ogam {

/// What a vector stands for; 16 bytes in the file, little endian.
struct VectorRow {
  static constexpr std::uint32_t kNoWords = 0xFFFFFFFF;

  std::uint32_t segment = 0;       ///< ordinal in its asset
  std::uint32_t words = kNoWords;  ///< ordinal of the asset's words it was made from
  std::int64_t time = 0;           ///< microseconds

  friend bool operator==(const VectorRow&, const VectorRow&) = default;
};

/// One asset's vectors of one space, as they lie in a mapped file.
struct VectorBlock {
  std::span<const VectorRow> rows;
  std::span<const float> values;       ///< [rows.size(), dimension]
  std::span<const std::byte> content;  ///< everything the checksum covers
  std::array<std::byte, 32> checksum;  ///< BLAKE3, as the file states it

  /// Reads everything.
  bool is_sound() const;
};

constexpr std::size_t kVectorFileHeaderBytes = 128;
constexpr int kLargestDimension = 65536;
constexpr std::size_t kMostRows = std::size_t{1} << 28;  ///< of one asset in one space

/// The first bytes of a file of `space`'s vectors; see docs/archive_format.md.
std::vector<std::byte> vector_file_header(const Space& space);

/// @throws Error{corrupt_data} naming `path` when `file` does not begin as one of `space` does,
///     Error{unsupported} when a newer ogam wrote it.
void check_vector_file(std::span<const std::byte> file, const Space& space,
                       const std::filesystem::path& path);

/// The bytes of a block: `values` is [rows.size(), dimension].
std::vector<std::byte> encode_block(std::span<const VectorRow> rows, std::span<const float> values,
                                    int dimension);

/// The checksum that the head of an encoded block states.
std::array<std::byte, 32> block_checksum(std::span<const std::byte> block);

/// Bytes that a block takes.
std::size_t block_bytes(std::size_t rows, int dimension);

/// Where a block is expected.
struct BlockPlace {
  std::size_t position = 0;  ///< bytes from the start of the file
  std::size_t rows = 0;
  int dimension = 0;
};

/// The block at `place`; its bounds and its head are checked, its content is not read.
/// @throws Error{corrupt_data} naming `path`.
VectorBlock view_block(std::span<const std::byte> file, const BlockPlace& place,
                       const std::filesystem::path& path);

}  // namespace ogam

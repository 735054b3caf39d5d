#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/base/cancellation.h"

namespace ogam {

/// BLAKE3 in its default hashing mode with a 256-bit output.
/// Source: O'Connor et al., "BLAKE3: one function, fast everywhere", 2020, sections 2 and 5.
class Blake3 {
 public:
  void update(std::span<const std::byte> bytes);
  std::array<std::uint8_t, 32> finish() const;

 private:
  void push_chunk(const std::array<std::uint32_t, 8>& chaining_value);

  std::array<std::byte, 1024> chunk_{};
  std::size_t chunk_size_ = 0;
  std::uint64_t chunk_count_ = 0;                       // finished chunks
  std::vector<std::array<std::uint32_t, 8>> subtrees_;  // roots of finished subtrees, largest first
};

/// 64 hexadecimal digits.
std::string blake3_hex(std::span<const std::byte> bytes);
std::string sha256_hex(std::span<const std::byte> bytes);

/// 64 hexadecimal digits of a file's content, read piece by piece.
/// @throws see read_in_pieces; Cancelled when a stop is requested meanwhile.
std::string blake3_file_hex(const std::filesystem::path& path,
                            const CancellationToken& cancel = {});
std::string sha256_file_hex(const std::filesystem::path& path);

}  // namespace ogam

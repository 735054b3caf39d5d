#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/cancellation.h"

struct evp_md_ctx_st;  // libcrypto's EVP_MD_CTX

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

enum class DigestKind { sha1, sha256 };

/// A digest that others demand, over content that arrives in pieces.
class MessageDigest {
 public:
  /// @throws Error{internal} when libcrypto does not have it.
  explicit MessageDigest(DigestKind kind);
  void update(std::span<const std::byte> bytes);

  /// 40 (SHA-1) or 64 (SHA-256) hexadecimal digits; to be called once, at the end.
  std::string finish();

 private:
  std::unique_ptr<evp_md_ctx_st, void (*)(evp_md_ctx_st*)> context_;
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

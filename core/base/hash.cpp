#include "core/base/hash.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/base/error.h"
#include "core/base/files.h"

namespace ogam {

namespace {

using Words8 = std::array<std::uint32_t, 8>;
using Words16 = std::array<std::uint32_t, 16>;

constexpr std::size_t kBlockSize = 64;
constexpr std::size_t kChunkSize = 1024;

constexpr Words8 kInitial = {0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
                             0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19};

enum Flag : std::uint32_t { kChunkStart = 1, kChunkEnd = 2, kParent = 4, kRoot = 8 };

/// Message word order of each of the seven rounds: round r + 1 permutes round r.
constexpr auto kSchedule = [] {
  constexpr std::array<std::uint8_t, 16> kPermutation = {2, 6,  3,  10, 7, 0,  4,  13,
                                                         1, 11, 12, 5,  9, 14, 15, 8};
  std::array<std::array<std::uint8_t, 16>, 7> schedule{};
  for (std::uint8_t i = 0; i < 16; ++i) {
    schedule[0][i] = i;
  }
  for (std::size_t round = 1; round < 7; ++round) {
    for (std::size_t i = 0; i < 16; ++i) {
      schedule[round][i] = schedule[round - 1][kPermutation[i]];
    }
  }
  return schedule;
}();

// The compression function is written once over a word type: std::uint32_t for one block, or a
// vector of eight words that compresses the blocks of eight chunks side by side.
using Lanes8 = std::uint32_t __attribute__((vector_size(32)));

/// value = (value ^ other) rotated right.
template <typename Word>
[[gnu::always_inline]] inline void xor_rotate(Word& value, const Word& other, int bits) {
  value ^= other;
  value = (value >> bits) | (value << (32 - bits));
}

template <typename Word>
[[gnu::always_inline]] inline void mix(Word& a, Word& b, Word& c, Word& d, const Word& x,
                                       const Word& y) {
  a += b + x;
  xor_rotate(d, a, 16);
  c += d;
  xor_rotate(b, c, 12);
  a += b + y;
  xor_rotate(d, a, 8);
  c += d;
  xor_rotate(b, c, 7);
}

/// Seven rounds over the state v with message m, then the feed-forward; the result is v[0..8).
template <typename Word>
[[gnu::always_inline]] inline void run_rounds(std::array<Word, 16>& v,
                                              const std::array<Word, 16>& m) {
  for (const auto& s : kSchedule) {
    mix(v[0], v[4], v[8], v[12], m[s[0]], m[s[1]]);
    mix(v[1], v[5], v[9], v[13], m[s[2]], m[s[3]]);
    mix(v[2], v[6], v[10], v[14], m[s[4]], m[s[5]]);
    mix(v[3], v[7], v[11], v[15], m[s[6]], m[s[7]]);
    mix(v[0], v[5], v[10], v[15], m[s[8]], m[s[9]]);
    mix(v[1], v[6], v[11], v[12], m[s[10]], m[s[11]]);
    mix(v[2], v[7], v[8], v[13], m[s[12]], m[s[13]]);
    mix(v[3], v[4], v[9], v[14], m[s[14]], m[s[15]]);
  }
  for (std::size_t i = 0; i < 8; ++i) {
    v[i] ^= v[i + 8];
  }
}

struct BlockConfig {
  std::uint64_t counter = 0;
  std::uint32_t length = kBlockSize;
  std::uint32_t flags = 0;
};

Words8 compress(const Words8& chaining, const Words16& message, const BlockConfig& config) {
  Words16 v{};
  std::copy(chaining.begin(), chaining.end(), v.begin());
  std::copy(kInitial.begin(), kInitial.begin() + 4, v.begin() + 8);
  v[12] = static_cast<std::uint32_t>(config.counter);
  v[13] = static_cast<std::uint32_t>(config.counter >> 32);
  v[14] = config.length;
  v[15] = config.flags;
  run_rounds(v, message);
  Words8 result;
  std::copy(v.begin(), v.begin() + 8, result.begin());
  return result;
}

Words16 load_block(const std::byte* bytes, std::size_t size) {
  static_assert(std::endian::native == std::endian::little);
  Words16 words{};
  std::memcpy(words.data(), bytes, size);
  return words;
}

/// The last block of a node, kept uncompressed because the root is compressed with another flag.
struct PendingNode {
  Words8 chaining;
  Words16 message;
  BlockConfig config;

  Words8 chaining_value() const { return compress(chaining, message, config); }
  Words8 root() const {
    BlockConfig root = config;
    root.counter = 0;
    root.flags |= kRoot;
    return compress(chaining, message, root);
  }
};

PendingNode chunk_node(const std::byte* bytes, std::size_t size, std::uint64_t counter) {
  PendingNode node{kInitial, {}, {}};
  std::uint32_t start = kChunkStart;
  for (; size > kBlockSize; bytes += kBlockSize, size -= kBlockSize) {
    node.chaining =
        compress(node.chaining, load_block(bytes, kBlockSize), {counter, kBlockSize, start});
    start = 0;
  }
  node.message = load_block(bytes, size);
  node.config = {counter, static_cast<std::uint32_t>(size), start | kChunkEnd};
  return node;
}

PendingNode parent_node(const Words8& left, const Words8& right) {
  PendingNode node{kInitial, {}, {0, kBlockSize, kParent}};
  std::copy(left.begin(), left.end(), node.message.begin());
  std::copy(right.begin(), right.end(), node.message.begin() + 8);
  return node;
}

/// Chaining values of eight whole chunks that lie one after another.
[[gnu::target_clones("default", "avx2")]] std::array<Words8, 8> eight_chunks(
    const std::byte* bytes, std::uint64_t first_counter) {
  std::array<Lanes8, 8> chaining{};
  for (std::size_t i = 0; i < 8; ++i) {
    chaining[i] = Lanes8{} + kInitial[i];
  }
  Lanes8 counter_low{};
  Lanes8 counter_high{};
  for (std::uint64_t lane = 0; lane < 8; ++lane) {
    counter_low[lane] = static_cast<std::uint32_t>(first_counter + lane);
    counter_high[lane] = static_cast<std::uint32_t>((first_counter + lane) >> 32);
  }
  constexpr std::size_t kBlocks = kChunkSize / kBlockSize;
  for (std::size_t block = 0; block < kBlocks; ++block) {
    std::array<Lanes8, 16> m{};
    for (std::size_t lane = 0; lane < 8; ++lane) {
      const Words16 words = load_block(bytes + lane * kChunkSize + block * kBlockSize, kBlockSize);
      for (std::size_t i = 0; i < 16; ++i) {
        m[i][lane] = words[i];
      }
    }
    const std::uint32_t flags =
        (block == 0 ? kChunkStart : 0u) | (block + 1 == kBlocks ? kChunkEnd : 0u);
    std::array<Lanes8, 16> v{};
    for (std::size_t i = 0; i < 8; ++i) {
      v[i] = chaining[i];
    }
    for (std::size_t i = 0; i < 4; ++i) {
      v[8 + i] = Lanes8{} + kInitial[i];
    }
    v[12] = counter_low;
    v[13] = counter_high;
    v[14] = Lanes8{} + static_cast<std::uint32_t>(kBlockSize);
    v[15] = Lanes8{} + flags;
    run_rounds(v, m);
    std::copy(v.begin(), v.begin() + 8, chaining.begin());
  }
  std::array<Words8, 8> values;
  for (std::size_t lane = 0; lane < 8; ++lane) {
    for (std::size_t i = 0; i < 8; ++i) {
      values[lane][i] = chaining[i][lane];
    }
  }
  return values;
}

template <typename Bytes>
std::string hex(const Bytes& bytes) {
  return fmt::format("{:02x}", fmt::join(bytes, ""));
}

}  // namespace

void Blake3::push_chunk(const Words8& chaining_value) {
  // A finished chunk closes as many subtrees as its number has trailing zero bits.
  ++chunk_count_;
  Words8 value = chaining_value;
  for (std::uint64_t count = chunk_count_; (count & 1) == 0; count >>= 1) {
    value = parent_node(subtrees_.back(), value).chaining_value();
    subtrees_.pop_back();
  }
  subtrees_.push_back(value);
}

void Blake3::update(std::span<const std::byte> bytes) {
  // The last chunk stays unfinished until more input is known to follow: it may be the root.
  while (!bytes.empty()) {
    if (chunk_size_ == kChunkSize) {
      push_chunk(chunk_node(chunk_.data(), kChunkSize, chunk_count_).chaining_value());
      chunk_size_ = 0;
    }
    if (chunk_size_ == 0 && bytes.size() > 8 * kChunkSize) {
      for (const Words8& value : eight_chunks(bytes.data(), chunk_count_)) {
        push_chunk(value);
      }
      bytes = bytes.subspan(8 * kChunkSize);
      continue;
    }
    const std::size_t count = std::min(bytes.size(), kChunkSize - chunk_size_);
    std::memcpy(chunk_.data() + chunk_size_, bytes.data(), count);
    chunk_size_ += count;
    bytes = bytes.subspan(count);
  }
}

std::array<std::uint8_t, 32> Blake3::finish() const {
  PendingNode node = chunk_node(chunk_.data(), chunk_size_, chunk_count_);
  for (auto left = subtrees_.rbegin(); left != subtrees_.rend(); ++left) {
    node = parent_node(*left, node.chaining_value());
  }
  return std::bit_cast<std::array<std::uint8_t, 32>>(node.root());
}

std::string blake3_hex(std::span<const std::byte> bytes) {
  Blake3 hash;
  hash.update(bytes);
  return hex(hash.finish());
}

std::string blake3_file_hex(const std::filesystem::path& path, const CancellationToken& cancel) {
  Blake3 hash;
  read_in_pieces(path, [&](std::span<const std::byte> piece) {
    cancel.check();
    hash.update(piece);
  });
  return hex(hash.finish());
}

MessageDigest::MessageDigest(DigestKind kind) : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
  const EVP_MD* const algorithm = kind == DigestKind::sha1 ? EVP_sha1() : EVP_sha256();
  require(context_ != nullptr && EVP_DigestInit_ex(context_.get(), algorithm, nullptr) == 1,
          ErrorCode::internal, "{} is not available in libcrypto",
          kind == DigestKind::sha1 ? "SHA-1" : "SHA-256");
}

void MessageDigest::update(std::span<const std::byte> bytes) {
  EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
}

std::string MessageDigest::finish() {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_DigestFinal_ex(context_.get(), digest.data(), &size);
  return hex(std::span(digest).first(size));
}

std::string sha256_hex(std::span<const std::byte> bytes) {
  MessageDigest hash(DigestKind::sha256);
  hash.update(bytes);
  return hash.finish();
}

std::string sha256_file_hex(const std::filesystem::path& path) {
  MessageDigest hash(DigestKind::sha256);
  read_in_pieces(path, [&](std::span<const std::byte> piece) { hash.update(piece); });
  return hash.finish();
}

}  // namespace ogam

#include "archive/vector_file.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"

namespace ogam {

static_assert(std::endian::native == std::endian::little, "vector files are little endian");
static_assert(sizeof(VectorRow) == 16);

namespace {

using Digest = std::array<std::byte, 32>;

constexpr std::array<char, 8> kFileMagic = {'O', 'G', 'A', 'M', 'V', 'E', 'C', '\n'};
constexpr std::array<char, 8> kBlockMagic = {'O', 'G', 'A', 'M', 'B', 'L', 'K', '\n'};
constexpr std::uint32_t kFileVersion = 1;
constexpr std::uint32_t kFloat32 = 0;
constexpr std::size_t kAlignment = 64;  // of blocks and of their values: one cache line

struct FileHeader {
  std::array<char, 8> magic = kFileMagic;
  std::uint32_t version = kFileVersion;
  std::uint32_t header_bytes = kVectorFileHeaderBytes;
  std::uint32_t value_type = kFloat32;
  std::uint32_t dimension = 0;
  Digest space{};  // BLAKE3 of Space::id
  std::array<std::byte, 40> spare{};
  Digest checksum{};  // BLAKE3 of the 96 bytes before it
};
static_assert(sizeof(FileHeader) == kVectorFileHeaderBytes);

struct BlockHeader {
  std::array<char, 8> magic = kBlockMagic;
  std::uint32_t rows = 0;
  std::uint32_t dimension = 0;
  std::array<std::byte, 16> spare{};
  Digest checksum{};  // BLAKE3 of the 32 bytes before it and of what follows
};
static_assert(sizeof(BlockHeader) == kAlignment);
constexpr std::size_t kCheckedHead = offsetof(BlockHeader, checksum);

std::size_t aligned(std::size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

Digest digest(std::span<const std::byte> first, std::span<const std::byte> second = {}) {
  Blake3 hash;
  hash.update(first);
  hash.update(second);
  return std::bit_cast<Digest>(hash.finish());
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace

std::vector<std::byte> vector_file_header(const Space& space) {
  FileHeader header;
  header.dimension = static_cast<std::uint32_t>(space.dimension);
  header.space = digest(bytes_of(space.id));
  std::vector<std::byte> bytes(sizeof header);
  std::memcpy(bytes.data(), &header, sizeof header);
  header.checksum = digest(std::span(bytes).first(offsetof(FileHeader, checksum)));
  std::memcpy(bytes.data(), &header, sizeof header);
  return bytes;
}

void check_vector_file(std::span<const std::byte> file, const Space& space,
                       const std::filesystem::path& path) {
  FileHeader header;
  require(file.size() >= sizeof header, ErrorCode::corrupt_data,
          "{} is damaged: {} bytes are too few for a vector file; index its assets again",
          display_path(path), file.size());
  std::memcpy(&header, file.data(), sizeof header);
  require(header.magic == kFileMagic, ErrorCode::corrupt_data,
          "{} is damaged: it does not begin as a vector file; index its assets again",
          display_path(path));
  require(header.checksum == digest(file.first(offsetof(FileHeader, checksum))),
          ErrorCode::corrupt_data,
          "{} is damaged: its head fails its checksum; index its assets again", display_path(path));
  require(header.version == kFileVersion && header.header_bytes == sizeof header &&
              header.value_type == kFloat32,
          ErrorCode::unsupported,
          "{} has version {} of the format, this ogam reads {}; update ogam", display_path(path),
          header.version, kFileVersion);
  require(header.dimension == static_cast<std::uint32_t>(space.dimension) &&
              header.space == digest(bytes_of(space.id)),
          ErrorCode::corrupt_data, "{} holds vectors of another space than {}", display_path(path),
          space.name);
}

std::size_t block_bytes(std::size_t rows, int dimension) {
  return sizeof(BlockHeader) + aligned(rows * sizeof(VectorRow)) +
         aligned(rows * static_cast<std::size_t>(dimension) * sizeof(float));
}

std::vector<std::byte> encode_block(std::span<const VectorRow> rows, std::span<const float> values,
                                    int dimension) {
  require(rows.size() <= kMostRows, ErrorCode::invalid_argument,
          "an asset may have {} vectors of a space, got {}", kMostRows, rows.size());
  std::vector<std::byte> bytes(block_bytes(rows.size(), dimension));
  std::byte* const content = bytes.data() + sizeof(BlockHeader);
  std::memcpy(content, rows.data(), rows.size_bytes());
  std::memcpy(content + aligned(rows.size_bytes()), values.data(), values.size_bytes());
  BlockHeader header;
  header.rows = static_cast<std::uint32_t>(rows.size());
  header.dimension = static_cast<std::uint32_t>(dimension);
  std::memcpy(bytes.data(), &header, sizeof header);
  header.checksum =
      digest(std::span(bytes).first(kCheckedHead), std::span(bytes).subspan(sizeof header));
  std::memcpy(bytes.data(), &header, sizeof header);
  return bytes;
}

std::array<std::byte, 32> block_checksum(std::span<const std::byte> block) {
  require(block.size() >= sizeof(BlockHeader), ErrorCode::internal, "a block of {} bytes",
          block.size());
  Digest checksum;
  std::memcpy(checksum.data(), block.data() + kCheckedHead, checksum.size());
  return checksum;
}

VectorBlock view_block(std::span<const std::byte> file, const BlockPlace& place,
                       const std::filesystem::path& path) {
  require(place.rows <= kMostRows && place.dimension > 0 && place.dimension <= kLargestDimension &&
              place.position % kAlignment == 0,
          ErrorCode::corrupt_data, "the catalog is damaged: it places {} vectors at {} in {}",
          place.rows, place.position, display_path(path));
  const std::size_t size = block_bytes(place.rows, place.dimension);
  require(place.position <= file.size() && size <= file.size() - place.position,
          ErrorCode::corrupt_data,
          "{} is damaged: it ends at {}, inside the block at {}; index its assets again",
          display_path(path), file.size(), place.position);
  const auto block = file.subspan(place.position, size);
  BlockHeader header;
  std::memcpy(&header, block.data(), sizeof header);
  require(header.magic == kBlockMagic && header.rows == place.rows &&
              header.dimension == static_cast<std::uint32_t>(place.dimension),
          ErrorCode::corrupt_data,
          "{} is damaged: there is no block of {} vectors at {}; index its assets again",
          display_path(path), place.rows, place.position);
  VectorBlock view;
  const auto content = block.subspan(sizeof header);
  view.rows = {reinterpret_cast<const VectorRow*>(content.data()), place.rows};
  view.values = {reinterpret_cast<const float*>(content.data() + aligned(view.rows.size_bytes())),
                 place.rows * static_cast<std::size_t>(place.dimension)};
  view.content = block;
  view.checksum = header.checksum;
  return view;
}

bool VectorBlock::is_sound() const {
  return checksum == digest(content.first(kCheckedHead), content.subspan(sizeof(BlockHeader)));
}

}  // namespace ogam

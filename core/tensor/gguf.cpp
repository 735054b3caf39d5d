#include "core/tensor/gguf.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

#include "core/base/error.h"
#include "core/base/file_cursor.h"
#include "core/tensor/shape.h"

namespace ogam {

namespace {

constexpr std::uint32_t kMaxRank = 4;
constexpr std::int64_t kDefaultAlignment = 32;
constexpr std::size_t kWidenedBytes = sizeof(float);

std::optional<at::ScalarType> dtype_of(std::uint32_t ggml_type) {
  switch (ggml_type) {
    case 0:
      return at::kFloat;
    case 1:
      return at::kHalf;
    case 30:
      return at::kBFloat16;
    default:
      return std::nullopt;
  }
}

std::size_t read_alignment(const GgufMetadata& metadata, const std::string& origin) {
  const auto alignment = metadata.value_or<std::int64_t>("general.alignment", kDefaultAlignment);
  require(
      alignment >= 8 && alignment <= (std::int64_t{1} << 31) && (alignment & (alignment - 1)) == 0,
      ErrorCode::corrupt_data, "{}: general.alignment must be a power of two from 8, got {}",
      origin, alignment);
  return static_cast<std::size_t>(alignment);
}

std::vector<std::int64_t> read_shape(FileCursor& file, const std::string& name) {
  const auto rank = file.number<std::uint32_t>("the rank of a tensor");
  require(rank <= kMaxRank, ErrorCode::corrupt_data,
          "{}: tensor '{}' has {} dimensions, at most {} are possible", file.origin(), name, rank,
          kMaxRank);
  std::vector<std::int64_t> shape(rank);
  for (auto dimension = shape.rbegin(); dimension != shape.rend(); ++dimension) {
    const auto size = file.number<std::uint64_t>("a dimension of a tensor");
    require(std::in_range<std::int64_t>(size), ErrorCode::corrupt_data,
            "{}: a dimension of tensor '{}' must be at most 2^63 - 1, got {}", file.origin(), name,
            size);
    *dimension = static_cast<std::int64_t>(size);
  }
  return shape;
}

/// Bytes of a tensor in the file. Its float32 numbers are fewer than 2^63 bytes too.
std::size_t stored_size(const StoredTensor& tensor, const std::string& origin) {
  const auto bytes = checked_byte_size(tensor.info, origin);
  if (tensor.blocks == nullptr) {
    return bytes;
  }
  const auto& blocks = *tensor.blocks;
  const auto& shape = tensor.info.shape;
  require(!shape.empty() && shape.back() % static_cast<std::int64_t>(blocks.elements) == 0,
          ErrorCode::corrupt_data,
          "{}: tensor '{}' of type {} must have rows of a multiple of {} numbers, got shape {}",
          origin, tensor.info.name, blocks.name, blocks.elements, shape_string(shape));
  return bytes / kWidenedBytes / blocks.elements * blocks.bytes;
}

/// One entry of the list of tensors; `begin` counts from the start of the data.
StoredTensor read_tensor(FileCursor& file) {
  constexpr std::string_view kName = "the name of a tensor";
  const auto length = file.number<std::uint64_t>(kName);
  StoredTensor tensor;
  tensor.info.name = checked_name(file.text(length, kName), "tensor", file.origin());
  tensor.info.shape = read_shape(file, tensor.info.name);
  const auto type = file.number<std::uint32_t>("the type of a tensor");
  tensor.blocks = find_block_format(type);
  const auto dtype = tensor.blocks != nullptr ? std::optional(at::kFloat) : dtype_of(type);
  require(dtype.has_value(), ErrorCode::unsupported,
          "{}: tensor '{}' has GGML type {}, which cannot be read; use a file of F32, F16, BF16, "
          "Q8_0, Q4_0, Q5_0, Q4_K, Q5_K or Q6_K",
          file.origin(), tensor.info.name, type);
  tensor.info.dtype = *dtype;
  tensor.begin = file.number<std::uint64_t>("the offset of a tensor");
  tensor.size = stored_size(tensor, file.origin());
  return tensor;
}

}  // namespace

GgufHeader parse_gguf_header(std::span<const std::byte> file, const std::string& origin) {
  FileCursor cursor(file, origin);
  auto start = read_gguf_start(cursor);
  GgufHeader header{.metadata = std::move(start.metadata), .tensors = {}};
  const auto alignment = read_alignment(header.metadata, origin);
  for (std::uint64_t i = 0; i < start.tensor_count; ++i) {
    header.tensors.push_back(read_tensor(cursor));
  }
  const auto data_begin = aligned(cursor.position(), alignment);
  check_tiling(header.tensors,
               {.size = file.size() - std::min(data_begin, file.size()), .alignment = alignment},
               origin);
  for (auto& tensor : header.tensors) {
    tensor.begin += data_begin;
  }
  sort_by_name(header.tensors, origin);
  return header;
}

GgufFile::GgufFile(const std::filesystem::path& path)
    : origin_(display_path(path)),
      file_(std::make_shared<const MappedFile>(path)),
      header_(parse_gguf_header(file_->bytes(), origin_)),
      tensors_(infos_of(header_.tensors)) {}

at::Tensor GgufFile::load(const std::string& name) const {
  const auto& tensor = get_stored(header_.tensors, name, origin_);
  if (tensor.blocks == nullptr) {
    return view_stored(file_, tensor);
  }
  const auto blocks = tensor.size == 0 ? std::span<const std::byte>{}
                                       : file_->bytes().subspan(tensor.begin, tensor.size);
  return widen_blocks(*tensor.blocks, blocks, tensor.info.shape);
}

std::optional<TensorBlocks> GgufFile::load_blocks(const std::string& name) const {
  auto tensor = get_stored(header_.tensors, name, origin_);
  if (tensor.blocks == nullptr) {
    return std::nullopt;
  }
  auto& row = tensor.info.shape.back();
  row = row / static_cast<std::int64_t>(tensor.blocks->elements) *
        static_cast<std::int64_t>(tensor.blocks->bytes);
  tensor.info.dtype = at::kByte;
  return TensorBlocks{.format = tensor.blocks, .bytes = view_stored(file_, tensor)};
}

}  // namespace ogam

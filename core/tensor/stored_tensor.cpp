#include "core/tensor/stored_tensor.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <utility>

#include "core/base/error.h"
#include "core/tensor/shape.h"

namespace ogam {

std::size_t checked_byte_size(const TensorInfo& info, const std::string& origin) {
  auto bytes = static_cast<std::int64_t>(c10::elementSize(info.dtype));
  bool overflow = false;
  bool empty = false;
  for (const auto dimension : info.shape) {
    empty = empty || dimension == 0;
    // Dimensions of 0 count as 1, because strides are products of the other dimensions.
    overflow =
        overflow || __builtin_mul_overflow(bytes, std::max<std::int64_t>(dimension, 1), &bytes);
  }
  require(!overflow, ErrorCode::corrupt_data, "{}: the size of tensor '{}' of shape {} overflows",
          origin, info.name, shape_string(info.shape));
  return empty ? 0 : static_cast<std::size_t>(bytes);
}

void sort_by_name(std::vector<StoredTensor>& tensors, const std::string& origin) {
  std::sort(tensors.begin(), tensors.end(),
            [](const StoredTensor& a, const StoredTensor& b) { return a.info.name < b.info.name; });
  const auto repeated = std::adjacent_find(
      tensors.begin(), tensors.end(),
      [](const StoredTensor& a, const StoredTensor& b) { return a.info.name == b.info.name; });
  if (repeated != tensors.end()) {
    fail(ErrorCode::corrupt_data, "{}: two tensors are named '{}'", origin, repeated->info.name);
  }
}

std::size_t aligned(std::size_t position, std::size_t alignment) {
  return position + (alignment - position % alignment) % alignment;
}

void check_tiling(const std::vector<StoredTensor>& tensors, const DataPart& data,
                  const std::string& origin) {
  std::vector<std::size_t> order(tensors.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(tensors[a].begin, tensors[a].size) <
           std::pair(tensors[b].begin, tensors[b].size);
  });
  std::size_t position = 0;
  for (const auto i : order) {
    const auto& tensor = tensors[i];
    const auto start = aligned(position, data.alignment);
    require(tensor.begin == start, ErrorCode::corrupt_data,
            "{}: tensor '{}' starts at byte {} of the data, expected {}: tensors must follow each "
            "other without gaps or overlaps, at multiples of {} bytes",
            origin, tensor.info.name, tensor.begin, start, data.alignment);
    position = start + tensor.size;  // no overflow: both are below 2^63
    // Padding before an empty tensor may be missing at the end.
    require(tensor.size == 0 || position <= data.size, ErrorCode::corrupt_data,
            "{}: tensor '{}' ends at byte {} of the data, which has {}: the file is cut short or "
            "damaged",
            origin, tensor.info.name, position, data.size);
  }
  require(data.size <= aligned(position, data.alignment), ErrorCode::corrupt_data,
          "{}: the tensors take {} bytes, the file holds {} after its header", origin, position,
          data.size);
}

const StoredTensor* find_stored(const std::vector<StoredTensor>& tensors, const std::string& name) {
  const auto found = std::lower_bound(
      tensors.begin(), tensors.end(), name,
      [](const StoredTensor& tensor, const std::string& n) { return tensor.info.name < n; });
  return found != tensors.end() && found->info.name == name ? &*found : nullptr;
}

const StoredTensor& get_stored(const std::vector<StoredTensor>& tensors, const std::string& name,
                               const std::string& origin) {
  const auto* const found = find_stored(tensors, name);
  require(found != nullptr, ErrorCode::not_found, "{} holds no tensor '{}'", origin, name);
  return *found;
}

std::vector<TensorInfo> infos_of(const std::vector<StoredTensor>& tensors) {
  std::vector<TensorInfo> infos;
  infos.reserve(tensors.size());
  for (const auto& tensor : tensors) {
    infos.push_back(tensor.info);
  }
  return infos;
}

at::Tensor view_stored(const std::shared_ptr<const MappedFile>& file, const StoredTensor& tensor) {
  const at::TensorOptions options(tensor.info.dtype);
  if (tensor.size == 0) {
    return at::empty(tensor.info.shape, options);
  }
  const auto bytes = file->bytes().subspan(tensor.begin, tensor.size);
  // The mapping is read-only, and at::Tensor has no constant data: nothing writes to weights.
  auto* const data = const_cast<std::byte*>(bytes.data());
  if (reinterpret_cast<std::uintptr_t>(data) % c10::elementSize(tensor.info.dtype) != 0) {
    auto copy = at::empty(tensor.info.shape, options);
    std::memcpy(copy.data_ptr(), data, bytes.size());
    return copy;
  }
  return at::from_blob(
      data, tensor.info.shape, [file](void*) {}, options);
}

}  // namespace ogam

#include "core/tensor/safetensors.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/tensor/shape.h"

namespace ogam {

namespace {

constexpr std::size_t kLengthBytes = 8;
constexpr std::size_t kMaxDimensions = 64;

struct DtypeRow {
  std::string_view name;
  at::ScalarType dtype;
};

constexpr std::array kDtypes = {
    DtypeRow{"BOOL", at::kBool},
    DtypeRow{"U8", at::kByte},
    DtypeRow{"I8", at::kChar},
    DtypeRow{"I16", at::kShort},
    DtypeRow{"U16", at::kUInt16},
    DtypeRow{"I32", at::kInt},
    DtypeRow{"U32", at::kUInt32},
    DtypeRow{"I64", at::kLong},
    DtypeRow{"U64", at::kUInt64},
    DtypeRow{"F8_E4M3", at::kFloat8_e4m3fn},
    DtypeRow{"F8_E5M2", at::kFloat8_e5m2},
    DtypeRow{"F16", at::kHalf},
    DtypeRow{"BF16", at::kBFloat16},
    DtypeRow{"F32", at::kFloat},
    DtypeRow{"F64", at::kDouble},
};

/// A JSON number that must be an integer from 0 to the largest std::int64_t.
std::size_t size_value(const SortedJson& value, const std::string& origin,
                       const std::string& what) {
  require(value.is_number_unsigned() &&
              value.get<std::uint64_t>() <= std::numeric_limits<std::int64_t>::max(),
          ErrorCode::corrupt_data, "{}: {} must be a whole number from 0 to 2^63 - 1, got {}",
          origin, what, value.is_number() ? value.dump() : value.type_name());
  return value.get<std::size_t>();
}

at::ScalarType dtype_value(const std::string& name, const std::string& origin,
                           const std::string& tensor) {
  const auto* const row = std::find_if(kDtypes.begin(), kDtypes.end(),
                                       [&](const DtypeRow& r) { return r.name == name; });
  require(row != kDtypes.end(), ErrorCode::unsupported,
          "{}: tensor '{}' has dtype '{}', which cannot be read", origin, tensor, name);
  return row->dtype;
}

std::vector<std::int64_t> shape_value(const SortedJson& value, const std::string& origin,
                                      const std::string& tensor) {
  require(value.is_array() && value.size() <= kMaxDimensions, ErrorCode::corrupt_data,
          "{}: the shape of tensor '{}' must be an array of at most {} numbers", origin, tensor,
          kMaxDimensions);
  std::vector<std::int64_t> shape;
  shape.reserve(value.size());
  for (const auto& dimension : value) {
    shape.push_back(static_cast<std::int64_t>(
        size_value(dimension, origin, fmt::format("a dimension of tensor '{}'", tensor))));
  }
  return shape;
}

StoredTensor parse_entry(const std::string& name, const SortedJson& value,
                         const std::string& origin) {
  require(value.is_object() && value.size() == 3, ErrorCode::corrupt_data,
          "{}: tensor '{}' must have exactly dtype, shape and data_offsets", origin, name);
  const auto context = fmt::format("{}: tensor '{}'", origin, name);
  StoredTensor entry;
  entry.info.name = name;
  entry.info.dtype = dtype_value(json_value<std::string>(value, "dtype", context), origin, name);
  entry.info.shape = shape_value(json_value<SortedJson>(value, "shape", context), origin, name);
  const auto offsets = json_value<SortedJson>(value, "data_offsets", context);
  require(offsets.is_array() && offsets.size() == 2, ErrorCode::corrupt_data,
          "{}: data_offsets must be two numbers", context);
  const auto begin = size_value(offsets[0], origin, "data_offsets");
  const auto end = size_value(offsets[1], origin, "data_offsets");
  require(begin <= end, ErrorCode::corrupt_data, "{}: data_offsets [{}, {}] run backwards", context,
          begin, end);
  entry.begin = begin;
  entry.size = end - begin;
  const auto expected = checked_byte_size(entry.info, origin);
  require(entry.size == expected, ErrorCode::corrupt_data,
          "{}: shape {} needs {} bytes, data_offsets give {}", context,
          shape_string(entry.info.shape), expected, entry.size);
  return entry;
}

std::map<std::string, std::string> parse_metadata(const SortedJson& value,
                                                  const std::string& origin) {
  require(value.is_object(), ErrorCode::corrupt_data, "{}: __metadata__ must be an object", origin);
  std::map<std::string, std::string> metadata;
  for (const auto& [key, text] : value.items()) {
    require(text.is_string(), ErrorCode::corrupt_data, "{}: __metadata__ '{}' must be a string",
            origin, key);
    metadata[key] = text.get<std::string>();
  }
  return metadata;
}

}  // namespace

std::optional<std::string_view> safetensors_dtype_name(at::ScalarType dtype) {
  const auto* const row = std::find_if(kDtypes.begin(), kDtypes.end(),
                                       [&](const DtypeRow& r) { return r.dtype == dtype; });
  return row == kDtypes.end() ? std::nullopt : std::optional(row->name);
}

SafetensorsHeader parse_safetensors_header(std::span<const std::byte> file,
                                           const std::string& origin) {
  require(file.size() >= kLengthBytes, ErrorCode::corrupt_data,
          "{}: {} bytes are too few for a safetensors file", origin, file.size());
  std::uint64_t length = 0;
  for (std::size_t i = kLengthBytes; i-- > 0;) {
    length = (length << 8) | std::to_integer<std::uint64_t>(file[i]);
  }
  require(
      length <= kMaxSafetensorsHeader && length <= file.size() - kLengthBytes,
      ErrorCode::corrupt_data,
      "{}: the header claims {} bytes in a file of {} (at most {} are allowed): not a safetensors "
      "file, or cut short",
      origin, length, file.size(), kMaxSafetensorsHeader);
  const auto text = file.subspan(kLengthBytes, length);
  require(length > 0 && std::to_integer<char>(text[0]) == '{', ErrorCode::corrupt_data,
          "{}: the header must start with '{{'", origin);
  const auto json =
      parse_sorted_json({reinterpret_cast<const char*>(text.data()), text.size()}, origin);

  SafetensorsHeader header;
  for (const auto& [name, value] : json.items()) {
    if (name == "__metadata__") {
      header.metadata = parse_metadata(value, origin);
    } else {
      header.entries.push_back(parse_entry(name, value, origin));
    }
  }
  const std::size_t data_begin = kLengthBytes + length;
  check_tiling(header.entries, {.size = file.size() - data_begin}, origin);
  for (auto& entry : header.entries) {
    entry.begin += data_begin;
  }
  sort_by_name(header.entries, origin);
  return header;
}

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path)
    : origin_(display_path(path)),
      file_(std::make_shared<const MappedFile>(path)),
      header_(parse_safetensors_header(file_->bytes(), origin_)),
      tensors_(infos_of(header_.entries)) {}

at::Tensor SafetensorsFile::load(const std::string& name) const {
  const auto& entry = get_stored(header_.entries, name, origin_);
  const auto bytes = file_->bytes().subspan(entry.begin, entry.size);
  require(
      entry.info.dtype != at::kBool ||
          std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b <= std::byte{1}; }),
      ErrorCode::corrupt_data, "{}: BOOL tensor '{}' holds a byte other than 0 and 1", origin_,
      name);
  return view_stored(file_, entry);
}

}  // namespace ogam

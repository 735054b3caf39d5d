#include "core/base/gguf_metadata.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <type_traits>

#include "core/base/error.h"

namespace ogam {

namespace {

struct TypeRow {
  GgufType type;
  std::string_view name;
  std::size_t bytes;  // of a value; of a string, its length alone
};

constexpr std::string_view kMagic = "GGUF";
constexpr std::uint32_t kVersion = 3;

constexpr std::array kTypes = {
    TypeRow{GgufType::u8, "u8", 1},         TypeRow{GgufType::i8, "i8", 1},
    TypeRow{GgufType::u16, "u16", 2},       TypeRow{GgufType::i16, "i16", 2},
    TypeRow{GgufType::u32, "u32", 4},       TypeRow{GgufType::i32, "i32", 4},
    TypeRow{GgufType::f32, "f32", 4},       TypeRow{GgufType::boolean, "boolean", 1},
    TypeRow{GgufType::string, "string", 8}, TypeRow{GgufType::u64, "u64", 8},
    TypeRow{GgufType::i64, "i64", 8},       TypeRow{GgufType::f64, "f64", 8},
};

const TypeRow& row_of(std::uint32_t type, const std::string& key, const std::string& origin) {
  const auto* const row = std::find_if(kTypes.begin(), kTypes.end(), [&](const TypeRow& r) {
    return static_cast<std::uint32_t>(r.type) == type;
  });
  require(row != kTypes.end(), ErrorCode::corrupt_data,
          "{}: the value of key '{}' has type {}, which GGUF does not have", origin, key, type);
  return *row;
}

std::string_view read_string(FileCursor& file, std::string_view what) {
  const auto length = file.number<std::uint64_t>("the length of a string");
  return file.text(length, what);
}

/// The next value as T; nothing when a value of that type is not a T, or this one is beyond it.
template <typename T>
std::optional<T> read_as(FileCursor& file, GgufType type) {
  constexpr std::string_view kWhat = "a value";
  if constexpr (std::is_same_v<T, std::string>) {
    return type == GgufType::string ? std::optional<T>(read_string(file, kWhat)) : std::nullopt;
  } else if constexpr (std::is_same_v<T, bool>) {
    return type == GgufType::boolean ? std::optional<T>(file.number<std::uint8_t>(kWhat) != 0)
                                     : std::nullopt;
  } else if constexpr (std::is_same_v<T, double>) {
    switch (type) {
      case GgufType::f32:
        return file.number<float>(kWhat);
      case GgufType::f64:
        return file.number<double>(kWhat);
      default:
        return std::nullopt;
    }
  } else {
    switch (type) {
      case GgufType::u8:
        return file.number<std::uint8_t>(kWhat);
      case GgufType::i8:
        return file.number<std::int8_t>(kWhat);
      case GgufType::u16:
        return file.number<std::uint16_t>(kWhat);
      case GgufType::i16:
        return file.number<std::int16_t>(kWhat);
      case GgufType::u32:
        return file.number<std::uint32_t>(kWhat);
      case GgufType::i32:
        return file.number<std::int32_t>(kWhat);
      case GgufType::i64:
        return file.number<std::int64_t>(kWhat);
      case GgufType::u64: {
        const auto number = file.number<std::uint64_t>(kWhat);
        return std::in_range<std::int64_t>(number) ? std::optional<T>(number) : std::nullopt;
      }
      default:
        return std::nullopt;
    }
  }
}

template <typename T>
constexpr const char* kNameOf = "an integer below 2^63";
template <>
constexpr const char* kNameOf<double> = "a floating point number";
template <>
constexpr const char* kNameOf<bool> = "a boolean";
template <>
constexpr const char* kNameOf<std::string> = "a string";

template <typename T>
constexpr bool kIsVector = false;
template <typename T>
constexpr bool kIsVector<std::vector<T>> = true;

void check_version(FileCursor& file) {
  const auto version = file.number<std::uint32_t>("the version");
  require((version & 0xFFFF) != 0 || version == 0, ErrorCode::unsupported,
          "{} is a big-endian GGUF file; convert it to little-endian", file.origin());
  require(version == kVersion, ErrorCode::unsupported,
          "{} is a GGUF file of version {}; version {} is read: convert it with newer tools",
          file.origin(), version, kVersion);
}

}  // namespace

bool is_gguf(std::span<const std::byte> file) {
  return file.size() >= kMagic.size() &&
         std::string_view(reinterpret_cast<const char*>(file.data()), kMagic.size()) == kMagic;
}

GgufStart read_gguf_start(FileCursor& file) {
  const auto magic = file.left() < kMagic.size() ? std::string_view()
                                                 : file.text(kMagic.size(), "the magic number");
  require(magic == kMagic, ErrorCode::corrupt_data, "{} does not begin with '{}': not a GGUF file",
          file.origin(), kMagic);
  check_version(file);
  const auto tensor_count = file.number<std::uint64_t>("the number of tensors");
  const auto key_count = file.number<std::uint64_t>("the number of keys");
  return {.tensor_count = tensor_count, .metadata = GgufMetadata(file, key_count)};
}

std::vector<std::filesystem::path> gguf_files_of(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".gguf") {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

GgufMetadata::GgufMetadata(FileCursor& file, std::uint64_t count) : origin_(file.origin()) {
  for (std::uint64_t i = 0; i < count; ++i) {
    auto key = checked_name(read_string(file, "the name of a key"), "key", origin_);
    require(!values_.contains(key), ErrorCode::corrupt_data, "{}: key '{}' occurs twice", origin_,
            key);
    const auto value = read_value(file, key);
    values_.emplace(std::move(key), value);
  }
}

GgufMetadata::Value GgufMetadata::read_value(FileCursor& file, const std::string& key) {
  constexpr auto kArray = static_cast<std::uint32_t>(GgufType::array);
  const auto what = fmt::format("the value of key '{}'", key);
  Value value;
  auto type = file.number<std::uint32_t>(what);
  if (type == kArray) {
    value.is_array = true;
    type = file.number<std::uint32_t>(what);
    value.count = file.number<std::uint64_t>(what);
    require(type != kArray, ErrorCode::unsupported,
            "{}: the value of key '{}' is an array of arrays, which cannot be read", file.origin(),
            key);
  }
  const auto& row = row_of(type, key, file.origin());
  value.type = row.type;
  require(value.count <= file.left() / row.bytes, ErrorCode::corrupt_data,
          "{}: {} claims {} elements of type {} at byte {}, where only {} bytes are left: the file "
          "is cut short or damaged",
          file.origin(), what, value.count, row.name, file.position(), file.left());
  if (value.type != GgufType::string) {
    value.bytes = file.take(value.count * row.bytes, what);
    require(value.type != GgufType::boolean ||
                std::all_of(value.bytes.begin(), value.bytes.end(),
                            [](std::byte b) { return b <= std::byte{1}; }),
            ErrorCode::corrupt_data, "{}: {} holds a boolean other than 0 and 1", file.origin(),
            what);
    return value;
  }
  FileCursor ahead = file;
  for (std::uint64_t i = 0; i < value.count; ++i) {
    read_string(ahead, what);
  }
  value.bytes = file.take(ahead.position() - file.position(), what);
  return value;
}

std::size_t GgufMetadata::size_of(const std::string& key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? 0 : found->second.bytes.size();
}

std::vector<std::string> GgufMetadata::keys() const {
  std::vector<std::string> keys;
  keys.reserve(values_.size());
  for (const auto& [key, value] : values_) {
    keys.push_back(key);
  }
  return keys;
}

template <typename T>
std::vector<T> GgufMetadata::elements(const std::string& key, bool array) const {
  const auto found = values_.find(key);
  require(found != values_.end(), ErrorCode::corrupt_data, "{}: key '{}' is missing", origin_, key);
  const auto& stored = found->second;
  require(stored.is_array == array, ErrorCode::corrupt_data, "{}: key '{}' must {}", origin_, key,
          array ? "be an array, got a single value" : "be a single value, got an array");
  FileCursor file(stored.bytes, origin_);
  std::vector<T> elements;
  elements.reserve(stored.count);
  for (std::uint64_t i = 0; i < stored.count; ++i) {
    auto element = read_as<T>(file, stored.type);
    require(element.has_value(), ErrorCode::corrupt_data,
            "{}: key '{}' must hold {}, got a value of type {}", origin_, key, kNameOf<T>,
            row_of(static_cast<std::uint32_t>(stored.type), key, origin_).name);
    elements.push_back(std::move(*element));
  }
  return elements;
}

template <typename T>
T GgufMetadata::value(const std::string& key) const {
  if constexpr (kIsVector<T>) {
    return elements<typename T::value_type>(key, true);
  } else {
    return elements<T>(key, false).front();
  }
}

template std::int64_t GgufMetadata::value(const std::string& key) const;
template double GgufMetadata::value(const std::string& key) const;
template bool GgufMetadata::value(const std::string& key) const;
template std::string GgufMetadata::value(const std::string& key) const;
template std::vector<std::int64_t> GgufMetadata::value(const std::string& key) const;
template std::vector<double> GgufMetadata::value(const std::string& key) const;
template std::vector<bool> GgufMetadata::value(const std::string& key) const;
template std::vector<std::string> GgufMetadata::value(const std::string& key) const;

}  // namespace ogam

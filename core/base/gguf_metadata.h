#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/base/file_cursor.h"

namespace ogam {

/// How a GGUF file writes a value; the numbers are those of the format.
enum class GgufType : std::uint32_t {
  u8 = 0,
  i8 = 1,
  u16 = 2,
  i16 = 3,
  u32 = 4,
  i32 = 5,
  f32 = 6,
  boolean = 7,
  string = 8,
  array = 9,
  u64 = 10,
  i64 = 11,
  f64 = 12,
};

/// The keys and values of a GGUF file: the model's configuration and its tokenizer.
///
/// Values are views of the file, checked when it was opened and made when they are asked for. Types
/// that can be asked for: `std::int64_t` for every integer type, `double` for both floating point
/// types, `bool`, `std::string` (bytes as written, not checked to be UTF-8), and a `std::vector` of
/// one of these for an array; an empty array is one of any type.
class GgufMetadata {
 public:
  /// Reads `count` keys and values.
  /// @throws Error{corrupt_data} for what does not lie within the file, a key that occurs twice or
  ///     is not text, an unknown type, or a boolean other than 0 and 1; Error{unsupported} for an
  ///     array of arrays.
  GgufMetadata(FileCursor& file, std::uint64_t count);

  bool contains(const std::string& key) const { return values_.contains(key); }

  /// Bytes that a value takes in the file; 0 when the key is missing.
  std::size_t size_of(const std::string& key) const;

  /// Every key, sorted.
  std::vector<std::string> keys() const;

  /// The value as T.
  /// @throws Error{corrupt_data} naming the key when it is missing, of another type or beyond T.
  template <typename T>
  T value(const std::string& key) const;

  /// The value as T, or `fallback` when the key is missing; another type is still an error.
  template <typename T>
  T value_or(const std::string& key, T fallback) const {
    return contains(key) ? value<T>(key) : std::move(fallback);
  }

 private:
  struct Value {
    GgufType type = GgufType::u8;  ///< of the value, or of an array's elements
    bool is_array = false;
    std::uint64_t count = 1;
    std::span<const std::byte> bytes;
  };

  static Value read_value(FileCursor& file, const std::string& key);
  /// All elements of an array, or the one of a single value.
  template <typename T>
  std::vector<T> elements(const std::string& key, bool array) const;

  std::string origin_;
  std::map<std::string, Value> values_;
};

/// Whether a file begins as GGUF files do.
bool is_gguf(std::span<const std::byte> file);

/// What a GGUF file begins with, before the list of its tensors.
struct GgufStart {
  std::uint64_t tensor_count = 0;
  GgufMetadata metadata;  ///< views of the file
};

/// Reads "GGUF", u32 version, u64 number of tensors, u64 number of keys, keys and values.
/// @throws Error{corrupt_data} for another beginning, what GgufMetadata throws; Error{unsupported}
///     for other versions than 3 and big-endian files.
GgufStart read_gguf_start(FileCursor& file);

/// The `*.gguf` files of a folder, sorted by name.
std::vector<std::filesystem::path> gguf_files_of(const std::filesystem::path& folder);

}  // namespace ogam

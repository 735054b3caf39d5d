#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/files.h"
#include "core/tensor/stored_tensor.h"
#include "core/tensor/weight_source.h"

namespace ogam {

/// The longest header that is read, as in the reference implementation.
constexpr std::size_t kMaxSafetensorsHeader = 100'000'000;

/// "F32", "BF16", ...; nothing for a type that the format does not have.
std::optional<std::string_view> safetensors_dtype_name(at::ScalarType dtype);

/// What the header of a .safetensors file says, checked against the file's size.
struct SafetensorsHeader {
  std::vector<StoredTensor> entries;  ///< sorted by name
  std::map<std::string, std::string> metadata;
};

/// Reads the header: u64 little-endian length, then JSON padded with spaces, then the data.
///
/// @param file the whole file.
/// @param origin the file's name, for errors.
/// @throws Error{corrupt_data} unless the header lies within the file and under 100 MB, is a JSON
///     object without repeated keys, every shape and size fits its dtype without overflow, and the
///     tensors tile the data exactly, without gaps or overlaps. Error{unsupported} for a dtype
///     LibTorch does not have.
/// Source: https://huggingface.co/docs/safetensors, "Format".
SafetensorsHeader parse_safetensors_header(std::span<const std::byte> file,
                                           const std::string& origin);

/// One memory-mapped .safetensors file.
class SafetensorsFile : public WeightSource {
 public:
  /// @throws Error{not_found}, and what parse_safetensors_header throws.
  explicit SafetensorsFile(const std::filesystem::path& path);

  const std::vector<TensorInfo>& tensors() const override { return tensors_; }
  /// Tensors that the file does not align for their type are copied, all others are views.
  /// @throws Error{corrupt_data} for a BOOL tensor that holds anything but 0 and 1.
  at::Tensor load(const std::string& name) const override;

  const std::map<std::string, std::string>& metadata() const { return header_.metadata; }

 private:
  std::string origin_;
  std::shared_ptr<const MappedFile> file_;  // shared with every tensor that was loaded
  SafetensorsHeader header_;
  std::vector<TensorInfo> tensors_;
};

}  // namespace ogam

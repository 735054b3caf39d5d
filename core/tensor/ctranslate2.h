#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/tensor/stored_tensor.h"
#include "core/tensor/weight_source.h"

namespace ogam {

/// Whether a file begins as CTranslate2's models do: a version and the name of a specification.
bool is_ctranslate2(std::span<const std::byte> file);

/// What a CTranslate2 model file holds, checked against the file's size.
struct CTranslate2Content {
  std::string specification;  ///< "WhisperSpec"
  std::uint32_t revision = 0;
  std::vector<StoredTensor> tensors;           ///< sorted by name
  std::map<std::string, std::string> aliases;  ///< other names of tensors, such as tied weights
};

/// Reads CTranslate2's `model.bin`, version 6, little-endian: u32 version, string specification,
/// u32 revision, u32 number of tensors, {string name, u8 rank, u32 dimensions, u8 type, u32 bytes,
/// data} for each, u32 number of aliases, {string alias, string name} for each. A string is a u16
/// length that counts the closing zero, then its bytes.
///
/// @param file the whole file.
/// @param origin the file's name, for errors.
/// @throws Error{corrupt_data} unless everything lies within the file and ends with it, ranks are
/// at
///     most 8, every size is that of its shape and type, names are text, occur once and have their
///     closing zero, and aliases are of tensors that are there. Error{unsupported} for another
///     version and types other than float32, int8, int16, int32, float16 and bfloat16.
CTranslate2Content parse_ctranslate2(std::span<const std::byte> file, const std::string& origin);

/// One memory-mapped CTranslate2 model file.
///
/// Everything is given as stored. An integer weight NAME is a quantised one: each row was
/// multiplied by its number in NAME_scale (a single number for int16) and rounded.
class CTranslate2File : public WeightSource {
 public:
  /// @throws Error{not_found}, and what parse_ctranslate2 throws.
  explicit CTranslate2File(const std::filesystem::path& path);

  /// The stored tensors; aliases are not listed.
  const std::vector<TensorInfo>& tensors() const override { return tensors_; }

  /// The tensor of that name or alias; a copy where the file does not align it for its type.
  at::Tensor load(const std::string& name) const override;

  const std::string& specification() const { return content_.specification; }
  std::uint32_t revision() const { return content_.revision; }
  /// The stored name by alias.
  const std::map<std::string, std::string>& aliases() const { return content_.aliases; }

 private:
  std::string origin_;
  std::shared_ptr<const MappedFile> file_;  // shared with every view that was loaded
  CTranslate2Content content_;
  std::vector<TensorInfo> tensors_;
};

}  // namespace ogam

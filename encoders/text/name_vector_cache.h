#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <optional>
#include <string>

namespace ogam {

/// One matrix kept in a file between runs. It can always be computed again: a file that is missing
/// or damaged counts as absent, and one that cannot be written is only warned of.
class NameVectorCache {
 public:
  /// @param folder made when it is missing; empty: nothing is kept.
  /// @param key names the matrix; letters and digits.
  NameVectorCache(const std::filesystem::path& folder, const std::string& key);

  /// The float32 matrix [rows, columns], if it is there and sound.
  std::optional<at::Tensor> load(std::int64_t rows, std::int64_t columns) const;
  void save(const at::Tensor& vectors) const;

 private:
  std::filesystem::path path_;  // empty: nothing is kept
};

}  // namespace ogam

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/tensor/name_table.h"
#include "core/tensor/weight_source.h"

namespace ogam {

/// The tensors of a file under Hugging Face's names, as they were before the file's changes
/// (NameRow::Change): stacked ones are taken apart, rows of positions that the file leaves out are
/// zero.
class RenamedWeights : public WeightSource {
 public:
  struct Config {
    const NameTable& table;
    std::int64_t rows_before = 0;  ///< of a table of positions, for Change::after_padding
    std::int64_t heads = 0;        ///< for Change::query_pairs
    std::int64_t key_heads = 0;    ///< for Change::key_pairs
    std::string origin;            ///< the file's name, for errors
  };
  /// @throws Error{unsupported} listing the tensors that the table does not name, and for a part
  ///     that must be zero and is not; Error{corrupt_data} for stacks and heads that cannot be
  ///     taken apart and for two tensors that become one.
  RenamedWeights(std::unique_ptr<WeightSource> file, const Config& config);

  const std::vector<TensorInfo>& tensors() const override { return tensors_; }

  /// The tensor by its new name; one of its own where it was part of a stack or was changed.
  at::Tensor load(const std::string& name) const override;

  /// The same of a packed tensor; nothing where a change is one of its numbers.
  std::optional<TensorBlocks> load_blocks(const std::string& name) const override;

 private:
  struct Part {
    std::string theirs;
    std::int64_t index = 0;
    std::int64_t count = 1;
    std::int64_t rows_before = 0;
    std::int64_t heads = 0;  // whose rows come in turns
    bool plus_one = false;
  };

  const Part& part_named(const std::string& name) const;
  void add(const TensorInfo& info, const NameRow& row, const std::string& layer,
           std::string_view ending, const Config& config);
  at::Tensor load(const Part& part) const;

  std::unique_ptr<WeightSource> file_;
  std::string origin_;
  std::map<std::string, Part> parts_;  // by the new name
  std::vector<TensorInfo> tensors_;
};

}  // namespace ogam

#include "core/tensor/gguf_model.h"

#include <ATen/ATen.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"

namespace ogam {

namespace fs = std::filesystem;

GgufModel::GgufModel(const std::vector<fs::path>& files) {
  std::vector<std::string> names;
  for (const auto& file : files) {
    names.push_back(display_path(file.filename()));
    parts_.push_back(std::make_unique<const GgufFile>(file));
  }
  const auto number = [](const auto& part) {
    return part->metadata().template value_or<std::int64_t>("split.no", 0);
  };
  std::stable_sort(parts_.begin(), parts_.end(),
                   [&](const auto& a, const auto& b) { return number(a) < number(b); });
  origin_ = display_path(files.front());
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const auto count = parts_[i]->metadata().value_or<std::int64_t>("split.count", 1);
    require(count > 1 || parts_.size() == 1, ErrorCode::invalid_argument,
            "{} holds {} GGUF files that are not the parts of one: {}; keep the one to use",
            display_path(files.front().parent_path()), names.size(), fmt::join(names, ", "));
    require(count <= 1 || (count == static_cast<std::int64_t>(parts_.size()) &&
                           number(parts_[i]) == static_cast<std::int64_t>(i)),
            ErrorCode::not_found,
            "{}: the model was split into {} GGUF files, of which parts are missing; there are: {}",
            display_path(files.front().parent_path()), count, fmt::join(names, ", "));
    for (const auto& info : parts_[i]->tensors()) {
      require(part_of_.emplace(info.name, parts_[i].get()).second, ErrorCode::corrupt_data,
              "{}: two parts hold the tensor '{}'", origin_, info.name);
      tensors_.push_back(info);
    }
  }
  std::sort(tensors_.begin(), tensors_.end(),
            [](const TensorInfo& a, const TensorInfo& b) { return a.name < b.name; });
}

const GgufFile& GgufModel::part_with(const std::string& name) const {
  const auto part = part_of_.find(name);
  require(part != part_of_.end(), ErrorCode::not_found, "{} has no tensor '{}'", origin_, name);
  return *part->second;
}

at::Tensor GgufModel::load(const std::string& name) const { return part_with(name).load(name); }

std::optional<TensorBlocks> GgufModel::load_blocks(const std::string& name) const {
  return part_with(name).load_blocks(name);
}

}  // namespace ogam

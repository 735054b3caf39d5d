#include "core/tensor/renamed_weights.h"

#include <ATen/ATen.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "core/base/error.h"
#include "core/tensor/shape.h"

namespace ogam {

namespace {

constexpr std::string_view kLayer = "{}";
constexpr std::size_t kNamesInErrors = 20;

/// The number of the layer in a name that fits the pattern; empty where the pattern has none.
std::optional<std::string> match(std::string_view pattern, std::string_view name) {
  const auto at = pattern.find(kLayer);
  if (at == std::string_view::npos) {
    return pattern == name ? std::optional<std::string>("") : std::nullopt;
  }
  const auto before = pattern.substr(0, at);
  const auto after = pattern.substr(at + kLayer.size());
  if (name.size() <= before.size() + after.size() || !name.starts_with(before) ||
      !name.ends_with(after)) {
    return std::nullopt;
  }
  const auto number = name.substr(before.size(), name.size() - before.size() - after.size());
  return number.find_first_not_of("0123456789") == std::string_view::npos
             ? std::optional<std::string>(number)
             : std::nullopt;
}

std::string with_layer(std::string_view pattern, const std::string& layer) {
  std::string name(pattern);
  const auto at = name.find(kLayer);
  return at == std::string::npos ? name : name.replace(at, kLayer.size(), layer);
}

/// Rows of heads of which the halves come in turns, one half after the other.
at::Tensor halves_in_order(const at::Tensor& tensor, std::int64_t heads) {
  const auto rows = tensor.size(0);
  const auto columns = tensor.numel() / std::max<std::int64_t>(rows, 1);
  return tensor.reshape({heads, rows / heads / 2, 2, columns})
      .transpose(1, 2)
      .reshape(tensor.sizes());
}

struct Named {
  const NameRow& row;
  std::string layer;
  std::string_view ending;
};

std::optional<Named> find_row(const NameTable& table, std::string_view name) {
  for (const auto& ending : table.endings) {
    if (!name.ends_with(ending.theirs)) {
      continue;
    }
    for (const auto& row : table.rows) {
      if (auto layer = match(row.theirs, name.substr(0, name.size() - ending.theirs.size()))) {
        return Named{row, *std::move(layer), ending.ours};
      }
    }
  }
  return std::nullopt;
}

}  // namespace

RenamedWeights::RenamedWeights(std::unique_ptr<WeightSource> file, const Config& config)
    : file_(std::move(file)), origin_(config.origin) {
  std::vector<std::string> nameless;
  for (const auto& info : file_->tensors()) {
    if (const auto named = find_row(config.table, info.name)) {
      add(info, named->row, named->layer, named->ending, config);
    } else {
      nameless.push_back(info.name);
    }
  }
  const auto shown = std::min(nameless.size(), kNamesInErrors);
  require(nameless.empty(), ErrorCode::unsupported,
          "{}: the {} file has {} tensors that ogam has no name for in the architecture '{}': {}{}",
          origin_, config.table.format, nameless.size(), config.table.architecture,
          fmt::join(nameless.begin(), nameless.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
          shown < nameless.size() ? ", ..." : "");
  std::sort(tensors_.begin(), tensors_.end(),
            [](const TensorInfo& a, const TensorInfo& b) { return a.name < b.name; });
}

void RenamedWeights::add(const TensorInfo& info, const NameRow& row, const std::string& layer,
                         std::string_view ending, const Config& config) {
  const auto count = static_cast<std::int64_t>(
      std::count_if(row.ours.begin(), row.ours.end(), [](auto name) { return !name.empty(); }));
  if (count == 0) {
    return;
  }
  require(!info.shape.empty() && info.shape.front() % count == 0, ErrorCode::corrupt_data,
          "{}: tensor '{}' must be {} of the same size, got shape {}", origin_, info.name, count,
          shape_string(info.shape));
  for (std::int64_t i = 0; i < count; ++i) {
    Part part{.theirs = info.name, .index = i, .count = count};
    auto ours = info;
    ours.name = with_layer(row.ours[static_cast<std::size_t>(i)], layer).append(ending);
    ours.shape.front() /= count;
    if (!config.table.always_zero.empty() && ours.name.ends_with(config.table.always_zero)) {
      require(
          load(part).count_nonzero().item<std::int64_t>() == 0, ErrorCode::unsupported,
          "{}: '{}', a part of tensor '{}', is not zero; models of the type '{}' do not have it",
          origin_, ours.name, info.name, config.table.model_types.front());
      continue;
    }
    if (row.change == NameRow::Change::after_padding) {
      part.rows_before = config.rows_before;
      ours.shape.front() += config.rows_before;
    }
    if (row.change == NameRow::Change::query_pairs || row.change == NameRow::Change::key_pairs) {
      part.heads = row.change == NameRow::Change::query_pairs ? config.heads : config.key_heads;
      require(part.heads > 0 && ours.shape.front() % (2 * part.heads) == 0, ErrorCode::corrupt_data,
              "{}: tensor '{}' of shape {} must be {} heads of an even number of rows", origin_,
              info.name, shape_string(ours.shape), part.heads);
    }
    part.plus_one = row.change == NameRow::Change::plus_one;
    require(parts_.emplace(ours.name, part).second, ErrorCode::corrupt_data,
            "{}: tensor '{}' is there twice, the second time as '{}'", origin_, ours.name,
            info.name);
    tensors_.push_back(std::move(ours));
  }
}

at::Tensor RenamedWeights::load(const Part& part) const {
  auto tensor = file_->load(part.theirs);
  if (part.count > 1) {
    const auto rows = tensor.size(0) / part.count;
    tensor = tensor.narrow(0, part.index * rows, rows).clone();  // lets go of the rest
  }
  if (part.heads > 0) {
    tensor = halves_in_order(tensor, part.heads);
  }
  if (part.plus_one) {
    tensor = tensor.to(at::kFloat) - 1;
  }
  if (part.rows_before > 0) {
    auto shape = tensor.sizes().vec();
    shape.front() = part.rows_before;
    tensor = at::cat({at::zeros(shape, tensor.options()), tensor});
  }
  return tensor;
}

const RenamedWeights::Part& RenamedWeights::part_named(const std::string& name) const {
  const auto part = parts_.find(name);
  require(part != parts_.end(), ErrorCode::not_found, "{} has no tensor '{}'", origin_, name);
  return part->second;
}

at::Tensor RenamedWeights::load(const std::string& name) const { return load(part_named(name)); }

std::optional<TensorBlocks> RenamedWeights::load_blocks(const std::string& name) const {
  const auto& part = part_named(name);
  if (part.rows_before > 0 || part.plus_one) {
    return std::nullopt;
  }
  auto blocks = file_->load_blocks(part.theirs);
  if (blocks) {
    const auto rows = blocks->bytes.size(0) / part.count;
    blocks->bytes = blocks->bytes.narrow(0, part.index * rows, rows);
    if (part.heads > 0) {
      blocks->bytes = halves_in_order(blocks->bytes, part.heads);
    }
  }
  return blocks;
}

}  // namespace ogam

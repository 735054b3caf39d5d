#include "core/tensor/checkpoint.h"

#include <ATen/ATen.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/tensor/model_files.h"
#include "core/tensor/shape.h"

namespace ogam {

namespace fs = std::filesystem;

struct Checkpoint::State {
  State(fs::path folder_in, ModelFiles files, at::ScalarType precision_in)
      : folder(std::move(folder_in)),
        precision(precision_in),
        config(std::move(files.config)),
        source(std::move(files.weights)) {
    require(precision == at::kFloat || precision == at::kBFloat16, ErrorCode::unsupported,
            "{}: models run in float32 or bfloat16, not in {}", display_path(folder),
            c10::toString(precision));
    for (const auto& info : source->tensors()) {
      tensors[info.name] = info;
      unexpected.insert(info.name);
    }
  }

  fs::path folder;
  at::ScalarType precision;
  Json config;
  std::unique_ptr<WeightSource> source;
  std::map<std::string, TensorInfo> tensors;
  std::set<std::string> unexpected;  // not asked for yet
  std::set<std::string> missing;
  std::set<std::string> misshapen;  // "name: expected [..], got [..]"
};

WeightScope::WeightScope(Checkpoint& checkpoint, std::string prefix)
    : checkpoint_(&checkpoint), prefix_(std::move(prefix)) {}

WeightScope WeightScope::scope(const std::string& name) const {
  return WeightScope(*checkpoint_, prefix_ + name + ".");
}

at::ScalarType WeightScope::precision() const { return checkpoint_->state_->precision; }

bool WeightScope::contains(const std::string& name) const {
  return checkpoint_->state_->tensors.contains(prefix_ + name);
}

bool WeightScope::empty() const {
  const auto& tensors = checkpoint_->state_->tensors;
  const auto first = tensors.lower_bound(prefix_);
  return first == tensors.end() || !first->first.starts_with(prefix_);
}

void WeightScope::ignore(const std::string& name) const {
  auto& unexpected = checkpoint_->state_->unexpected;
  unexpected.erase(prefix_ + name);
  const auto folder = prefix_ + name + ".";
  std::erase_if(unexpected, [&](const std::string& other) { return other.starts_with(folder); });
}

at::Tensor WeightScope::get(const std::string& name, at::IntArrayRef shape) const {
  auto& state = *checkpoint_->state_;
  const auto tensor = get_stored(name, shape);
  if (!tensor.is_floating_point()) {
    state.misshapen.insert(fmt::format("{}{}: expected floating point numbers, got {}", prefix_,
                                       name, c10::toString(tensor.scalar_type())));
    return at::zeros({}, state.precision).expand(shape);
  }
  return tensor.to(state.precision);
}

at::Tensor WeightScope::get_stored(const std::string& name, at::IntArrayRef shape) const {
  auto& state = *checkpoint_->state_;
  const auto full_name = prefix_ + name;
  state.unexpected.erase(full_name);
  // Expanded, not allocated: a damaged config.json may ask for any size.
  const auto zeros = [&] { return at::zeros({}, at::kFloat).expand(shape); };
  require(std::all_of(shape.begin(), shape.end(), [](std::int64_t size) { return size >= 0; }),
          ErrorCode::corrupt_data, "{}: config.json gives tensor '{}' the impossible shape {}",
          display_path(state.folder), full_name, shape_string(shape));
  const auto found = state.tensors.find(full_name);
  if (found == state.tensors.end()) {
    state.missing.insert(full_name);
    return zeros();
  }
  if (at::IntArrayRef(found->second.shape) != shape) {
    state.misshapen.insert(fmt::format("{}: expected {}, got {}", full_name, shape_string(shape),
                                       shape_string(found->second.shape)));
    return zeros();
  }
  return state.source->load(full_name);
}

std::optional<TensorBlocks> WeightScope::get_blocks(const std::string& name,
                                                    at::IntArrayRef shape) const {
  auto& state = *checkpoint_->state_;
  const auto full_name = prefix_ + name;
  const auto found = state.tensors.find(full_name);
  if (found == state.tensors.end() || at::IntArrayRef(found->second.shape) != shape) {
    return std::nullopt;
  }
  auto blocks = state.source->load_blocks(full_name);
  if (blocks) {
    state.unexpected.erase(full_name);
  }
  return blocks;
}

Checkpoint::Checkpoint(const fs::path& folder, at::ScalarType precision)
    : state_(std::make_unique<State>(folder, open_model(folder), precision)) {}

Checkpoint::Checkpoint(const fs::path& folder, std::unique_ptr<WeightSource> weights,
                       at::ScalarType precision)
    : state_(std::make_unique<State>(
          folder, ModelFiles{read_json_file(folder / "config.json"), std::move(weights)},
          precision)) {}

Checkpoint::~Checkpoint() = default;

const fs::path& Checkpoint::folder() const { return state_->folder; }

const Json& Checkpoint::config() const { return state_->config; }

std::string Checkpoint::origin() const { return display_path(state_->folder / "config.json"); }

std::string Checkpoint::model_type() const {
  return json_value<std::string>(state_->config, "model_type", origin());
}

WeightScope Checkpoint::weights(const std::string& prefix) { return {*this, prefix}; }

void Checkpoint::finish() const {
  std::vector<std::string> problems;
  const auto list = [&](const char* kind, const std::set<std::string>& names) {
    if (!names.empty()) {
      problems.push_back(fmt::format("{} tensors: {}", kind, fmt::join(names, ", ")));
    }
  };
  list("missing", state_->missing);
  list("unexpected", state_->unexpected);
  list("wrongly shaped", state_->misshapen);
  require(problems.empty(), ErrorCode::corrupt_data,
          "{}: the weights do not fit config.json; {}; fetch or build the model again",
          display_path(state_->folder), fmt::join(problems, "; "));
}

}  // namespace ogam

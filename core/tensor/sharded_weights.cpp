#include "core/tensor/sharded_weights.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <string_view>

#include "core/base/error.h"
#include "core/base/json.h"

namespace ogam {

namespace fs = std::filesystem;

namespace {

/// A shard must lie beside its index: no separators, no dots alone, no hidden end of the name.
bool is_plain_file_name(std::string_view name) {
  constexpr std::string_view kExtension = ".safetensors";
  return name.size() > kExtension.size() && name.ends_with(kExtension) &&
         name.find_first_of(std::string_view("/\\\0", 3)) == std::string_view::npos;
}

/// File names by tensor name.
std::map<std::string, std::string> read_weight_map(const fs::path& index,
                                                   const std::string& origin) {
  const auto map = json_value<SortedJson>(
      parse_sorted_json(read_file(index, kMaxSafetensorsHeader), origin), "weight_map", origin);
  require(map.is_object() && !map.empty(), ErrorCode::corrupt_data,
          "{}: weight_map must be an object with at least one tensor", origin);
  std::map<std::string, std::string> files;
  for (const auto& [tensor, file] : map.items()) {
    require(file.is_string() && is_plain_file_name(file.get<std::string>()),
            ErrorCode::corrupt_data,
            "{}: tensor '{}' must lie in a .safetensors file beside the index, got {}", origin,
            tensor, file.is_string() ? file.get<std::string>() : file.type_name());
    files[tensor] = file.get<std::string>();
  }
  return files;
}

}  // namespace

ShardedWeights::ShardedWeights(const fs::path& index) : origin_(display_path(index)) {
  const auto file_of = read_weight_map(index, origin_);
  std::map<std::string, std::shared_ptr<const SafetensorsFile>> shards;
  for (const auto& [tensor, file] : file_of) {
    if (!shards.contains(file)) {
      shards[file] = std::make_shared<const SafetensorsFile>(index.parent_path() / file);
    }
  }
  for (const auto& [file, shard] : shards) {
    for (const auto& info : shard->tensors()) {
      const auto entry = file_of.find(info.name);
      require(entry != file_of.end() && entry->second == file, ErrorCode::corrupt_data,
              "{}: shard {} holds tensor '{}', which the index does not place there", origin_, file,
              info.name);
      tensors_.push_back(info);
      shard_of_[info.name] = shard;
    }
  }
  for (const auto& [tensor, file] : file_of) {
    require(shard_of_.contains(tensor), ErrorCode::corrupt_data,
            "{}: tensor '{}' is not in shard {}: the shards are of another model or damaged",
            origin_, tensor, file);
  }
  std::sort(tensors_.begin(), tensors_.end(),
            [](const TensorInfo& a, const TensorInfo& b) { return a.name < b.name; });
}

at::Tensor ShardedWeights::load(const std::string& name) const {
  const auto shard = shard_of_.find(name);
  require(shard != shard_of_.end(), ErrorCode::not_found, "{} lists no tensor '{}'", origin_, name);
  return shard->second->load(name);
}

}  // namespace ogam

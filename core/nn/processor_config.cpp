#include "core/nn/processor_config.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "core/base/files.h"

namespace ogam {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxConfigBytes = std::size_t{4} << 20;
constexpr const char* kSharedFile = "processor_config.json";

struct Places {
  std::vector<const char*> sections;
  std::vector<const char*> files;
};

/// By ProcessorKind, in the order in which transformers looks.
const std::array kPlaces = {
    Places{{"image_processor"}, {"preprocessor_config.json"}},
    Places{{"video_processor"}, {"video_preprocessor_config.json", "preprocessor_config.json"}},
    Places{{"feature_extractor", "audio_processor"}, {"preprocessor_config.json"}},
};

std::optional<ProcessorConfig> read_object(const fs::path& path) {
  if (!fs::is_regular_file(path)) {
    return std::nullopt;
  }
  return ProcessorConfig(read_json_file(path, kMaxConfigBytes), display_path(path));
}

}  // namespace

ProcessorConfig::ProcessorConfig(Json json, std::string origin)
    : json_(std::move(json)), origin_(std::move(origin)) {
  require(json_.is_object(), ErrorCode::corrupt_data, "{} must hold a JSON object", origin_);
}

ProcessorConfig ProcessorConfig::read(const fs::path& folder, ProcessorKind kind) {
  const Places& places = kPlaces[static_cast<std::size_t>(kind)];
  if (const auto shared = read_object(folder / kSharedFile)) {
    for (const char* section : places.sections) {
      if (shared->has(section)) {
        return {shared->json().at(section), shared->origin() + ": " + section};
      }
    }
  }
  for (const char* file : places.files) {
    if (auto config = read_object(folder / file)) {
      return *std::move(config);
    }
  }
  fail(ErrorCode::not_found,
       "{} has neither {} nor \"{}\" in {}; the model's preprocessing is described there",
       display_path(folder), places.files.front(), places.sections.front(), kSharedFile);
}

bool ProcessorConfig::has(const std::string& key) const {
  return json_.contains(key) && !json_.at(key).is_null();
}

std::string ProcessorConfig::class_name(std::initializer_list<const char*> keys) const {
  constexpr std::string_view kFast = "Fast";
  for (const char* key : keys) {
    if (has(key)) {
      const auto name = json_value<std::string>(json_, key, origin_);
      return name.ends_with(kFast) ? name.substr(0, name.size() - kFast.size()) : name;
    }
  }
  fail_json_key(*keys.begin(), origin_, "is missing; it names the preprocessor's class");
}

bool ProcessorConfig::flag(const std::string& key, bool fallback) const {
  return json_value_or<bool>(json_, key, origin_, fallback);
}

int ProcessorConfig::whole(const std::string& key, int fallback, const WholeRange& range) const {
  const int value = json_value_or<int>(json_, key, origin_, fallback);
  require(value >= range.low && value <= range.high, ErrorCode::corrupt_data,
          "{}: \"{}\" is {}, expected {} to {}", origin_, key, value, range.low, range.high);
  return value;
}

double ProcessorConfig::number(const std::string& key, double fallback, const Range& range) const {
  const auto value = json_value_or<double>(json_, key, origin_, fallback);
  require(value >= range.low && value <= range.high, ErrorCode::corrupt_data,
          "{}: \"{}\" is {}, expected {} to {}", origin_, key, value, range.low, range.high);
  return value;
}

void ProcessorConfig::refuse_other_steps(
    std::initializer_list<std::string_view> implemented) const {
  for (const auto& [key, value] : json_.items()) {
    const bool known = std::find(implemented.begin(), implemented.end(), key) != implemented.end();
    require(!key.starts_with("do_") || known || value.is_null() || value == false,
            ErrorCode::unsupported, "{}: \"{}\" is {}; this step is not implemented", origin_, key,
            value.dump());
  }
}

}  // namespace ogam

#include "encoders/audio/audio_settings.h"

#include <algorithm>

namespace ogam {
namespace {

constexpr ProcessorConfig::WholeRange kRates = {1000, 384'000};
constexpr ProcessorConfig::WholeRange kLengths = {2, 1 << 16};

int even(const ProcessorConfig& config, const std::string& key, int value) {
  require(value % 2 == 0, ErrorCode::corrupt_data, "{}: \"{}\" is {}, expected an even number",
          config.origin(), key, value);
  return value;
}

}  // namespace

std::string demand_class(const ProcessorConfig& config, std::initializer_list<const char*> names) {
  auto name = config.class_name({"feature_extractor_type"});
  require(std::find(names.begin(), names.end(), name) != names.end(), ErrorCode::unsupported,
          "{}: sound is to be prepared by \"{}\"; this model needs \"{}\"", config.origin(), name,
          *names.begin());
  return name;
}

int sampling_rate(const ProcessorConfig& config, int fallback) {
  constexpr const char* kKey = "sampling_rate";
  return even(config, kKey, config.whole(kKey, fallback, kRates));
}

int fft_length(const ProcessorConfig& config, const std::string& key, int fallback) {
  return even(config, key, config.whole(key, fallback, kLengths));
}

}  // namespace ogam

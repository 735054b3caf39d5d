#include "decoders/text/rope_config.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <string_view>

#include "core/base/table.h"
#include "core/nn/rope.h"

namespace ogam {

namespace {

constexpr double kMaxTheta = 1e12;
constexpr double kMaxFactor = 1e6;
constexpr std::int64_t kMaxPositions = std::int64_t{1} << 24;

/// What the types share.
struct Reading {
  const ConfigReader& parameters;
  const RopeConfig::Defaults& defaults;
  double theta;
};

double factor_of(const Reading& reading) {
  return reading.parameters.number("factor", 1, kMaxFactor);
}

/// The length before the stretching.
double original_positions(const Reading& reading) {
  return static_cast<double>(reading.parameters.size(
      "original_max_position_embeddings", kMaxPositions, reading.defaults.max_position_embeddings));
}

void keep(const Reading& /*reading*/, RopeConfig& /*config*/) {}

void stretch_evenly(const Reading& reading, RopeConfig& config) {
  config.frequencies = config.frequencies / factor_of(reading);
}

/// NTK's base grows with sequences longer than `max_position_embeddings`, which are refused.
void stretch_as_it_grows(const Reading& reading, RopeConfig& /*config*/) { factor_of(reading); }

/// Low frequencies are divided by the factor, high ones kept, those between blended.
void stretch_as_llama3(const Reading& reading, RopeConfig& config) {
  const auto factor = factor_of(reading);
  const auto low = reading.parameters.number("low_freq_factor", 1e-6, kMaxFactor);
  const auto high = reading.parameters.number("high_freq_factor", 1e-6, kMaxFactor);
  require(low < high, ErrorCode::corrupt_data,
          "{}: \"low_freq_factor\" {} must be below \"high_freq_factor\" {}",
          reading.parameters.origin(), low, high);
  // How often each frequency turns within the original length.
  const auto turns = config.frequencies * (original_positions(reading) / (2 * std::numbers::pi));
  const auto kept = ((turns - low) / (high - low)).clamp(0, 1);
  config.frequencies = config.frequencies * ((1 - kept) / factor + kept);
}

/// The factor by which YaRN sharpens attention.
double yarn_sharpening(double factor, double multiplier) {
  return factor <= 1 ? 1.0 : 0.1 * multiplier * std::log(factor) + 1.0;
}

/// Channels that turn seldom within the original length are divided by the factor, those that turn
/// often kept, those between blended along a ramp.
void stretch_as_yarn(const Reading& reading, RopeConfig& config) {
  const ConfigReader& parameters = reading.parameters;
  const auto factor = factor_of(reading);
  const auto original = original_positions(reading);
  const auto fast = parameters.number("beta_fast", 1e-6, kMaxFactor, 32);
  const auto slow = parameters.number("beta_slow", 1e-6, kMaxFactor, 1);
  const bool whole = parameters.flag("truncate", true);
  const auto sharpening = parameters.number("mscale", 0, kMaxFactor, 0);
  const auto of_scores = parameters.number("mscale_all_dim", 0, kMaxFactor, 0);
  const auto size = static_cast<double>(reading.defaults.head_size);
  // The channel that turns so many times within the original length.
  const auto channel = [&](double turns) {
    return size * std::log(original / (turns * 2 * std::numbers::pi)) /
           (2 * std::log(reading.theta));
  };
  auto low = channel(fast);
  auto high = channel(slow);
  if (whole) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = std::max(low, 0.0);
  high = std::min(high, size - 1);
  if (low == high) {
    high += 0.001;  // as the reference does, lest the ramp have no length
  }
  const auto channels = at::arange(reading.defaults.head_size / 2, at::kFloat);
  const auto stretched = ((channels - low) / (high - low)).clamp(0, 1);
  config.frequencies = config.frequencies * (stretched / factor + (1 - stretched));
  const auto usual = sharpening > 0 && of_scores > 0
                         ? yarn_sharpening(factor, sharpening) / yarn_sharpening(factor, of_scores)
                         : yarn_sharpening(factor, 1);
  config.attention_factor = parameters.number("attention_factor", 0, kMaxFactor, usual);
  if (of_scores > 0) {
    config.score_factor = std::pow(yarn_sharpening(factor, of_scores), 2);
  }
  config.max_positions = std::max(
      config.max_positions, std::min(kMaxPositions, static_cast<std::int64_t>(factor * original)));
}

struct RopeTypeRow {
  std::string_view name;
  void (*stretch)(const Reading& reading, RopeConfig& config);
};

constexpr std::array kRopeTypes = {
    RopeTypeRow{"default", &keep},
    RopeTypeRow{"linear", &stretch_evenly},
    RopeTypeRow{"dynamic", &stretch_as_it_grows},
    RopeTypeRow{"llama3", &stretch_as_llama3},
    RopeTypeRow{"yarn", &stretch_as_yarn},
};

}  // namespace

RopeConfig RopeConfig::parse(const ConfigReader& parameters, const Defaults& defaults) {
  require(defaults.head_size % 2 == 0, ErrorCode::corrupt_data,
          "{}: heads of size {} have no pairs of channels to rotate", parameters.origin(),
          defaults.head_size);
  // Files of before have "type", some of today both.
  const auto type = parameters.text("rope_type", parameters.text("type", "default"));
  const Reading reading = {parameters, defaults,
                           parameters.number("rope_theta", 1 + 1e-6, kMaxTheta, defaults.theta)};
  parameters.demand_or_absent("partial_rotary_factor", 1.0);
  RopeConfig parsed;
  parsed.frequencies = rotary_frequencies(defaults.head_size, reading.theta);
  parsed.max_positions = defaults.max_position_embeddings;
  find_row(kRopeTypes, type, "rope_type", parameters.origin()).stretch(reading, parsed);
  parameters.refuse_unread();
  return parsed;
}

}  // namespace ogam

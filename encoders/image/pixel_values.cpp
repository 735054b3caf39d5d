#include "encoders/image/pixel_values.h"

#include <cmath>
#include <vector>

#include "core/base/error.h"

namespace ogam {
namespace {

constexpr double kLargest = 1e6;  // of what a configuration may scale by
constexpr double kSmallest = 1e-6;
constexpr auto kLastFilter = ResampleFilter::hamming;

/// One number for all channels, or a list of one for each.
ChannelValues channel_values(const ProcessorConfig& config, const std::string& key,
                             const ChannelValues& fallback) {
  if (!config.has(key)) {
    return fallback;
  }
  const Json& value = config.json().at(key);
  const auto values = value.is_number()
                          ? std::vector<double>(3, value.get<double>())
                          : json_value<std::vector<double>>(config.json(), key, config.origin());
  require(values.size() == 3, ErrorCode::corrupt_data,
          "{}: \"{}\" holds {} numbers, expected one for each of red, green and blue",
          config.origin(), key, values.size());
  for (const double number : values) {
    require(std::abs(number) <= kLargest, ErrorCode::corrupt_data,
            "{}: \"{}\" holds {}, expected {} at most", config.origin(), key, number, kLargest);
  }
  return {values[0], values[1], values[2]};
}

}  // namespace

PixelConfig PixelConfig::parse(const ProcessorConfig& config, const PixelConfig& defaults) {
  PixelConfig result;
  result.do_resize = config.flag("do_resize", defaults.do_resize);
  result.resample = static_cast<ResampleFilter>(config.whole(
      "resample", static_cast<int>(defaults.resample), {0, static_cast<int>(kLastFilter)}));
  result.do_rescale = config.flag("do_rescale", defaults.do_rescale);
  result.rescale_factor =
      config.number("rescale_factor", defaults.rescale_factor, {kSmallest, kLargest});
  result.do_normalize = config.flag("do_normalize", defaults.do_normalize);
  result.image_mean = channel_values(config, "image_mean", defaults.image_mean);
  result.image_std = channel_values(config, "image_std", defaults.image_std);
  for (const double deviation : result.image_std) {
    require(deviation != 0 || !result.do_normalize, ErrorCode::corrupt_data,
            "{}: \"image_std\" holds 0, by which nothing can be divided", config.origin());
  }
  return result;
}

PixelValues::PixelValues(const PixelConfig& config) {
  // The order of operations is the reference's, in its single precision.
  const auto unscale = static_cast<float>(config.do_rescale ? 1.0 / config.rescale_factor : 1.0);
  const auto scale = static_cast<float>(config.do_rescale ? config.rescale_factor : 1.0);
  for (std::size_t c = 0; c < values_.size(); ++c) {
    const float mean = static_cast<float>(config.image_mean[c]) * unscale;
    const float deviation = static_cast<float>(config.image_std[c]) * unscale;
    for (std::size_t sample = 0; sample < values_[c].size(); ++sample) {
      const auto value = static_cast<float>(sample);
      values_[c][sample] = config.do_normalize ? (value - mean) / deviation : value * scale;
    }
  }
}

}  // namespace ogam

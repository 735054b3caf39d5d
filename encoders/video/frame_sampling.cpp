#include "encoders/video/frame_sampling.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string>
#include <string_view>

namespace ogam {
namespace {

using Indices = std::vector<std::int64_t>;
using Rule = FrameSampling::Rule;
using Overflow = FrameSampling::Overflow;

constexpr int kMaxFrames = 65'536;
constexpr double kMinFps = 1e-3;
constexpr double kMaxFps = 1000;
constexpr double kMaxDuration = 1e6;  // seconds
constexpr std::int64_t kMaxVideoFrames = std::int64_t{1} << 32;

/// `count` numbers from 0 to `last` that lie equally far apart, computed as NumPy does.
std::vector<double> spaced(double last, std::int64_t count) {
  std::vector<double> values(static_cast<std::size_t>(count));
  const double step = count > 1 ? last / static_cast<double>(count - 1) : 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<double>(i) * step;
  }
  if (count > 1) {
    values.back() = last;
  }
  return values;
}

Indices all_frames(const VideoTiming& video) {
  require(video.frames <= kMaxFrames, ErrorCode::invalid_argument,
          "a video of {} frames is to be taken whole; at most {} are", video.frames, kMaxFrames);
  Indices indices(static_cast<std::size_t>(video.frames));
  std::iota(indices.begin(), indices.end(), 0);
  return indices;
}

void require_times(const FrameSampling& sampling, const VideoTiming& video) {
  require(sampling.fps && video.fps >= kMinFps && video.fps <= kMaxFps && video.duration >= 0 &&
              video.duration <= kMaxDuration,
          ErrorCode::invalid_argument,
          "frames at a rate are taken of a video whose times are known, got {} frames a second and "
          "{} seconds",
          video.fps, video.duration);
}

Indices embedding_gemma2(const FrameSampling& sampling, const VideoTiming& video) {
  require_times(sampling, video);
  const double step = video.fps / *sampling.fps;
  const auto count =
      std::max<std::int64_t>(1, static_cast<std::int64_t>(video.duration * *sampling.fps));
  const std::int64_t most =
      sampling.overflow ? std::int64_t{sampling.max_frames} : std::int64_t{kMaxFrames};
  std::vector<double> chosen;  // of the `count` frames at the rate
  if (sampling.overflow == Overflow::uniform && count > most) {
    chosen = spaced(static_cast<double>(count - 1), most);
  } else {
    require(sampling.overflow || count <= most, ErrorCode::invalid_argument,
            "{} frames are to be taken of a video; at most {} are", count, most);
    chosen.resize(static_cast<std::size_t>(std::min(count, most)));
    std::iota(chosen.begin(), chosen.end(), 0.0);
  }
  Indices indices;
  for (const double position : chosen) {
    indices.push_back(
        std::min(video.frames - 1, static_cast<std::int64_t>(std::floor(position) * step)));
  }
  return indices;
}

Indices gemma4(const FrameSampling& sampling, const VideoTiming& video) {
  std::int64_t count = sampling.num_frames.value_or(0);
  if (!sampling.num_frames) {
    if (!sampling.fps) {
      return all_frames(video);
    }
    require_times(sampling, video);
    count = std::max<std::int64_t>(1, static_cast<std::int64_t>(static_cast<double>(video.frames) /
                                                                video.fps * *sampling.fps));
  }
  require(count <= video.frames, ErrorCode::invalid_argument,
          "{} frames are to be taken of a video that has {}", count, video.frames);
  Indices indices;
  for (std::int64_t i = 0; i < count; ++i) {
    indices.push_back(i * video.frames / count);
  }
  return indices;
}

Indices qwen3_vl(const FrameSampling& sampling, const VideoTiming& video) {
  std::int64_t count = sampling.num_frames.value_or(0);
  if (!sampling.num_frames) {
    require_times(sampling, video);
    const double wanted = static_cast<double>(video.frames) / video.fps * *sampling.fps;
    count = std::max<std::int64_t>(static_cast<std::int64_t>(wanted), sampling.min_frames);
    count = std::min({count, std::int64_t{sampling.max_frames}, video.frames});
  }
  Indices indices;
  for (const double position : spaced(static_cast<double>(video.frames - 1), count)) {
    indices.push_back(static_cast<std::int64_t>(std::nearbyint(position)));
  }
  return indices;
}

Indices pe_video(const FrameSampling& sampling, const VideoTiming& video) {
  if (!sampling.num_frames) {
    return gemma4(sampling, video);  // the rule of the class that both derive from
  }
  const std::int64_t count = *sampling.num_frames;
  require(count > 1, ErrorCode::invalid_argument,
          "from the first frame to the last there are at least 2, got {}", count);
  Indices indices;
  for (std::int64_t i = 0; i < count; ++i) {
    indices.push_back(i * (video.frames - 1) / (count - 1));
  }
  return indices;
}

struct RuleRow {
  std::string_view name;
  Indices (*sample)(const FrameSampling&, const VideoTiming&);
  FrameSampling defaults;
};

/// By FrameSampling::Rule.
const std::array kRules = {
    RuleRow{"EmbeddingGemma2VideoProcessor",
            &embedding_gemma2,
            {.rule = Rule::embedding_gemma2,
             .fps = 1,
             .max_frames = 32,
             .overflow = Overflow::uniform}},
    RuleRow{"Gemma4VideoProcessor", &gemma4, {.rule = Rule::gemma4, .num_frames = 32}},
    RuleRow{"Qwen3VLVideoProcessor",
            &qwen3_vl,
            {.rule = Rule::qwen3_vl, .fps = 2, .min_frames = 4, .max_frames = 768}},
    RuleRow{"PeVideoVideoProcessor", &pe_video, {.rule = Rule::pe_video}},
};

std::optional<Overflow> parse_overflow(const ProcessorConfig& config,
                                       const std::optional<Overflow>& fallback) {
  constexpr const char* kKey = "overflow_strategy";
  if (!config.has(kKey)) {
    return fallback;
  }
  const auto name = json_value<std::string>(config.json(), kKey, config.origin());
  require(name == "uniform" || name == "truncate", ErrorCode::unsupported,
          "{}: \"{}\" is \"{}\", which is not implemented", config.origin(), kKey, name);
  return name == "uniform" ? Overflow::uniform : Overflow::truncate;
}

}  // namespace

FrameSampling FrameSampling::parse(const ProcessorConfig& config) {
  const auto name = config.class_name({"video_processor_type"});
  const auto* const row = std::find_if(kRules.begin(), kRules.end(),
                                       [&](const auto& entry) { return entry.name == name; });
  require(row != kRules.end(), ErrorCode::unsupported,
          "{}: frames are to be chosen by \"{}\", which is not implemented", config.origin(), name);
  FrameSampling result = row->defaults;
  if (config.has("fps")) {
    result.fps = config.number("fps", 0, {kMinFps, kMaxFps});
  }
  if (config.has("num_frames")) {
    result.num_frames = config.whole("num_frames", 0, {1, kMaxFrames});
  }
  require(!(result.fps && result.num_frames) || result.rule == Rule::pe_video,
          ErrorCode::unsupported, "{}: \"fps\" and \"num_frames\" exclude each other",
          config.origin());
  if (result.max_frames > 0) {
    result.max_frames = config.whole("max_frames", result.max_frames, {1, kMaxFrames});
    result.min_frames = config.whole("min_frames", result.min_frames, {1, kMaxFrames});
    result.overflow = parse_overflow(config, result.overflow);
  }
  return result;
}

std::vector<std::int64_t> sample_frames(const FrameSampling& sampling, const VideoTiming& video) {
  require(video.frames > 0 && video.frames <= kMaxVideoFrames, ErrorCode::invalid_argument,
          "frames cannot be chosen of a video that has {}", video.frames);
  return kRules[static_cast<std::size_t>(sampling.rule)].sample(sampling, video);
}

}  // namespace ogam

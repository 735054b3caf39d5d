#include "pipelines/understanding/loudness.h"

#include <algorithm>
#include <cmath>

#include "core/media/reader.h"

namespace ogam {

std::vector<double> measure_loudness(const std::filesystem::path& path,
                                     std::span<const TimeSpan> spans,
                                     const CancellationToken& cancellation,
                                     const std::function<void(Time, Time)>& on_time) {
  if (!probe_media(path).audio) {
    return {};
  }
  constexpr int kRate = 8000;
  ReadOptions options;
  options.frames.kind = FrameSelection::Kind::none;
  options.sample_rate = kRate;
  MediaReader reader(path, options);
  std::vector<double> squares(spans.size(), 0);
  std::vector<double> counts(spans.size(), 0);
  std::size_t at = 0;  // the first span that may still come
  while (const auto event = reader.next()) {
    cancellation.check();
    const auto* const chunk = std::get_if<AudioChunk>(&*event);
    if (chunk == nullptr) {
      continue;
    }
    for (std::size_t i = 0; i < chunk->samples.size(); ++i) {
      const Time time = chunk->time + static_cast<Time>(i) * kSecond / kRate;
      while (at < spans.size() && spans[at].end <= time) {
        ++at;
      }
      if (at < spans.size() && spans[at].contains(time)) {
        const double sample = chunk->samples[i];
        squares[at] += sample * sample;
        ++counts[at];
      }
    }
    if (on_time) {
      on_time(chunk->time, reader.info().duration);
    }
  }
  std::vector<double> loudness(spans.size(), kSilence);
  for (std::size_t i = 0; i < spans.size(); ++i) {
    if (squares[i] > 0) {
      loudness[i] = std::max(kSilence, 10 * std::log10(squares[i] / counts[i]));
    }
  }
  return loudness;
}

}  // namespace ogam

#pragma once

#include <filesystem>
#include <utility>
#include <variant>
#include <vector>

#include "core/media/reader.h"

namespace ogam::test {

/// What a reader gives of a video: of each frame its time and the luma in its middle, of the sound
/// every sample.
struct Content {
  MediaInfo info;
  std::vector<Time> times;
  std::vector<double> levels;
  std::vector<float> samples;
};

/// @param size that the frames are scaled to.
inline Content read_back(const std::filesystem::path& path, Size size, ReadOptions options = {}) {
  MediaReader reader(path, std::move(options));
  Content content{.info = reader.info(), .times = {}, .levels = {}, .samples = {}};
  while (const auto event = reader.next()) {
    if (const auto* chunk = std::get_if<AudioChunk>(&*event)) {
      content.samples.insert(content.samples.end(), chunk->samples.begin(), chunk->samples.end());
    } else {
      const auto& frame = std::get<VideoFrame>(*event);
      content.times.push_back(frame.time());
      const Picture picture = frame.picture(size, ColorMatrix::bt601);
      content.levels.push_back(
          picture.planes[0][static_cast<std::size_t>(size.width / 2 * (size.height + 1))]);
    }
  }
  return content;
}

}  // namespace ogam::test

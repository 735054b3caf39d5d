#pragma once

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "archive/archive.h"
#include "core/base/error.h"

namespace ogam::test {

inline Space visual_space() {
  return {"visual-space-0123456789abcdef", "pictures/posterior", Lane::visual, 32};
}
inline Space sound_space() {
  return {"sound-space-0123456789abcdef", "sounds/posterior", Lane::sound, 24};
}
inline Space speech_space() {
  return {"speech-space-0123456789abcdef", "texts/embedding", Lane::speech, 48};
}
inline Space text_space() {
  return {"text-space-0123456789abcdef", "texts/embedding", Lane::text, 48};
}

inline std::vector<Space> all_spaces() {
  return {visual_space(), sound_space(), speech_space(), text_space()};
}

/// A vector of length 1 that `seed` decides.
inline std::vector<float> unit_vector(int dimension, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(static_cast<std::size_t>(dimension));
  double square = 0;
  for (float& value : values) {
    value = normal(random);
    square += static_cast<double>(value) * value;
  }
  for (float& value : values) {
    value = static_cast<float>(value / std::sqrt(square));
  }
  return values;
}

/// A made-up video of `segments` segments of 2 s with one vector of each space in each; the vectors
/// depend on `number` and the segment only.
inline AssetRecord sample_asset(int number, std::size_t segments = 3) {
  AssetRecord asset;
  asset.id = "b3:" + std::to_string(1'000'000 + number);
  asset.path = "clips/" + std::to_string(number) + ".mp4";
  asset.kind = "video";
  asset.duration = static_cast<Time>(segments) * 2 * kSecond;
  asset.settings = "settings-1";
  for (std::size_t i = 0; i < segments; ++i) {
    const Time start = static_cast<Time>(i) * 2 * kSecond;
    asset.segments.push_back({start, start + 2 * kSecond});
    for (const Space& space : all_spaces()) {
      const auto seed =
          static_cast<unsigned>(number * 1000 + static_cast<int>(i) * 10 + space.lane);
      asset.vectors.push_back(
          {space.id, i, start + kSecond, unit_vector(space.dimension, seed), {}});
    }
  }
  return asset;
}

/// The visual vector of a segment of `sample_asset(number)`.
inline std::vector<float> sample_visual(int number, int segment) {
  return unit_vector(visual_space().dimension, static_cast<unsigned>(number * 1000 + segment * 10));
}

/// Adds a line of speech to a segment, with a word for each piece between spaces, 0.1 s apart.
inline void add_speech(AssetRecord& asset, std::size_t segment, const std::string& text,
                       Lane lane = Lane::speech) {
  WordsRecord words;
  words.lane = lane;
  words.segment = segment;
  words.text.span = asset.segments.at(segment);
  words.text.text = text;
  Time time = words.text.span.start;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t to = std::min(text.find(' ', from), text.size());
    words.text.words.push_back({{time, time + kSecond / 10}, text.substr(from, to - from), 0.9F});
    time += kSecond / 10;
    from = to + 1;
  }
  asset.words.push_back(std::move(words));
}

/// An asset of `kind` with one segment for each line of speech and no vectors.
inline AssetRecord spoken_asset(const std::string& id, const std::vector<std::string>& lines) {
  AssetRecord asset;
  asset.id = "b3:" + id;
  asset.path = "talks/" + id + ".mp4";
  asset.kind = "video";
  asset.duration = static_cast<Time>(lines.size()) * 5 * kSecond;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    asset.segments.push_back(
        {static_cast<Time>(i) * 5 * kSecond, static_cast<Time>(i + 1) * 5 * kSecond});
    add_speech(asset, i, lines[i]);
  }
  return asset;
}

/// What the archive says in an error when `action` is done; empty when it raises none.
template <typename Action>
std::string error_of(const Action& action, ErrorCode code) {
  try {
    action();
  } catch (const Error& error) {
    return error.code() == code ? error.what() : std::string("another code: ") + error.what();
  }
  return "";
}

}  // namespace ogam::test

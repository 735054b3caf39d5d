#pragma once

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "pipelines/understanding/material.h"

namespace ogam::test {

/// A direction near the one that `topic` decides, `noise` away from it.
inline std::vector<float> direction_of(unsigned topic, unsigned seed, float noise = 0.4F,
                                       int dimension = 64) {
  const auto random = [dimension](unsigned number) {
    std::mt19937 generator(number);
    std::normal_distribution<float> normal;
    std::vector<float> values(static_cast<std::size_t>(dimension));
    for (float& value : values) {
      value = normal(generator);
    }
    return values;
  };
  std::vector<float> values = random(topic * 7919 + 1);
  const std::vector<float> away = random(seed * 104'729 + 2);
  double square = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] += noise * away[i];
    square += static_cast<double>(values[i]) * values[i];
  }
  for (float& value : values) {
    value = static_cast<float>(value / std::sqrt(square));
  }
  return values;
}

/// A made-up video of segments of 5 s; nothing is in it yet.
inline AssetMaterial empty_video(Time duration) {
  AssetMaterial material;
  material.asset.id = "b3:1";
  material.asset.path = "talk.mp4";
  material.asset.kind = "video";
  material.asset.duration = duration;
  for (Time start = 0; start < duration; start += 5 * kSecond) {
    material.segments.push_back({{start, std::min(start + 5 * kSecond, duration)}, {}, {}});
  }
  return material;
}

/// Pictures of `topic` from `span.start` on, one a second.
inline void add_pictures(AssetMaterial& material, const TimeSpan& span, unsigned topic) {
  for (Time time = span.start; time < span.end; time += kSecond) {
    const auto segment = static_cast<std::size_t>(time / (5 * kSecond));
    const auto seed = static_cast<unsigned>(time / kSecond);
    material.pictures.push_back({time, segment, direction_of(topic, seed)});
  }
}

inline TimedSentence sentence(const TimeSpan& span, const std::string& text, unsigned topic = 0,
                              const std::string& language = "en") {
  static unsigned seed = 1000;
  return {.span = span,
          .text = text,
          .language = language,
          .lane = Lane::speech,
          .vector = direction_of(topic, ++seed),
          .record = {}};
}

}  // namespace ogam::test

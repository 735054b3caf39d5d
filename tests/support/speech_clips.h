#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/files.h"

namespace ogam::test {

/// 16 kHz samples of a recording from Debian's pocketsphinx-testdata: "0870" and its kin are
/// sentences of an audio book, other names are files below the data folder (.wav or .raw, 16-bit
/// mono).
/// @throws Error{unavailable} naming the package when it is not installed.
inline std::vector<float> speech_clip(const std::string& name) {
  const std::filesystem::path data = "/usr/share/pocketsphinx/test/data";
  const auto path =
      name.find('.') != std::string::npos
          ? data / name
          : data / "librivox" / ("sense_and_sensibility_01_austen_64kb-" + name + ".wav");
  require(std::filesystem::exists(path), ErrorCode::unavailable,
          "{} is missing: apt-get install pocketsphinx-testdata", display_path(path));
  const auto bytes = read_file(path, 16u << 20);
  const std::size_t header = path.extension() == ".wav" ? 44 : 0;
  std::vector<std::int16_t> values((bytes.size() - header) / 2);
  std::memcpy(values.data(), bytes.data() + header, values.size() * 2);
  std::vector<float> samples;
  for (const auto value : values) {
    samples.push_back(static_cast<float>(value) / 32768.0F);
  }
  return samples;
}

}  // namespace ogam::test

#pragma once

#include <string>
#include <vector>

namespace ogam {

/// What the FFmpeg libraries of this machine can read.
struct MediaCapabilities {
  std::string version;  ///< of libavcodec
  std::vector<std::string>
      codecs;  ///< of those that people's files use, the ones that can be decoded
  std::vector<std::string> missing;  ///< and the ones that cannot
};

MediaCapabilities media_capabilities();

}  // namespace ogam

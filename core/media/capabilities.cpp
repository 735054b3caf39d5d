#include "core/media/capabilities.h"

#include <fmt/format.h>

extern "C" {
#include <libavcodec/avcodec.h>
}

#include <array>

namespace ogam {

MediaCapabilities media_capabilities() {
  constexpr std::array kCommon = {AV_CODEC_ID_H264,       AV_CODEC_ID_HEVC,   AV_CODEC_ID_VP8,
                                  AV_CODEC_ID_VP9,        AV_CODEC_ID_AV1,    AV_CODEC_ID_MPEG4,
                                  AV_CODEC_ID_MPEG2VIDEO, AV_CODEC_ID_PRORES, AV_CODEC_ID_AAC,
                                  AV_CODEC_ID_MP3,        AV_CODEC_ID_OPUS,   AV_CODEC_ID_VORBIS,
                                  AV_CODEC_ID_FLAC,       AV_CODEC_ID_AC3};
  MediaCapabilities capabilities;
  const unsigned version = avcodec_version();
  capabilities.version = fmt::format("libavcodec {}.{}.{}", AV_VERSION_MAJOR(version),
                                     AV_VERSION_MINOR(version), AV_VERSION_MICRO(version));
  for (const AVCodecID codec : kCommon) {
    const bool known = avcodec_find_decoder(codec) != nullptr;
    (known ? capabilities.codecs : capabilities.missing).emplace_back(avcodec_get_name(codec));
  }
  return capabilities;
}

}  // namespace ogam

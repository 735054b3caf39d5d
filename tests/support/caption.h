#pragma once

#include <cstdio>
#include <fstream>
#include <string>

#include "core/base/error.h"
#include "core/media/image.h"
#include "tests/support/temporary_folder.h"

namespace ogam::test {

struct Caption {
  std::string text;
  int size = 40;                ///< of the font, in pixels
  std::string ink = "white";    ///< a colour as FFmpeg names it
  std::string paper = "black";  ///< likewise
  std::string outline = {};     ///< likewise; none when empty
  std::string source = {};      ///< a source filter of FFmpeg; a plain `paper` when empty
  int left = 100;
  int top = 400;
  Size picture = {1280, 720};
};

/// A picture with a caption in it, drawn by FFmpeg in NanumGothic.
inline Image draw_caption(const Caption& caption) {
  const TemporaryFolder folder;
  std::ofstream(folder / "caption.txt") << caption.text;
  const std::string source =
      caption.source.empty() ? fmt::format("color=c={}:", caption.paper) : caption.source + "=";
  const std::string outline =
      caption.outline.empty() ? "" : fmt::format(":borderw=3:bordercolor={}", caption.outline);
  const std::string command = fmt::format(
      "ffmpeg -v error -f lavfi -i '{}s={}x{}' -vf "
      "'drawtext=expansion=none:font=NanumGothic:textfile={}:fontsize={}:fontcolor={}:x={}:y={}{}' "
      "-frames:v 1 -f rawvideo -pix_fmt rgb24 -",
      source, caption.picture.width, caption.picture.height, (folder / "caption.txt").string(),
      caption.size, caption.ink, caption.left, caption.top, outline);
  Image image{caption.picture.width, caption.picture.height, {}};
  image.pixels.resize(static_cast<std::size_t>(image.width) *
                      static_cast<std::size_t>(image.height) * 3);
  std::FILE* const pipe = ::popen(command.c_str(), "r");
  require(pipe != nullptr, ErrorCode::internal, "cannot run ffmpeg");
  const std::size_t seen = std::fread(image.pixels.data(), 1, image.pixels.size(), pipe);
  require(::pclose(pipe) == 0 && seen == image.pixels.size(), ErrorCode::internal,
          "ffmpeg did not draw the caption: {}", command);
  return image;
}

}  // namespace ogam::test

#include "apps/ogam/thumbnails.h"

#include <algorithm>
#include <string>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/logging.h"
#include "core/media/image_file.h"
#include "core/media/kind.h"
#include "pipelines/media_sampling.h"

namespace ogam {

namespace {

constexpr int kLongSide = 480;

Image scaled_down(const Image& image) {
  const int side = std::max(image.width, image.height);
  if (side <= kLongSide) {
    return image;
  }
  return resize(
      image,
      {std::max(1, image.width * kLongSide / side), std::max(1, image.height * kLongSide / side)},
      Interpolation::area);
}

Image picture_of(const Moment& moment) {
  if (moment.kind == media_kind_name(MediaKind::image)) {
    return read_image(moment.path);
  }
  const auto visual = moment.lanes.find(Lane::visual);
  const Time time = visual != moment.lanes.end() ? visual->second.time : moment.span.middle();
  return sample_frames(moment.path, TimeSpan{time, time + 1}, 1).front();
}

/// "01-film.mp4.jpg", short enough for every file system.
std::string thumbnail_name(const Moment& moment) {
  constexpr std::size_t kLongest = 180;
  const std::string name = display_path(moment.path.filename());
  return fmt::format("{:02}-{}.jpg", moment.rank,
                     name.size() <= kLongest ? name : display_path(name.substr(0, kLongest)));
}

}  // namespace

void write_thumbnails(const SearchResult& result, const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  require(!error, ErrorCode::not_found, "cannot make the folder {}: {}", display_path(folder),
          error.message());
  for (const Moment& moment : result.moments) {
    if (moment.kind != media_kind_name(MediaKind::image) &&
        moment.kind != media_kind_name(MediaKind::video)) {
      continue;
    }
    try {
      write_image(folder / thumbnail_name(moment), scaled_down(picture_of(moment)));
    } catch (const Error& failure) {
      log_warning("no thumbnail of {}: {}", display_path(moment.path), describe(failure));
    }
  }
}

}  // namespace ogam

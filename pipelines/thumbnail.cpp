#include "pipelines/thumbnail.h"

#include <algorithm>

#include "core/media/image_file.h"
#include "core/media/kind.h"
#include "pipelines/media_sampling.h"

namespace ogam {

namespace {

Image picture_of(const Moment& moment) {
  if (moment.kind == media_kind_name(MediaKind::image)) {
    return read_image(moment.path);
  }
  const auto visual = moment.lanes.find(Lane::visual);
  const Time time = visual != moment.lanes.end() ? visual->second.time : moment.span.middle();
  return sample_frames(moment.path, TimeSpan{time, time + 1}, 1).front();
}

}  // namespace

bool has_thumbnail(const Moment& moment) {
  return moment.kind == media_kind_name(MediaKind::image) ||
         moment.kind == media_kind_name(MediaKind::video);
}

Image thumbnail(const Moment& moment, int long_side) {
  Image image = picture_of(moment);
  const int side = std::max(image.width, image.height);
  if (side <= long_side) {
    return image;
  }
  return resize(
      image,
      {std::max(1, image.width * long_side / side), std::max(1, image.height * long_side / side)},
      Interpolation::area);
}

}  // namespace ogam

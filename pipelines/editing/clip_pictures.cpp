#include "pipelines/editing/clip_pictures.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <variant>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/media/text_overlay.h"

namespace ogam {

namespace {

int even(double side) { return std::max(2, 2 * static_cast<int>(std::lround(side / 2))); }

int even_offset(double offset) { return 2 * static_cast<int>(std::lround(offset / 2)); }

}  // namespace

ClipPictures::ClipPictures(const EditPlan& plan, const PlannedClip& clip, const Part& part)
    : plan_(plan), clip_(clip), part_(part) {}

void ClipPictures::open() {
  ReadOptions options{
      .frames = {.kind = FrameSelection::Kind::at_times}, .audio = false, .threads = part_.threads};
  for (std::int64_t i = 0; i < part_.count; ++i) {
    options.frames.times.push_back(clip_.time_of(part_.first + i, plan_.rate));
  }
  options.from = clip_.source.span.start + plan_.rate.time_of(part_.first);
  reader_.emplace(clip_.source.path, std::move(options));
}

/// Goes on to the frame that is shown at a time.
void ClipPictures::advance(Time time) {
  while (reader_ && (!shown_ || !after_ || after_->time() <= time)) {
    if (after_) {
      shown_ = std::move(after_);
      after_.reset();
    }
    if (auto event = reader_->next()) {
      std::optional<VideoFrame>& place = shown_ ? after_ : shown_;
      place = std::get<VideoFrame>(std::move(*event));
    } else {
      reader_.reset();
    }
  }
}

/// The picture of a clip that has none: its title on black.
const Picture& ClipPictures::card() {
  if (!card_) {
    card_ = black_picture(plan_.size);
    if (!clip_.source.title.empty()) {
      TextOverlay(
          plan_.size,
          {{.span = {0, kSecond}, .text = clip_.source.title, .place = OverlayText::Place::middle}})
          .draw(*card_, 0);
    }
  }
  return *card_;
}

Picture ClipPictures::next() {
  if (clip_.shown == Size{}) {
    return card();
  }
  if (given_ == 0) {
    open();
  }
  const Time time = clip_.time_of(part_.first + given_++, plan_.rate);
  advance(time);
  require(shown_.has_value(), ErrorCode::corrupt_data, "{} has no picture at {:.3f} s",
          display_path(clip_.source.path), to_seconds(time));
  return fit(*shown_, time);
}

/// The picture scaled to the new video's size: as a whole on black, or cut out.
Picture ClipPictures::fit(const VideoFrame& frame, Time time) const {
  const Size size = plan_.size;
  const double across = static_cast<double>(size.width) / clip_.shown.width;
  const double down = static_cast<double>(size.height) / clip_.shown.height;
  const double scale = plan_.vertical ? std::max(across, down) : std::min(across, down);
  // The side that sets the scale is the new video's, exactly.
  const bool by_width = scale == across;
  const Size scaled = {by_width ? size.width : even(clip_.shown.width * scale),
                       by_width ? even(clip_.shown.height * scale) : size.height};
  const double place = part_.subject == nullptr ? 0.5 : part_.subject->place_at(time);
  return ogam::place(frame.picture(scaled, plan_.matrix), size,
                     {even_offset((size.width - scaled.width) * place),
                      even_offset((size.height - scaled.height) * place)});
}

}  // namespace ogam

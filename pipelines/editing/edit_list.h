#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/time.h"
#include "core/media/frame_rate.h"

namespace ogam {

/// A CMX 3600 edit decision list: spans of files, one after another. An event is as long in the
/// list as in its file, to the frame, and one frame at least.
class EditList {
 public:
  /// @param rate of the time codes, which count whole frames a second: 30 where it is 29.97,
  /// without
  ///     dropping any.
  explicit EditList(std::string title, const FrameRate& rate = {});

  /// @param fade how long the event before goes over into this one; 0: a cut.
  void add(const std::filesystem::path& path, const TimeSpan& span, Time fade = 0);

  /// The same for a card, which is in no file.
  void add_card(const std::string& title, Time duration, Time fade = 0);

  std::string text() const;

 private:
  /// Frames [start, end) of a file.
  struct Event {
    std::string reel;
    std::string name;
    std::int64_t start = 0;
    std::int64_t end = 0;
    std::int64_t fade = 0;
  };

  std::string title_;
  FrameRate rate_;
  std::vector<Event> events_;
};

}  // namespace ogam

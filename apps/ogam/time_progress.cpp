#include "apps/ogam/time_progress.h"

namespace ogam {

TimeProgress::TimeProgress(ProgressBar& bar, const std::filesystem::path& path) : bar_(bar) {
  event_.path = path;
  event_.files_total = 1;
}

void TimeProgress::show(Time done, Time total) {
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  event_.time_done = done;
  event_.time_total = total;
  event_.realtime = seconds > 1 ? to_seconds(done) / seconds : 0;
  event_.seconds_left =
      event_.realtime > 0 && total > done ? to_seconds(total - done) / event_.realtime : 0;
  bar_.show(event_);
}

}  // namespace ogam

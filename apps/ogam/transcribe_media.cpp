#include "apps/ogam/transcribe_media.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "apps/ogam/progress_bar.h"
#include "apps/ogam/run_verb.h"
#include "apps/ogam/time_progress.h"
#include "core/base/error.h"
#include "core/base/files.h"

namespace ogam {

Transcript transcribe_media(const CommonOptions& common, const Pack& pack,
                            const std::filesystem::path& path, TranscriptionOptions options) {
  const PackLane* const lane = pack.manifest().lane(Lane::speech);
  require(lane != nullptr, ErrorCode::unavailable, "the pack {} has no model for speech",
          pack.manifest().name);
  const auto recognizer = pack.speech_recognizer(*lane);
  ThreadBudget budget(common.threads);
  options.workers = std::min(budget.size(), 64);  // what a recogniser takes
  recognizer->check(options);
  ProgressBar bar(common);
  TimeProgress progress(bar, path);
  Transcript transcript =
      transcribe_file(recognizer, path, options, &budget, cancellation_by_signals(),
                      [&](Time done, Time total) { progress.show(done, total); });
  bar.clear();
  if (const std::string damage = describe_damage(transcript.report);
      !damage.empty() && !common.quiet) {
    fmt::print(stderr, "{}: {}\n", display_path(path), damage);
  }
  return transcript;
}

}  // namespace ogam

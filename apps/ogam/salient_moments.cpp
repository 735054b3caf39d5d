#include "apps/ogam/salient_moments.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>

#include "apps/ogam/console.h"
#include "apps/ogam/progress_bar.h"
#include "apps/ogam/run_verb.h"
#include "apps/ogam/time_progress.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "pipelines/understanding/loudness.h"

namespace ogam {

namespace {

/// What the file's sound tells beyond the archive; nothing when the file is no longer there.
std::vector<double> loudness_of(const CommonOptions& common, const AssetMaterial& material) {
  const std::filesystem::path& path = material.asset.path;
  std::vector<TimeSpan> spans;
  for (const SegmentMaterial& segment : material.segments) {
    spans.push_back(segment.span);
  }
  ProgressBar bar(common);
  TimeProgress progress(bar, path);
  try {
    return measure_loudness(path, spans, cancellation_by_signals(),
                            [&](Time done, Time total) { progress.show(done, total); });
  } catch (const Error& error) {
    bar.clear();
    if (!common.quiet) {
      fmt::print(stderr, "How loud it is could not be measured and is left out: {}\n",
                 printable(describe(error)));
    }
    return {};
  }
}

}  // namespace

std::vector<Highlight> salient_moments(const CommonOptions& common, const AssetMaterial& material,
                                       const HighlightChoice& choice) {
  const bool has_time = material.asset.duration > 0;
  return find_salient(material, has_time ? loudness_of(common, material) : std::vector<double>(),
                      choice);
}

}  // namespace ogam

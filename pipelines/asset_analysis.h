#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "archive/archive.h"
#include "core/base/thread_budget.h"
#include "core/media/kind.h"
#include "pipelines/indexing.h"
#include "pipelines/input_files.h"
#include "pipelines/pack.h"

namespace ogam {

class TesseractReader;

/// What was found in one file.
struct AssetAnalysis {
  AssetRecord record;              ///< everything but its id and its settings
  std::vector<std::string> notes;  ///< for people: damaged packets, no sound, ...
};

/// Turns files into what the archive keeps: one decode pass feeds every lane that the pack has a
/// model for.
class AssetAnalyzer {
 public:
  /// Notes, once, which of the asked lanes the pack cannot serve.
  /// @param options must outlive the analyzer.
  /// @throws Error{invalid_argument} when the pack's recogniser does not know the language that was
  ///     asked for, or a fused lane is asked for without any of those that it joins.
  AssetAnalyzer(Pack pack, const IndexOptions& options);
  ~AssetAnalyzer();

  /// Lanes that were asked for and have no model in the pack.
  const std::vector<Lane>& missing_lanes() const { return missing_lanes_; }

  /// Identity of everything that decides what is stored for a file of this kind.
  std::string settings_for(const InputFile& file) const;

  /// @param on_time called now and then with the media time read so far and the duration.
  /// @throws Error for a file that cannot be read, Cancelled on request.
  AssetAnalysis analyze(const InputFile& file, MediaKind kind,
                        const std::function<void(Time, Time)>& on_time);

 private:
  struct Collected;

  void analyze_media(const InputFile& file, MediaKind kind, Collected& collected,
                     const std::function<void(Time, Time)>& on_time);
  void analyze_image(const InputFile& file, Collected& collected);
  void analyze_text(const InputFile& file, Collected& collected);
  void analyze_subtitles(const InputFile& file, Collected& collected);
  /// Places words and vectors into segments and gives words their vectors.
  void assemble(Collected& collected, AssetRecord& record);
  /// @throws Error{invalid_argument} when a fused lane is wanted and none of those that it joins.
  void check_fusion() const;
  const PackLane* wanted(Lane lane) const;
  /// The fused lane where an encoder makes it of the file itself, not a fusion of other lanes.
  const PackLane* fused_by_encoder() const;

  Pack pack_;
  const IndexOptions& options_;
  std::vector<Lane> missing_lanes_;
  ThreadBudget budget_;
  std::unique_ptr<TesseractReader> picture_reader_;  // made when the first picture comes
};

}  // namespace ogam

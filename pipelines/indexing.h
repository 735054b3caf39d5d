#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "archive/archive.h"
#include "core/base/cancellation.h"
#include "core/base/progress.h"
#include "core/media/limits.h"
#include "pipelines/pack.h"

namespace ogam {

/// How an asset's time is cut into segments.
struct [[gnu::visibility("default")]] SegmentRule {
  enum class Kind { shots, fixed };
  Kind kind = Kind::shots;
  Time length = 10 * kSecond;  ///< of fixed segments; longer shots are split into equal parts

  /// Reads "shots" or "fixed:SECONDS".
  /// @throws Error{invalid_argument}.
  static SegmentRule parse(const std::string& text);
  std::string name() const;
};

enum class FileStatus { indexed, planned, skipped, failed };

[[gnu::visibility("default")]] std::string_view file_status_name(FileStatus status);

/// What became of one file.
struct FileReport {
  std::filesystem::path path;
  FileStatus status = FileStatus::indexed;
  std::string asset;
  std::string kind;
  Time duration = 0;
  std::size_t segments = 0;
  std::map<std::string, std::size_t> vectors;  ///< by lane name
  std::map<std::string, std::size_t> words;    ///< words by lane name: "speech", "text"
  double seconds = 0;                          ///< of work
  std::vector<std::string> notes;  ///< damaged packets, lanes left out, a file that moved
  std::optional<ErrorCode> error;
  std::string message;  ///< of the error
};

struct IndexOptions {
  std::vector<Lane> lanes = Lane::all();
  std::string language = "auto";  ///< of the speech; ISO 639-1
  SegmentRule segments{};
  double sample_fps = 1;  ///< frames a second that are looked at and read, 0.001 to 60
  /// Marks of the files. What an asset was tagged with before stays, unless a tag of the same name
  /// takes its place.
  std::map<std::string, std::string> tags{};
  bool force = false;    ///< index again what is there already
  bool dry_run = false;  ///< only say what would be done
  int threads = 0;       ///< 0: one per core
  MediaLimits limits{};
  ProgressCallback on_progress{};
  std::function<void(const FileReport&)> on_file{};
  CancellationToken cancellation{};
};

struct IndexReport {
  std::size_t indexed = 0;
  std::size_t planned = 0;  ///< what a dry run would index
  std::size_t skipped = 0;
  std::size_t failed = 0;
  Time duration = 0;  ///< media time that was indexed
  double seconds = 0;
  bool cancelled = false;  ///< what was finished before is kept
  std::vector<std::string> notes;
};

/// Adds files and folders to an archive, each file in one transaction of its own; a file that fails
/// is reported and the others go on.
///
/// A file whose content is already indexed with the same settings is skipped; one that lies
/// elsewhere than before is noted under its new path. A file that changes while it is read fails.
/// Subtitles beside a video (same name, .srt, .vtt or .smi) are its speech. Both callbacks come
/// from the calling thread; what they throw ends the run. A request to stop is no error, see
/// IndexReport::cancelled.
/// @throws Error{invalid_argument} for options that make no sense. What would fail every file ends
///     the run, after the file at work was reported: Error{resource_exhausted} when the disk is
///     full, Error{unavailable} when a model is missing, Error{inaccessible} when the archive
///     cannot be written.
[[gnu::visibility("default")]] IndexReport index(Archive& archive, const Pack& pack,
                                                 const std::vector<std::filesystem::path>& inputs,
                                                 const IndexOptions& options = {});

}  // namespace ogam

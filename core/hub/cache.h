#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/base/cancellation.h"
#include "core/base/descriptor.h"
#include "core/hub/model_id.h"

namespace ogam::hub {

/// The folder of one model in the cache, laid out as Python's huggingface_hub does:
///
///     models--org--name/blobs/<etag>                  contents, by hash
///                       blobs/<etag>.incomplete       a part of one, to go on with
///                       refs/<revision>               the commit that a branch or tag meant
///                       snapshots/<commit>/<path>     links to ../../blobs/<etag>
///     .locks/models--org--name/<etag>.lock            held while a blob is written
class ModelCache {
 public:
  ModelCache(const std::filesystem::path& cache, const ModelId& id);

  std::filesystem::path snapshot(const std::string& commit) const;
  std::filesystem::path blob(const std::string& etag) const;
  std::filesystem::path lock(const std::string& etag) const;

  /// The commit that a revision meant when it was fetched last; nothing when it never was.
  std::optional<std::string> commit_of(const std::string& revision) const;

  /// Whether a snapshot holds the file with this size.
  bool has_file(const std::string& commit, const std::string& path, std::uint64_t size) const;

  /// Whether there is a whole blob of this size.
  bool has_blob(const std::string& etag, std::uint64_t size) const;

  /// Makes the snapshot's entry for a blob that is there; replaces another one.
  /// @throws Error{inaccessible, resource_exhausted}.
  void link_file(const std::string& commit, const std::string& path, const std::string& etag) const;

  /// Remembers which commit a revision means.
  void write_ref(const std::string& revision, const std::string& commit) const;

 private:
  std::filesystem::path folder_;
  std::filesystem::path locks_;
};

/// Makes a folder and those above it. @throws Error{inaccessible, resource_exhausted}.
void make_folders(const std::filesystem::path& folder);

/// A lock between processes, and between the threads of one: held until the end of the scope, or of
/// the process. The file stays, as huggingface_hub's does.
class FileLock {
 public:
  /// Waits for its turn. @throws Error{inaccessible}, Cancelled.
  FileLock(const std::filesystem::path& path, const CancellationToken& cancel);

 private:
  Descriptor file_;
};

/// What a snapshot lacks to be used: config.json, weights, shards that an index names, and entries
/// whose blob is gone.
std::vector<std::string> missing_files(const std::filesystem::path& snapshot);

}  // namespace ogam::hub

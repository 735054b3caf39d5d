#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/cancellation.h"
#include "core/base/progress.h"
#include "core/pack/manifest.h"

namespace ogam {

/// A pack's folder while it is made: beside where it will lie, under a name that no pack has. It
/// is gone with the object unless `publish` gave it its name.
class PackFolder {
 public:
  /// @param target OGAM_HOME/packs/NAME.
  /// @throws Error{inaccessible, resource_exhausted}.
  explicit PackFolder(const std::filesystem::path& target);
  ~PackFolder();
  PackFolder(const PackFolder&) = delete;
  PackFolder& operator=(const PackFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

  /// Brings a file in under a path relative to the folder: as a hard link, or as a copy where the
  /// file system has none between the two places.
  /// @throws Error{not_found, inaccessible, resource_exhausted}, Cancelled.
  void bring(const std::filesystem::path& file, const std::filesystem::path& to,
             const CancellationToken& cancellation) const;

  /// Takes the pack's place, and that of one that lies there if `replace` says so.
  /// @throws Error{inaccessible, resource_exhausted}.
  void publish(bool replace);

 private:
  std::filesystem::path target_;
  std::filesystem::path path_;
};

/// The files of a model folder that ogam can use and that a licence asks for, relative to it.
/// @throws Error{invalid_argument} when it is no model folder or holds too many files.
std::vector<std::filesystem::path> model_files(const std::filesystem::path& folder);

/// Fills in size and sha256 of files that lie in a folder.
/// @throws Error as of reading, Cancelled.
void hash_files(const std::filesystem::path& folder, const std::vector<PackFile*>& files,
                const ProgressCallback& on_progress, const CancellationToken& cancellation);

}  // namespace ogam

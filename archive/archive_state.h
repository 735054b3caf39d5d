#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "archive/archive.h"
#include "archive/background.h"
#include "archive/database.h"
#include "archive/snapshot.h"
#include "archive/vector_store.h"
#include "archive/writer_lock.h"

namespace ogam {

/// What an open archive keeps. One thread at a time works on it.
struct ArchiveState {
  ArchiveState(std::filesystem::path archive_folder, Database catalog)
      : folder(std::move(archive_folder)),
        database(std::move(catalog)),
        store(folder / "vectors") {}

  /// Takes the writer's lock and removes what a killed writer left, unless this was done before.
  /// @throws Error{inaccessible} when another process is writing or nothing can be written.
  void become_writer();

  /// Removes vector files and parts of them that the catalog does not know; the lock is held.
  void clean();

  /// The snapshot of the current generation; call inside a transaction.
  Snapshot& current_snapshot();

  /// The background of a space, measured when the archive has changed; call inside a transaction.
  const Background& background_of(const SpaceRow& space);

  /// The same for queries that are compared with the content's own scores. Measured by each process
  /// anew: it takes no longer than a search.
  const Background& own_background_of(const SpaceRow& space);

  /// Keeps measured backgrounds for the next process, if the archive can be written just now.
  void save_backgrounds() noexcept;

  std::filesystem::path folder;
  std::unique_ptr<WriterLock> lock;  // given back last
  Database database;
  VectorStore store;
  Snapshot snapshot;
  std::map<std::int64_t, Background> backgrounds;  // by space row, of the snapshot's generation
  std::vector<SpaceRow> unsaved_backgrounds;
  std::map<std::int64_t, Background> own_backgrounds;  // in the same way
  std::mutex mutex;
};

}  // namespace ogam

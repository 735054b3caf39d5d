#include "archive/archive_state.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/base/logging.h"

namespace ogam {

void ArchiveState::become_writer() {
  if (lock != nullptr) {
    return;
  }
  require(!database.read_only(), ErrorCode::inaccessible,
          "the archive {} cannot be written to; check who owns the folder and its files",
          display_path(folder));
  lock = std::make_unique<WriterLock>(folder);
  clean();
}

void ArchiveState::clean() {
  std::map<std::string, std::size_t> committed;
  Transaction transaction(database, Transaction::Kind::writing);
  // Files whose assets were all removed; what fails to be unlinked below is unlinked the next time.
  database.execute(
      "DELETE FROM vector_files WHERE NOT EXISTS "
      "(SELECT 1 FROM extents WHERE extents.file = vector_files.id)");
  for (const FileRow& file : read_files(database)) {
    committed.emplace(file.name, file.bytes);
  }
  transaction.commit();
  store.clean(committed);
}

Snapshot& ArchiveState::current_snapshot() {
  if (read_generation(database) != snapshot.generation) {
    snapshot = read_snapshot(database);
    backgrounds.clear();
    own_backgrounds.clear();
    unsaved_backgrounds.clear();
  }
  return snapshot;
}

const Background& ArchiveState::background_of(const SpaceRow& space) {
  if (const auto found = backgrounds.find(space.row); found != backgrounds.end()) {
    return found->second;
  }
  auto background = read_background(database, space, snapshot.generation);
  if (!background.has_value()) {
    background = measure_background(content_of(snapshot, space, database, store),
                                    read_background_queries(database, space));
    unsaved_backgrounds.push_back(space);
  }
  return backgrounds.emplace(space.row, *background).first->second;
}

const Background& ArchiveState::own_background_of(const SpaceRow& space) {
  if (const auto found = own_backgrounds.find(space.row); found != own_backgrounds.end()) {
    return found->second;
  }
  return own_backgrounds
      .emplace(space.row, measure_own_background(content_of(snapshot, space, database, store)))
      .first->second;
}

void ArchiveState::save_backgrounds() noexcept {
  if (unsaved_backgrounds.empty() || database.read_only()) {
    return;
  }
  try {
    // Not content: the row is only a note of what can be measured again, so no writer's lock.
    Transaction transaction(database, Transaction::Kind::writing);
    for (const SpaceRow& space : unsaved_backgrounds) {
      write_background(database, space, snapshot.generation, backgrounds.at(space.row));
    }
    transaction.commit();
  } catch (const std::exception& error) {
    log_info("measured backgrounds were not kept: {}", error.what());
  }
  unsaved_backgrounds.clear();
}

}  // namespace ogam

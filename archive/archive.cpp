#include "archive/archive.h"

#include <unistd.h>

#include <algorithm>
#include <set>

#include "archive/archive_state.h"
#include "archive/asset_check.h"
#include "archive/schema.h"
#include "archive/search.h"
#include "archive/vector_scan.h"
#include "archive/verify.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/logging.h"

namespace ogam {

namespace fs = std::filesystem;

namespace {

constexpr const char* kCatalog = "catalog.sqlite";

/// Refuses to scatter an archive's files among a person's own, and to begin anew where the catalog
/// of an archive was lost.
void check_new_folder(const fs::path& folder) {
  static const std::set<std::string> kOurs = {"writer.lock",        "vectors",
                                              "catalog.sqlite",     "catalog.sqlite-wal",
                                              "catalog.sqlite-shm", "catalog.sqlite-journal"};
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    require(kOurs.contains(entry->path().filename().string()), ErrorCode::invalid_argument,
            "{} is no archive and not empty; name a new folder for the archive",
            display_path(folder));
  }
  require(!error, ErrorCode::inaccessible, "cannot read the folder {}: {}", display_path(folder),
          error.message());
  require(!fs::exists(folder / "vectors") || fs::is_empty(folder / "vectors"),
          ErrorCode::corrupt_data,
          "the archive {} has vectors but its {} is missing or cut off; put that file back, or "
          "remove the folder and index again",
          display_path(folder), kCatalog);
}

/// Whether a catalog holds anything; SQLite takes a file without a whole page for an empty one.
bool has_content(const fs::path& catalog) {
  constexpr std::uintmax_t kSmallestPage = 512;
  std::error_code error;
  const std::uintmax_t size = fs::file_size(catalog, error);
  require(error || size == 0 || size >= kSmallestPage, ErrorCode::corrupt_data,
          "{} is damaged: it has {} bytes", display_path(catalog), size);
  return !error && size > 0;
}

/// Makes a folder and those above it, each durable in the one that holds it.
void make_folder(const fs::path& folder) {
  std::error_code error;
  const auto check = [&](bool done) {
    require(done && !error, ErrorCode::inaccessible,
            "cannot make the folder {}: {}; check that the folder above may be written to",
            display_path(folder), error ? error.message() : "something else has this name");
  };
  const fs::path whole = fs::absolute(folder, error);
  check(true);
  std::vector<fs::path> missing;  // the innermost first
  for (fs::path at = whole; !fs::exists(at, error) && !error; at = at.parent_path()) {
    missing.push_back(at);
  }
  check(true);
  for (auto at = missing.rbegin(); at != missing.rend(); ++at) {
    fs::create_directory(*at, error);
    check(true);
    sync_folder(at->parent_path());
  }
  const bool is_folder = fs::is_directory(whole, error);
  check(is_folder);
}

/// A catalog in the way that this process and this disk allow: for writing, else for reading.
Database open_catalog(const fs::path& file) {
  using Mode = Database::Mode;
  const bool writable = ::access(file.parent_path().c_str(), W_OK) == 0;
  for (const Mode mode : {Mode::write, Mode::read}) {
    try {
      Database database(file, mode);
      check_schema(database);
      return database;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::inaccessible || (mode == Mode::read && writable)) {
        throw;
      }
    }
  }
  // Write-ahead logging wants to write beside the file even to read it. Where nobody can write,
  // nothing changes either, unless a log was left that has to be read first.
  std::error_code error;
  const auto log_bytes = fs::file_size(file.native() + "-wal", error);
  require(error || log_bytes == 0, ErrorCode::inaccessible,
          "{} has changes that were never finished and its folder cannot be written to; copy the "
          "archive to a place where it can",
          display_path(file));
  Database database(file, Mode::immutable);
  check_schema(database);
  return database;
}

/// Whether more may be written behind what a file has. Indexing again is what mends a damaged file:
/// what comes anew must not go into it.
bool can_grow(VectorStore& store, const FileRow& file, const Space& space) {
  try {
    check_vector_file(store.map(file.name, file.bytes), space, store.path_of(file.name));
    return true;
  } catch (const Error& error) {
    log_warning("a new vector file is begun: {}", error.what());
    return false;
  }
}

/// Appends the vectors of one asset in one space to that space's file and registers them.
/// @param touched receives the file with its length before.
void append_vectors(ArchiveState& state, const AssetRecord& asset, std::int64_t asset_row,
                    const SpaceRow& space, std::vector<FileRow>& touched) {
  std::vector<VectorRow> rows;
  std::vector<float> values;
  for (const VectorRecord& vector : asset.vectors) {
    if (vector.space == space.space.id) {
      const auto words = vector.words.has_value() ? static_cast<std::uint32_t>(*vector.words)
                                                  : VectorRow::kNoWords;
      rows.push_back({static_cast<std::uint32_t>(vector.segment), words, vector.time});
      values.insert(values.end(), vector.values.begin(), vector.values.end());
    }
  }
  const auto last = file_with_room(state.database, space);
  const FileRow file = last.has_value() && can_grow(state.store, *last, space.space)
                           ? *last
                           : begin_file(state.database, space);
  touched.push_back(file);
  std::vector<std::byte> bytes = encode_block(rows, values, space.space.dimension);
  const auto checksum = block_checksum(bytes);
  std::size_t position = file.bytes;
  if (position == 0) {
    const auto header = vector_file_header(space.space);
    bytes.insert(bytes.begin(), header.begin(), header.end());
    position = header.size();
  }
  state.store.write(file.name, file.bytes, bytes);
  state.database.execute("UPDATE vector_files SET bytes = ? WHERE id = ?",
                         file.bytes + bytes.size(), file.row);
  insert_extent(state.database, {asset_row, space.row, file.row, position, rows.size(), checksum});
}

}  // namespace

Archive::Archive(std::unique_ptr<ArchiveState> state) : state_(std::move(state)) {}
Archive::~Archive() = default;
Archive::Archive(Archive&&) noexcept = default;
Archive& Archive::operator=(Archive&&) noexcept = default;

Archive Archive::open_or_create(const fs::path& folder, const std::vector<Space>& spaces) {
  const fs::path catalog = folder / kCatalog;
  make_folder(folder);
  if (!has_content(catalog)) {
    check_new_folder(folder);
  }
  auto lock = std::make_unique<WriterLock>(folder);
  Database database(catalog, Database::Mode::create);
  create_schema(database);
  require(!database.read_only(), ErrorCode::inaccessible,
          "{} cannot be written to; check who owns it", display_path(catalog));
  make_folder(folder / "vectors");
  sync_folder(folder);
  auto state = std::make_unique<ArchiveState>(folder, std::move(database));
  {
    Transaction transaction(state->database, Transaction::Kind::writing);
    register_spaces(state->database, spaces);
    transaction.commit();
  }
  state->lock = std::move(lock);
  state->clean();
  return Archive(std::move(state));
}

Archive Archive::open(const fs::path& folder) {
  const fs::path catalog = folder / kCatalog;
  std::error_code error;
  const bool there = fs::exists(catalog, error);
  require(!error, ErrorCode::inaccessible, "cannot look into {}: {}", display_path(folder),
          error.message());
  require(there, ErrorCode::not_found,
          "there is no archive in {}; `ogam index --archive {} FILE...` makes one",
          display_path(folder), display_path(folder));
  return Archive(std::make_unique<ArchiveState>(folder, open_catalog(catalog)));
}

ArchiveInfo Archive::info() const {
  const std::lock_guard guard(state_->mutex);
  const Transaction transaction(state_->database, Transaction::Kind::reading);
  ArchiveInfo info;
  info.folder = state_->folder;
  {
    Rows rows = state_->database.query(
        "SELECT count(*), ifnull(sum(segments), 0), ifnull(sum(duration), 0) FROM assets");
    rows.next();
    info.assets = rows.size(0);
    info.segments = rows.size(1);
    info.duration = rows.integer(2);
  }
  for (const SpaceRow& space : read_spaces(state_->database)) {
    info.spaces.push_back(space.space);
    Rows rows = state_->database.query("SELECT ifnull(sum(rows), 0) FROM extents WHERE space = ?",
                                       space.row);
    rows.next();
    info.vectors[space.space.name] += rows.size(0);
  }
  std::error_code error;
  for (fs::recursive_directory_iterator entry(state_->folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code gone;  // a file may vanish meanwhile
    const auto bytes = entry->is_regular_file(gone) ? entry->file_size(gone) : 0;
    info.bytes += gone ? 0 : bytes;
  }
  return info;
}

std::vector<Space> Archive::spaces() const {
  const std::lock_guard guard(state_->mutex);
  std::vector<Space> spaces;
  for (SpaceRow& row : read_spaces(state_->database)) {
    spaces.push_back(std::move(row.space));
  }
  return spaces;
}

void Archive::add(const AssetRecord& asset) {
  const std::lock_guard guard(state_->mutex);
  state_->become_writer();
  const std::vector<SpaceRow> spaces = read_spaces(state_->database);
  check_asset(asset, spaces);
  Transaction transaction(state_->database, Transaction::Kind::writing);
  std::vector<FileRow> touched;
  try {
    delete_asset(state_->database, asset.id);
    const std::int64_t row = insert_asset(state_->database, asset);
    for (const SpaceRow& space : spaces) {
      const bool used = std::any_of(asset.vectors.begin(), asset.vectors.end(),
                                    [&](const auto& v) { return v.space == space.space.id; });
      if (used) {
        append_vectors(*state_, asset, row, space, touched);
      }
    }
    advance_generation(state_->database);
  } catch (...) {
    // The catalog does not know these bytes. Without room for them, room is what is needed now.
    for (const FileRow& file : touched) {
      state_->store.cut(file.name, file.bytes);
    }
    throw;
  }
  transaction.commit();
}

std::optional<AssetSummary> Archive::find(const std::string& id) const {
  const std::lock_guard guard(state_->mutex);
  const Transaction transaction(state_->database, Transaction::Kind::reading);
  std::vector<AssetSummary> found;
  if (!id.empty()) {
    found = read_summaries(state_->database, id);
  }
  return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

std::vector<AssetSummary> Archive::list() const {
  const std::lock_guard guard(state_->mutex);
  const Transaction transaction(state_->database, Transaction::Kind::reading);
  return read_summaries(state_->database, std::nullopt);
}

std::vector<TimeSpan> Archive::segments_of(const std::string& id) const {
  const std::lock_guard guard(state_->mutex);
  return read_segments(state_->database, id);
}

std::vector<WordsRecord> Archive::words_of(const std::string& id) const {
  const std::lock_guard guard(state_->mutex);
  return read_words(state_->database, id);
}

std::vector<VectorRecord> Archive::vectors_of(const std::string& id,
                                              const std::string& space) const {
  const std::lock_guard guard(state_->mutex);
  const Transaction transaction(state_->database, Transaction::Kind::reading);
  Snapshot& snapshot = state_->current_snapshot();
  const SpaceRow& row = space_of(space, snapshot.spaces);
  const SpaceContent& content = content_of(snapshot, row, state_->database, state_->store);
  std::vector<VectorRecord> vectors;
  for (const SpaceContent::Block& block : content.blocks) {
    const Snapshot::Asset& asset = snapshot.assets[block.asset];
    if (asset.id != id) {
      continue;
    }
    require(are_usable(block.vectors.values), ErrorCode::corrupt_data,
            "{} is damaged: a vector of {} is not finite", block.file, id);
    const auto dimension = static_cast<std::size_t>(row.space.dimension);
    for (std::size_t i = 0; i < block.vectors.rows.size(); ++i) {
      const VectorRow& place = block.vectors.rows[i];
      require(place.segment < asset.segments, ErrorCode::corrupt_data,
              "{} is damaged: a vector of {} is of segment {}, there are {}", block.file, id,
              place.segment, asset.segments);
      const auto values = block.vectors.values.subspan(i * dimension, dimension);
      vectors.push_back({space, place.segment, place.time, {values.begin(), values.end()}, {}});
      if (place.words != VectorRow::kNoWords) {
        vectors.back().words = place.words;
      }
    }
  }
  return vectors;
}

void Archive::set_path(const std::string& id, const fs::path& path) {
  const std::lock_guard guard(state_->mutex);
  state_->become_writer();
  Transaction transaction(state_->database, Transaction::Kind::writing);
  update_path(state_->database, id, path);
  transaction.commit();
}

bool Archive::remove(const std::string& id) {
  const std::lock_guard guard(state_->mutex);
  state_->become_writer();
  Transaction transaction(state_->database, Transaction::Kind::writing);
  const bool there = delete_asset(state_->database, id);
  if (there) {
    advance_generation(state_->database);
  }
  transaction.commit();
  return there;
}

bool Archive::has_background(const std::string& space) const {
  const std::lock_guard guard(state_->mutex);
  const std::vector<SpaceRow> spaces = read_spaces(state_->database);
  return !read_background_queries(state_->database, space_of(space, spaces)).empty();
}

void Archive::set_background(const std::string& space,
                             const std::vector<std::vector<float>>& queries) {
  const std::lock_guard guard(state_->mutex);
  const std::vector<SpaceRow> spaces = read_spaces(state_->database);
  const SpaceRow& row = space_of(space, spaces);
  std::vector<float> values;
  for (const std::vector<float>& query : queries) {
    const bool sound =
        query.size() == static_cast<std::size_t>(row.space.dimension) && are_usable(query);
    require(sound, ErrorCode::invalid_argument,
            "a background query of {} needs {} finite values, got {}", describe_space(row.space),
            row.space.dimension, query.size());
    values.insert(values.end(), query.begin(), query.end());
  }
  if (read_background_queries(state_->database, row) == values) {
    return;  // the usual case: nothing to write, and no right to write needed
  }
  state_->become_writer();
  Transaction transaction(state_->database, Transaction::Kind::writing);
  write_background_queries(state_->database, row, values);
  advance_generation(state_->database);
  transaction.commit();
}

SearchResult Archive::search(const ArchiveQuery& query) const {
  const std::lock_guard guard(state_->mutex);
  SearchResult result;
  {
    const Transaction transaction(state_->database, Transaction::Kind::reading);
    check_query(query, state_->current_snapshot().spaces);
    result = run_search(query, *state_);
  }
  state_->save_backgrounds();
  return result;
}

std::vector<std::string> Archive::verify() const {
  const std::lock_guard guard(state_->mutex);
  return verify_archive(state_->database, state_->folder / "vectors");
}

}  // namespace ogam

#include "archive/snapshot.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "core/base/error.h"

namespace ogam {

namespace {

constexpr std::size_t kMostSegments = std::size_t{1} << 32;
constexpr std::size_t kCountedFrom = std::size_t{1} << 24;

/// A search takes memory by the number of segments: a great one is not believed, it is counted.
void check_segments(const Database& database, std::size_t segments) {
  if (segments < kCountedFrom) {
    return;
  }
  Rows rows = database.query("SELECT count(*) FROM segments");
  const std::size_t counted = rows.next() ? rows.size(0) : 0;
  require(counted == segments, ErrorCode::corrupt_data,
          "the catalog is damaged: its assets count {} segments, it has {}", segments, counted);
}

}  // namespace

std::optional<std::size_t> Snapshot::find_row(std::int64_t row) const {
  const auto found =
      std::lower_bound(assets.begin(), assets.end(), row,
                       [](const Asset& asset, std::int64_t value) { return asset.row < value; });
  if (found == assets.end() || found->row != row) {
    return std::nullopt;
  }
  return static_cast<std::size_t>(found - assets.begin());
}

const Snapshot::Asset& Snapshot::asset_of(std::size_t segment) const {
  // Assets without segments share their first number with the next one: the last of equals is
  // meant.
  const auto behind = std::upper_bound(
      assets.begin(), assets.end(), segment,
      [](std::size_t value, const Asset& asset) { return value < asset.first_segment; });
  return *(behind - 1);
}

Snapshot read_snapshot(const Database& database) {
  Snapshot snapshot;
  snapshot.generation = read_generation(database);
  snapshot.spaces = read_spaces(database);
  Rows rows = database.query("SELECT id, asset, segments FROM assets ORDER BY id");
  while (rows.next()) {
    const std::size_t segments = rows.size(2, kMostSegments);
    snapshot.assets.push_back({rows.integer(0), snapshot.segments, segments, rows.text(1)});
    snapshot.segments += segments;
    require(snapshot.segments <= kMostSegments, ErrorCode::corrupt_data,
            "the catalog is damaged: it counts {} segments", snapshot.segments);
  }
  check_segments(database, snapshot.segments);
  return snapshot;
}

const SpaceContent& content_of(Snapshot& snapshot, const SpaceRow& space, const Database& database,
                               VectorStore& store) {
  if (const auto found = snapshot.contents.find(space.row); found != snapshot.contents.end()) {
    return found->second;
  }
  SpaceContent content;
  content.space = space.space;
  std::unordered_map<std::int64_t, FileRow> files;
  for (const FileRow& file : read_files(database)) {
    if (file.space == space.row) {
      files.emplace(file.row, file);
    }
  }
  std::unordered_set<std::int64_t> checked;  // files; those that no asset uses may be damaged
  for (const ExtentRow& extent : read_extents(database, space.row)) {
    const auto asset = snapshot.find_row(extent.asset);
    const auto file = files.find(extent.file);
    require(asset.has_value() && file != files.end(), ErrorCode::corrupt_data,
            "the catalog is damaged: vectors of asset row {} in file row {} belong to nothing",
            extent.asset, extent.file);
    const FileRow& in = file->second;
    if (checked.insert(in.row).second) {
      check_vector_file(store.map(in.name, in.bytes), space.space, store.path_of(in.name));
    }
    SpaceContent::Block block{
        *asset,
        view_block(store.map(in.name, in.bytes).first(in.bytes),
                   {extent.position, extent.rows, space.space.dimension}, store.path_of(in.name)),
        in.name};
    require(block.vectors.checksum == extent.checksum, ErrorCode::corrupt_data,
            "{} is damaged: the block at {} is not the one the catalog knows",
            display_path(store.path_of(in.name)), extent.position);
    content.rows += extent.rows;
    content.blocks.push_back(std::move(block));
  }
  return snapshot.contents.emplace(space.row, std::move(content)).first->second;
}

}  // namespace ogam

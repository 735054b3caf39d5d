#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "archive/catalog.h"
#include "archive/vector_store.h"

namespace ogam {

/// The vectors of one space: a block for each asset that has any.
struct SpaceContent {
  struct Block {
    std::size_t asset = 0;  ///< index into Snapshot::assets
    VectorBlock vectors;
    std::string file;  ///< name, for messages
  };

  Space space;
  std::vector<Block> blocks;
  std::size_t rows = 0;
};

/// What a search needs of the catalog, in memory, as of one generation of the archive.
///
/// Segments of all assets are numbered through: segment k of asset a is `assets[a].first_segment +
/// k`.
struct Snapshot {
  struct Asset {
    std::int64_t row = 0;
    std::size_t first_segment = 0;
    std::size_t segments = 0;
    std::string id;
  };

  std::int64_t generation = -1;
  std::vector<Asset> assets;  ///< by row
  std::size_t segments = 0;
  std::vector<SpaceRow> spaces;
  std::map<std::int64_t, SpaceContent> contents;  ///< by space row, filled by `content_of`

  /// The index of the asset with `row`, or nothing.
  std::optional<std::size_t> find_row(std::int64_t row) const;

  /// The asset that a segment number belongs to.
  const Asset& asset_of(std::size_t segment) const;
};

/// Reads assets and spaces. @throws Error{corrupt_data}.
Snapshot read_snapshot(const Database& database);

/// The vectors of a space, mapped when first asked for; every block's bounds are checked.
/// @throws Error{corrupt_data} naming the file.
const SpaceContent& content_of(Snapshot& snapshot, const SpaceRow& space, const Database& database,
                               VectorStore& store);

}  // namespace ogam

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "archive/archive.h"
#include "archive/database.h"
#include "archive/vector_file.h"

namespace ogam {

/// A space and the row that stands for it in the catalog.
struct SpaceRow {
  std::int64_t row = 0;
  Space space;
};

/// The part of Space::name behind its last '/': what a lane calls this output of its encoder.
std::string_view output_of(const Space& space);

/// `name (lane, 12 digits of the id)`, for messages.
std::string describe_space(const Space& space);

/// The lane that a column names.
/// @throws Error{corrupt_data} when it names none.
Lane read_lane(const Rows& rows, int column);

/// @throws Error{corrupt_data} when the catalog holds an impossible space.
std::vector<SpaceRow> read_spaces(const Database& database);

/// Adds the spaces that are not there yet; a change of the content.
/// @throws Error{invalid_argument} as `Archive::open_or_create`.
void register_spaces(const Database& database, const std::vector<Space>& spaces);

/// Counts every change of the content.
std::int64_t read_generation(const Database& database);
void advance_generation(const Database& database);

/// A vector file as the catalog knows it.
struct FileRow {
  std::int64_t row = 0;
  std::int64_t space = 0;
  std::string name;
  std::size_t bytes = 0;  ///< committed
};

/// @throws Error{corrupt_data} when a name is not one of a vector file.
std::vector<FileRow> read_files(const Database& database);

/// The file to which vectors of a space were added last, if there is room in it.
std::optional<FileRow> file_with_room(const Database& database, const SpaceRow& space);

/// A new file for vectors of a space, `bytes` 0.
FileRow begin_file(const Database& database, const SpaceRow& space);

/// One asset's vectors of one space.
struct ExtentRow {
  std::int64_t asset = 0;
  std::int64_t space = 0;
  std::int64_t file = 0;
  std::size_t position = 0;
  std::size_t rows = 0;
  std::array<std::byte, 32> checksum{};
};

/// Extents of a space, or of all when `space` is nothing, in the order of their assets.
std::vector<ExtentRow> read_extents(const Database& database, std::optional<std::int64_t> space);
void insert_extent(const Database& database, const ExtentRow& extent);

/// Inserts everything but the vectors. @return the asset's row.
std::int64_t insert_asset(const Database& database, const AssetRecord& asset);

/// @return whether there was such an asset.
bool delete_asset(const Database& database, const std::string& id);

void update_path(const Database& database, const std::string& id,
                 const std::filesystem::path& path);

/// Summaries of one asset or, when `id` is nothing, of all, by path.
std::vector<AssetSummary> read_summaries(const Database& database,
                                         const std::optional<std::string>& id);
std::vector<TimeSpan> read_segments(const Database& database, const std::string& id);
std::vector<WordsRecord> read_words(const Database& database, const std::string& id);

/// Words with their times, as they are kept beside a line: "[[start, end, text, probability],
/// ...]".
/// @throws Error{corrupt_data}.
std::vector<TimedWord> decode_timed_words(const std::string& text);

/// Raw bytes kept as a path.
std::filesystem::path path_from_blob(Blob bytes);

}  // namespace ogam

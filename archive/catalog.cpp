#include "archive/catalog.h"

#include <algorithm>
#include <cstring>
#include <ctime>
#include <unordered_map>

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/text/lexical_tokens.h"
#include "core/text/unicode.h"

namespace ogam {

namespace {

constexpr std::size_t kFileBytes = std::size_t{64} << 20;  // a new file is begun behind this

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string now_utc() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", utc.tm_year + 1900, utc.tm_mon + 1,
                     utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

/// The path as filters see it: composed, so that a name from macOS equals one typed by a person.
std::string path_text(const std::filesystem::path& path) { return to_nfc(path.native()); }

std::string encode_timed_words(const std::vector<TimedWord>& words) {
  Json list = Json::array();
  for (const TimedWord& word : words) {
    list.push_back({word.span.start, word.span.end, repair_utf8(word.text), word.probability});
  }
  return words.empty() ? std::string() : dump_json(list);
}

std::size_t count_words(const TimedText& text) {
  return text.words.empty() ? lexical_words(text.text).size() : text.words.size();
}

}  // namespace

std::vector<TimedWord> decode_timed_words(const std::string& text) {
  std::vector<TimedWord> words;
  if (text.empty()) {
    return words;
  }
  const Json list = parse_json(text, "the catalog's words");
  for (const Json& word : list) {
    require(word.is_array() && word.size() == 4 && word[0].is_number_integer() &&
                word[1].is_number_integer() && word[2].is_string() && word[3].is_number(),
            ErrorCode::corrupt_data, "the catalog is damaged: '{}' is no word with times",
            dump_json(word));
    words.push_back({{word[0].get<Time>(), word[1].get<Time>()},
                     word[2].get<std::string>(),
                     word[3].get<float>()});
  }
  return words;
}

std::string_view output_of(const Space& space) {
  const std::string_view name = space.name;
  const auto slash = name.rfind('/');
  return slash == std::string_view::npos ? name : name.substr(slash + 1);
}

std::string describe_space(const Space& space) {
  return fmt::format("{} ({}, {})", space.name, space.lane.name(), space.id.substr(0, 12));
}

Lane read_lane(const Rows& rows, int column) {
  try {
    return Lane::parse(rows.text(column));
  } catch (const Error& error) {
    fail(ErrorCode::corrupt_data, "the catalog is damaged: {}", error.what());
  }
}

std::vector<SpaceRow> read_spaces(const Database& database) {
  std::vector<SpaceRow> spaces;
  Rows rows = database.query("SELECT id, space, name, lane, dimension FROM spaces ORDER BY id");
  while (rows.next()) {
    SpaceRow space;
    space.row = rows.integer(0);
    space.space.id = rows.text(1);
    space.space.name = rows.text(2);
    space.space.lane = read_lane(rows, 3);
    space.space.dimension = static_cast<int>(rows.size(4, kLargestDimension));
    require(space.space.dimension > 0, ErrorCode::corrupt_data,
            "the catalog is damaged: the space {} has no dimension", space.space.name);
    spaces.push_back(std::move(space));
  }
  return spaces;
}

void register_spaces(const Database& database, const std::vector<Space>& spaces) {
  std::vector<SpaceRow> known = read_spaces(database);
  for (const Space& space : spaces) {
    require(!space.id.empty() && space.dimension > 0 && space.dimension <= kLargestDimension,
            ErrorCode::invalid_argument,
            "a space needs an id and a dimension of 1 to {}, '{}' has the id '{}' and {}",
            kLargestDimension, space.name, space.id, space.dimension);
    bool there = false;
    for (const SpaceRow& other : known) {
      const bool same_lane = other.space.lane.name() == space.lane.name();
      if (other.space.id == space.id) {
        require(same_lane && other.space.dimension == space.dimension, ErrorCode::invalid_argument,
                "the spaces {} and {} have one id but not one lane and dimension; ids must differ",
                describe_space(other.space), describe_space(space));
        there = true;
      } else {
        require(!same_lane || output_of(other.space) != output_of(space),
                ErrorCode::invalid_argument,
                "this archive holds {}, the pack gives {}: their vectors cannot be compared; use "
                "the pack it was made with, or index into a new archive",
                describe_space(other.space), describe_space(space));
      }
    }
    if (!there) {
      database.execute("INSERT INTO spaces(space, name, lane, dimension) VALUES (?, ?, ?, ?)",
                       space.id, space.name, space.lane.name(), space.dimension);
      known.push_back({database.last_row(), space});
      advance_generation(database);  // who has the archive open shall see it
    }
  }
}

std::int64_t read_generation(const Database& database) {
  Rows rows = database.query("SELECT generation FROM state");
  require(rows.next(), ErrorCode::corrupt_data, "the catalog is damaged: it has no state");
  return rows.integer(0);
}

void advance_generation(const Database& database) {
  database.execute("UPDATE state SET generation = generation + 1");
}

std::vector<FileRow> read_files(const Database& database) {
  std::vector<FileRow> files;
  Rows rows = database.query("SELECT id, space, name, bytes FROM vector_files ORDER BY id");
  while (rows.next()) {
    FileRow file{rows.integer(0), rows.integer(1), rows.text(2), rows.size(3)};
    const bool plain = file.name.ends_with(".ogv") && !file.name.starts_with('.') &&
                       file.name.find_first_of(std::string_view("/\0", 2)) == std::string::npos;
    require(plain, ErrorCode::corrupt_data,
            "the catalog is damaged: '{}' is not the name of a vector file", file.name);
    files.push_back(std::move(file));
  }
  return files;
}

std::optional<FileRow> file_with_room(const Database& database, const SpaceRow& space) {
  Rows rows = database.query(
      "SELECT id, space, name, bytes FROM vector_files WHERE space = ? ORDER BY id DESC LIMIT 1",
      space.row);
  if (!rows.next() || rows.size(3) >= kFileBytes) {
    return std::nullopt;
  }
  return FileRow{rows.integer(0), rows.integer(1), rows.text(2), rows.size(3)};
}

FileRow begin_file(const Database& database, const SpaceRow& space) {
  // Numbers are never used again: a reader may still have the map of a removed file under its name.
  std::int64_t number = 0;
  {
    Rows rows = database.query("UPDATE state SET next_file = next_file + 1 RETURNING next_file");
    require(rows.next(), ErrorCode::corrupt_data, "the catalog is damaged: it has no state");
    number = rows.integer(0) - 1;
    rows.next();
  }
  FileRow file{0, space.row,
               fmt::format("{}-{}-{:06}.ogv", space.space.lane.name(),
                           blake3_hex(bytes_of(space.space.id)).substr(0, 12), number),
               0};
  database.execute("INSERT INTO vector_files(space, name, bytes) VALUES (?, ?, 0)", space.row,
                   file.name);
  file.row = database.last_row();
  return file;
}

std::vector<ExtentRow> read_extents(const Database& database, std::optional<std::int64_t> space) {
  std::vector<ExtentRow> extents;
  Rows rows = database.query(
      "SELECT asset, space, file, position, rows, checksum FROM extents "
      "WHERE ?1 = -1 OR space = ?1 ORDER BY asset, space",
      space.value_or(-1));
  while (rows.next()) {
    ExtentRow extent{rows.integer(0), rows.integer(1),         rows.integer(2),
                     rows.size(3),    rows.size(4, kMostRows), {}};
    const Blob checksum = rows.blob(5);
    require(checksum.size() == extent.checksum.size(), ErrorCode::corrupt_data,
            "the catalog is damaged: a checksum has {} bytes", checksum.size());
    std::copy(checksum.begin(), checksum.end(), extent.checksum.begin());
    extents.push_back(extent);
  }
  return extents;
}

void insert_extent(const Database& database, const ExtentRow& extent) {
  database.execute(
      "INSERT INTO extents(asset, space, file, position, rows, checksum) VALUES (?, ?, ?, ?, ?, ?)",
      extent.asset, extent.space, extent.file, extent.position, extent.rows, Blob(extent.checksum));
}

std::int64_t insert_asset(const Database& database, const AssetRecord& asset) {
  database.execute(
      "INSERT INTO assets(asset, path, path_text, kind, duration, settings, segments, indexed_at) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      asset.id, bytes_of(asset.path.native()), path_text(asset.path), asset.kind, asset.duration,
      asset.settings, asset.segments.size(), now_utc());
  const std::int64_t row = database.last_row();
  for (const auto& [key, value] : asset.tags) {
    database.execute("INSERT INTO tags(asset, key, value) VALUES (?, ?, ?)", row, to_nfc(key),
                     to_nfc(value));
  }
  for (std::size_t i = 0; i < asset.segments.size(); ++i) {
    database.execute("INSERT INTO segments(asset, ordinal, start, end) VALUES (?, ?, ?, ?)", row, i,
                     asset.segments[i].start, asset.segments[i].end);
  }
  for (std::size_t i = 0; i < asset.words.size(); ++i) {
    const WordsRecord& words = asset.words[i];
    database.execute(
        "INSERT INTO words(asset, ordinal, segment, lane, start, end, text, language, count, "
        "timed) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        row, i, words.segment, words.lane.name(), words.text.span.start, words.text.span.end,
        repair_utf8(words.text.text), repair_utf8(words.text.language), count_words(words.text),
        encode_timed_words(words.text.words));
  }
  // No triggers for the lexical index: with an untrusted schema they may not write to it.
  database.execute(
      "INSERT INTO words_index(rowid, text) SELECT id, text FROM words WHERE asset = ?", row);
  return row;
}

bool delete_asset(const Database& database, const std::string& id) {
  database.execute(
      "INSERT INTO words_index(words_index, rowid, text) SELECT 'delete', id, text FROM words "
      "WHERE asset = (SELECT id FROM assets WHERE asset = ?)",
      id);
  Rows rows = database.query("DELETE FROM assets WHERE asset = ? RETURNING id", id);
  const bool there = rows.next();
  while (there && rows.next()) {
  }
  return there;
}

void update_path(const Database& database, const std::string& id,
                 const std::filesystem::path& path) {
  Rows rows =
      database.query("UPDATE assets SET path = ?, path_text = ? WHERE asset = ? RETURNING id",
                     bytes_of(path.native()), path_text(path), id);
  require(rows.next(), ErrorCode::not_found, "there is no asset {} in this archive", id);
  while (rows.next()) {
  }
}

std::filesystem::path path_from_blob(Blob bytes) {
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

std::vector<AssetSummary> read_summaries(const Database& database,
                                         const std::optional<std::string>& id) {
  std::vector<AssetSummary> summaries;
  std::unordered_map<std::int64_t, std::size_t> by_row;
  // Not one condition for both: with an OR in it SQLite would read whole tables to find one asset.
  Rows assets = database.query(
      fmt::format("SELECT id, asset, path, kind, duration, segments, settings, indexed_at "
                  "FROM assets WHERE {} ORDER BY path, asset",
                  id.has_value() ? "asset = ?1" : "?1 = ''"),
      id.value_or(""));
  while (assets.next()) {
    AssetSummary summary;
    summary.id = assets.text(1);
    summary.path = path_from_blob(assets.blob(2));
    summary.kind = assets.text(3);
    summary.duration = assets.integer(4);
    summary.segments = assets.size(5);
    summary.settings = assets.text(6);
    summary.indexed_at = assets.text(7);
    by_row.emplace(assets.integer(0), summaries.size());
    summaries.push_back(std::move(summary));
  }
  if (summaries.empty()) {
    return summaries;
  }
  // One pass over each table: a statement for every asset would be slow for a hundred thousand.
  const std::int64_t only = id.has_value() ? by_row.begin()->first : -1;
  const char* const chosen = id.has_value() ? "asset = ?1" : "?1 = -1";
  const auto each = [&](std::string_view sql, auto&& use) {
    Rows rows = database.query(fmt::format(fmt::runtime(sql), chosen), only);
    while (rows.next()) {
      if (const auto found = by_row.find(rows.integer(0)); found != by_row.end()) {
        use(summaries[found->second], rows);
      }
    }
  };
  each("SELECT asset, key, value FROM tags WHERE {}",
       [](AssetSummary& summary, const Rows& row) { summary.tags[row.text(1)] = row.text(2); });
  each(
      "SELECT asset, lane, sum(rows) FROM extents JOIN spaces ON spaces.id = extents.space "
      "WHERE {} GROUP BY asset, lane",
      [](AssetSummary& summary, const Rows& row) { summary.vectors[row.text(1)] = row.size(2); });
  each("SELECT asset, lane, sum(count) FROM words WHERE {} GROUP BY asset, lane",
       [](AssetSummary& summary, const Rows& row) { summary.words[row.text(1)] = row.size(2); });
  return summaries;
}

std::vector<TimeSpan> read_segments(const Database& database, const std::string& id) {
  std::vector<TimeSpan> segments;
  Rows rows = database.query(
      "SELECT start, end FROM segments WHERE asset = (SELECT id FROM assets WHERE asset = ?) "
      "ORDER BY ordinal",
      id);
  while (rows.next()) {
    segments.push_back({rows.integer(0), rows.integer(1)});
  }
  return segments;
}

std::vector<WordsRecord> read_words(const Database& database, const std::string& id) {
  std::vector<WordsRecord> words;
  Rows rows = database.query(
      "SELECT lane, segment, start, end, text, language, timed FROM words "
      "WHERE asset = (SELECT id FROM assets WHERE asset = ?) ORDER BY ordinal",
      id);
  while (rows.next()) {
    WordsRecord record;
    record.lane = read_lane(rows, 0);
    record.segment = rows.size(1);
    record.text.span = {rows.integer(2), rows.integer(3)};
    record.text.text = rows.text(4);
    record.text.language = rows.text(5);
    record.text.words = decode_timed_words(rows.text(6));
    words.push_back(std::move(record));
  }
  return words;
}

}  // namespace ogam

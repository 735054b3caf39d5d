#include "archive/schema.h"

#include "core/base/error.h"
#include "core/base/files.h"

namespace ogam {

namespace {

constexpr int kApplicationId = 0x6F67616D;  // "ogam", shown by file(1)

// Documented in docs/archive_format.md.
constexpr const char* kTables = R"sql(
CREATE TABLE state(
  only INTEGER PRIMARY KEY CHECK (only = 1),
  generation INTEGER NOT NULL,
  next_file INTEGER NOT NULL);
INSERT INTO state VALUES (1, 1, 1);

CREATE TABLE spaces(
  id INTEGER PRIMARY KEY,
  space TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  lane TEXT NOT NULL,
  dimension INTEGER NOT NULL);

CREATE TABLE assets(
  id INTEGER PRIMARY KEY,
  asset TEXT NOT NULL UNIQUE,
  path BLOB NOT NULL,
  path_text TEXT NOT NULL,
  kind TEXT NOT NULL,
  duration INTEGER NOT NULL,
  settings TEXT NOT NULL,
  segments INTEGER NOT NULL,
  indexed_at TEXT NOT NULL);

CREATE TABLE tags(
  asset INTEGER NOT NULL REFERENCES assets(id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (asset, key)) WITHOUT ROWID;

CREATE TABLE segments(
  asset INTEGER NOT NULL REFERENCES assets(id) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  start INTEGER NOT NULL,
  end INTEGER NOT NULL,
  PRIMARY KEY (asset, ordinal)) WITHOUT ROWID;

CREATE TABLE words(
  id INTEGER PRIMARY KEY,
  asset INTEGER NOT NULL REFERENCES assets(id) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  segment INTEGER NOT NULL,
  lane TEXT NOT NULL,
  start INTEGER NOT NULL,
  end INTEGER NOT NULL,
  text TEXT NOT NULL,
  language TEXT NOT NULL,
  count INTEGER NOT NULL,
  timed TEXT NOT NULL,
  UNIQUE (asset, ordinal));
CREATE INDEX words_language ON words(language, asset);

CREATE VIRTUAL TABLE words_index USING fts5(
  text, content='words', content_rowid='id', tokenize='ogam_words');

CREATE TABLE vector_files(
  id INTEGER PRIMARY KEY,
  space INTEGER NOT NULL REFERENCES spaces(id),
  name TEXT NOT NULL UNIQUE,
  bytes INTEGER NOT NULL);

CREATE TABLE extents(
  asset INTEGER NOT NULL REFERENCES assets(id) ON DELETE CASCADE,
  space INTEGER NOT NULL REFERENCES spaces(id),
  file INTEGER NOT NULL REFERENCES vector_files(id),
  position INTEGER NOT NULL,
  rows INTEGER NOT NULL,
  checksum BLOB NOT NULL,
  PRIMARY KEY (asset, space)) WITHOUT ROWID;
CREATE INDEX extents_file ON extents(file);

CREATE TABLE backgrounds(
  space INTEGER PRIMARY KEY REFERENCES spaces(id),
  queries BLOB NOT NULL,
  mean REAL,
  deviation REAL,
  generation INTEGER);
)sql";

int pragma(const Database& database, std::string_view name) {
  Rows rows = database.query("PRAGMA " + std::string(name));
  return rows.next() ? static_cast<int>(rows.integer(0)) : 0;
}

bool is_empty(const Database& database) {
  return !database.query("SELECT 1 FROM sqlite_schema LIMIT 1").next();
}

}  // namespace

void create_schema(const Database& database) {
  // Read first: a damaged or foreign file is named before anything is written to it.
  if (!is_empty(database)) {
    check_schema(database);
    return;
  }
  database.script("PRAGMA journal_mode=WAL;");
  Transaction transaction(database, Transaction::Kind::writing);
  if (is_empty(database)) {
    database.script(kTables);
    database.script(fmt::format("PRAGMA application_id={}; PRAGMA user_version={};", kApplicationId,
                                kSchemaVersion)
                        .c_str());
  }
  transaction.commit();
}

void check_schema(const Database& database) {
  require(pragma(database, "application_id") == kApplicationId, ErrorCode::corrupt_data,
          "{} is not the catalog of an ogam archive", display_path(database.file()));
  const int version = pragma(database, "user_version");
  require(version <= kSchemaVersion, ErrorCode::unsupported,
          "{} was written by a newer ogam (format {}, this one reads up to {}); update ogam",
          display_path(database.file()), version, kSchemaVersion);
  require(version >= 1, ErrorCode::corrupt_data, "{} has the impossible format {}",
          display_path(database.file()), version);
}

}  // namespace ogam

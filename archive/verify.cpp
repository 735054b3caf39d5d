#include "archive/verify.h"

#include <functional>
#include <unordered_map>

#include "archive/background.h"
#include "archive/catalog.h"
#include "archive/schema.h"
#include "archive/vector_scan.h"
#include "archive/vector_store.h"
#include "core/base/error.h"
#include "core/base/files.h"

namespace ogam {

namespace {

/// Collects what is wrong; a check that cannot go on is one more finding.
class Findings {
 public:
  explicit Findings(std::string catalog) : catalog_(std::move(catalog)) {}

  void add(std::string line) { lines_.push_back(std::move(line)); }
  void add_catalog(const std::string& line) { lines_.push_back(catalog_ + ": " + line); }

  void check(const std::function<void()>& step) {
    try {
      step();
    } catch (const Error& error) {
      lines_.emplace_back(error.what());
    }
  }

  std::vector<std::string> take() { return std::move(lines_); }

 private:
  std::string catalog_;
  std::vector<std::string> lines_;
};

void check_database(const Database& copy, Findings& findings) {
  findings.check([&] {
    Rows rows = copy.query("PRAGMA integrity_check(20)");
    while (rows.next()) {
      if (const std::string line = rows.text(0); line != "ok") {
        findings.add_catalog(line);
      }
    }
  });
  findings.check([&] {
    Rows rows = copy.query("PRAGMA foreign_key_check");
    while (rows.next()) {
      findings.add_catalog(fmt::format("row {} of {} refers to nothing in {}", rows.integer(1),
                                       rows.text(0), rows.text(2)));
    }
  });
  try {
    // 1: compare the index with the texts, not only with itself.
    copy.execute("INSERT INTO words_index(words_index, rank) VALUES ('integrity-check', 1)");
  } catch (const Error& error) {
    findings.add_catalog(error.code() == ErrorCode::corrupt_data
                             ? "the lexical index does not agree with the texts"
                             : error.what());
  }
}

void check_references(const Database& copy, Findings& findings) {
  struct Check {
    const char* sql;
    const char* meaning;
  };
  const Check checks[] = {
      {"SELECT asset FROM assets WHERE segments <> "
       "(SELECT count(*) FROM segments WHERE segments.asset = assets.id) OR segments <> "
       "(SELECT ifnull(max(ordinal), -1) + 1 FROM segments WHERE segments.asset = assets.id)",
       "{}: segments are missing"},
      {"SELECT DISTINCT assets.asset FROM segments JOIN assets ON assets.id = segments.asset "
       "WHERE segments.ordinal < 0 OR segments.start > segments.end",
       "{}: a segment ends before it starts or has an impossible number"},
      {"SELECT assets.asset FROM words JOIN assets ON assets.id = words.asset "
       "GROUP BY words.asset HAVING min(words.ordinal) <> 0 OR max(words.ordinal) <> count(*) - 1",
       "{}: words are missing"},
      {"SELECT assets.asset FROM words JOIN assets ON assets.id = words.asset "
       "WHERE words.segment < 0 OR words.segment >= assets.segments",
       "{}: words of a segment that is not there"},
      {"SELECT vector_files.name FROM extents JOIN vector_files ON vector_files.id = extents.file "
       "WHERE vector_files.space <> extents.space",
       "{}: vectors of another space"},
  };
  for (const Check& check : checks) {
    findings.check([&] {
      Rows rows = copy.query(check.sql);
      while (rows.next()) {
        findings.add_catalog(fmt::format(fmt::runtime(check.meaning), rows.text(0)));
      }
    });
  }
  findings.check([&] {
    Rows rows = copy.query("SELECT timed FROM words WHERE timed <> ''");
    while (rows.next()) {
      decode_timed_words(rows.text(0));
    }
  });
  findings.check([&] {
    Rows rows = copy.query("SELECT DISTINCT lane FROM words");
    while (rows.next()) {
      read_lane(rows, 0);
    }
  });
}

void check_backgrounds(const Database& copy, Findings& findings) {
  const std::int64_t generation = read_generation(copy);
  for (const SpaceRow& space : read_spaces(copy)) {
    findings.check([&] {
      require(are_usable(read_background_queries(copy, space)), ErrorCode::corrupt_data,
              "the catalog is damaged: the background queries of {} are not finite",
              space.space.name);
      read_background(copy, space, generation);
    });
  }
}

struct AssetCounts {
  std::string id;
  std::size_t segments = 0;
  std::size_t words = 0;
};

void check_block(const VectorBlock& block, const ExtentRow& extent, const AssetCounts& asset,
                 const std::string& file, Findings& findings) {
  if (!block.is_sound() || block.checksum != extent.checksum) {
    findings.add(fmt::format("{}: the vectors of {} at {} fail their checksum; index it again",
                             file, asset.id, extent.position));
    return;
  }
  for (const VectorRow& row : block.rows) {
    if (row.segment >= asset.segments ||
        (row.words != VectorRow::kNoWords && row.words >= asset.words)) {
      findings.add(fmt::format("{}: a vector of {} belongs to no segment of it; index it again",
                               file, asset.id));
      return;
    }
  }
}

void check_vectors(const Database& copy, const std::filesystem::path& folder, Findings& findings) {
  std::unordered_map<std::int64_t, AssetCounts> assets;
  {
    Rows rows = copy.query(
        "SELECT id, asset, segments, (SELECT count(*) FROM words WHERE words.asset = assets.id) "
        "FROM assets");
    while (rows.next()) {
      assets.emplace(rows.integer(0), AssetCounts{rows.text(1), rows.size(2), rows.size(3)});
    }
  }
  std::unordered_map<std::int64_t, Space> spaces;
  for (const SpaceRow& space : read_spaces(copy)) {
    spaces.emplace(space.row, space.space);
  }
  std::unordered_map<std::int64_t, std::vector<ExtentRow>> extents;  // by file row
  for (const ExtentRow& extent : read_extents(copy, std::nullopt)) {
    extents[extent.file].push_back(extent);
  }
  struct OpenFile {
    FileRow row;
    std::span<const std::byte> bytes;
  };
  VectorStore store(folder);
  // All are mapped before the first is read: a writer may remove files meanwhile, maps outlive
  // them.
  std::vector<OpenFile> files;
  for (const FileRow& file : read_files(copy)) {
    // What no asset uses waits to be removed; the check of references names unknown spaces.
    if (extents.contains(file.row) && spaces.contains(file.space)) {
      findings.check([&] {
        files.push_back({file, store.map(file.name, file.bytes).first(file.bytes)});
      });
    }
  }
  for (const OpenFile& file : files) {
    const Space& space = spaces.at(file.row.space);
    const auto path = store.path_of(file.row.name);
    findings.check([&] { check_vector_file(file.bytes, space, path); });
    for (const ExtentRow& extent : extents[file.row.row]) {
      findings.check([&] {
        const auto asset = assets.find(extent.asset);
        if (asset != assets.end()) {
          check_block(view_block(file.bytes, {extent.position, extent.rows, space.dimension}, path),
                      extent, asset->second, display_path(path), findings);
        }
      });
    }
  }
}

}  // namespace

std::vector<std::string> verify_archive(const Database& database,
                                        const std::filesystem::path& vectors) {
  Findings findings(display_path(database.file()));
  findings.check([&] {
    // A copy of one moment: a writer may go on meanwhile, and FTS5 checks itself by writing.
    Database copy(database.file(), Database::Mode::scratch);
    copy.copy_from(database);
    check_schema(copy);
    check_database(copy, findings);
    check_references(copy, findings);
    findings.check([&] { check_backgrounds(copy, findings); });
    findings.check([&] { check_vectors(copy, vectors, findings); });
  });
  return findings.take();
}

}  // namespace ogam

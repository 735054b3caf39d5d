#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "archive/archive.h"
#include "tests/archive/sample_assets.h"
#include "tests/support/temporary_folder.h"

namespace ogam {
namespace {

using test::all_spaces;
using test::error_of;
using test::sample_asset;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// An archive whose catalog was changed behind its back.
struct Tampered {
  explicit Tampered(const std::string& sql) {
    {
      Archive archive = Archive::open_or_create(folder / "a", all_spaces());
      AssetRecord asset = sample_asset(1);
      test::add_speech(asset, 0, "a red car");
      test::add_speech(asset, 1, "a blue car");
      archive.add(asset);
      archive.set_background(test::visual_space().id,
                             {test::unit_vector(test::visual_space().dimension, 1)});
      EXPECT_THAT(archive.verify(), IsEmpty());
    }
    sqlite3* raw = nullptr;
    EXPECT_EQ(sqlite3_open((folder / "a/catalog.sqlite").c_str(), &raw), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(raw, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(raw);
    sqlite3_close(raw);
  }

  Archive open() const { return Archive::open(folder / "a"); }

  test::TemporaryFolder folder;
};

TEST(VerifyTest, NamesEveryBrokenReference) {
  std::string not_a_number;
  for (int i = 0; i < test::visual_space().dimension; ++i) {
    not_a_number += "0000c07f";
  }
  const std::pair<std::string, const char*> changes[] = {
      {"UPDATE segments SET ordinal = 7 WHERE ordinal = 2", "segments are missing"},
      {"DELETE FROM segments WHERE ordinal = 1", "segments are missing"},
      {"UPDATE segments SET end = -1 WHERE ordinal = 1", "ends before it starts"},
      {"UPDATE words SET ordinal = 5 WHERE ordinal = 1", "words are missing"},
      {"UPDATE words SET segment = 3", "words of a segment that is not there"},
      {"UPDATE words SET lane = 'smell'", "smell"},
      {"UPDATE words SET timed = '[1]'", "no word with times"},
      {"UPDATE words SET text = 'other'", "lexical index does not agree"},
      {"UPDATE vector_files SET bytes = 0", "too few"},
      {"UPDATE vector_files SET name = '../x.ogv' WHERE id = 1", "not the name of a vector file"},
      {"UPDATE extents SET checksum = zeroblob(32)", "fail their checksum"},
      {"UPDATE extents SET file = (SELECT max(id) FROM vector_files)", "another space"},
      {"DELETE FROM vector_files", "refers to nothing"},
      {"DELETE FROM assets", "refers to nothing"},
      {"DELETE FROM state", "has no state"},
      {"UPDATE backgrounds SET queries = x'" + not_a_number + "'", "not finite"},
      {"UPDATE backgrounds SET queries = x'00'", "background queries"},
      {"UPDATE spaces SET dimension = 0", "no dimension"},
      {"UPDATE spaces SET lane = 'smell'", "smell"},
  };
  for (const auto& [sql, finding] : changes) {
    EXPECT_THAT(Tampered(sql).open().verify(), Contains(HasSubstr(finding))) << sql;
  }
}

TEST(VerifyTest, OtherTablesThanAnArchivesAreDamage) {
  const Tampered tampered("DROP TABLE tags");
  const Archive archive = tampered.open();
  EXPECT_THAT(error_of([&] { archive.list(); }, ErrorCode::corrupt_data),
              HasSubstr("not those of an archive"));
}

TEST(VerifyTest, ASearchDoesNotBelieveAnImpossibleNumberOfSegments) {
  const Tampered tampered("UPDATE assets SET segments = 4000000000");
  const Archive archive = tampered.open();
  EXPECT_THAT(error_of([&] { archive.search({.words = "red car"}); }, ErrorCode::corrupt_data),
              HasSubstr("segments"));
}

}  // namespace
}  // namespace ogam

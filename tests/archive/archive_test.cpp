#include "archive/archive.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <future>

#include "core/base/files.h"
#include "tests/archive/sample_assets.h"
#include "tests/support/temporary_folder.h"

namespace ogam {
namespace {

using test::all_spaces;
using test::error_of;
using test::sample_asset;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(ArchiveTest, NamesTheCommandWhenThereIsNone) {
  const test::TemporaryFolder folder;
  const auto message = error_of([&] { Archive::open(folder / "none"); }, ErrorCode::not_found);
  EXPECT_THAT(message, HasSubstr("ogam index"));
}

TEST(ArchiveTest, RefusesAFolderOfOtherFiles) {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "holiday.jpg") << "picture";
  const auto message = error_of([&] { Archive::open_or_create(folder.path(), all_spaces()); },
                                ErrorCode::invalid_argument);
  EXPECT_THAT(message, HasSubstr("not empty"));
}

TEST(ArchiveTest, KeepsEverythingOfAnAsset) {
  const test::TemporaryFolder folder;
  AssetRecord asset = sample_asset(1);
  asset.tags = {{"show", "뉴스"}, {"year", "2024"}};
  test::add_speech(asset, 0, "hello world");
  test::add_speech(asset, 2, "안녕하세요 여러분", Lane::text);
  asset.words[1].text.language = "ko";
  asset.words[1].text.words.clear();
  Archive::open_or_create(folder / "a", all_spaces()).add(asset);

  const Archive archive = Archive::open(folder / "a");
  const auto found = archive.find(asset.id);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->path, asset.path);
  EXPECT_EQ(found->kind, "video");
  EXPECT_EQ(found->duration, asset.duration);
  EXPECT_EQ(found->segments, 3U);
  EXPECT_EQ(found->settings, "settings-1");
  EXPECT_EQ(found->tags, asset.tags);
  EXPECT_EQ(found->indexed_at.size(), 20U);
  EXPECT_EQ(found->vectors.at("visual"), 3U);
  EXPECT_EQ(found->words.at("speech"), 2U);
  EXPECT_EQ(found->words.at("text"), 2U);
  EXPECT_EQ(archive.segments_of(asset.id), asset.segments);
  const auto words = archive.words_of(asset.id);
  ASSERT_EQ(words.size(), 2U);
  EXPECT_EQ(words[0].text.words[1].text, "world");
  EXPECT_EQ(words[0].text.words[1].span, (TimeSpan{kSecond / 10, kSecond / 5}));
  EXPECT_EQ(words[1].lane, Lane::text);
  EXPECT_EQ(words[1].segment, 2U);
  EXPECT_EQ(words[1].text.language, "ko");
  EXPECT_FALSE(archive.find("b3:other").has_value());
  EXPECT_FALSE(archive.find("").has_value());
  EXPECT_THAT(archive.verify(), IsEmpty());
}

TEST(ArchiveTest, GivesTheVectorsOfAnAssetBack) {
  const test::TemporaryFolder folder;
  Archive archive = Archive::open_or_create(folder / "a", all_spaces());
  AssetRecord asset = sample_asset(2);
  test::add_speech(asset, 1, "hello world");
  asset.vectors.push_back({test::speech_space().id, 1, 2 * kSecond,
                           test::unit_vector(test::speech_space().dimension, 5), 0});
  archive.add(sample_asset(1));
  archive.add(asset);

  const auto visual = archive.vectors_of(asset.id, test::visual_space().id);
  ASSERT_EQ(visual.size(), 3U);
  EXPECT_EQ(visual[1].segment, 1U);
  EXPECT_EQ(visual[1].time, 3 * kSecond);
  EXPECT_EQ(visual[1].values, test::sample_visual(2, 1));
  EXPECT_FALSE(visual[1].words.has_value());
  const auto speech = archive.vectors_of(asset.id, test::speech_space().id);
  ASSERT_EQ(speech.size(), 4U);
  EXPECT_EQ(speech.back().words, 0U);
  EXPECT_EQ(speech.back().values, asset.vectors.back().values);
  EXPECT_THAT(archive.vectors_of("b3:other", test::visual_space().id), IsEmpty());
  const auto message =
      error_of([&] { archive.vectors_of(asset.id, "no-space"); }, ErrorCode::invalid_argument);
  EXPECT_THAT(message, HasSubstr("no-space"));
}

TEST(ArchiveTest, ReplacesAnAssetOfTheSameId) {
  const test::TemporaryFolder folder;
  Archive archive = Archive::open_or_create(folder / "a", all_spaces());
  archive.add(sample_asset(1, 5));
  AssetRecord again = sample_asset(1, 2);
  test::add_speech(again, 1, "second version");
  archive.add(again);
  EXPECT_EQ(archive.list().size(), 1U);
  EXPECT_EQ(archive.info().segments, 2U);
  EXPECT_EQ(archive.info().vectors.at("pictures/posterior"), 2U);
  EXPECT_EQ(archive.words_of(again.id).size(), 1U);
  EXPECT_THAT(archive.verify(), IsEmpty());
}

TEST(ArchiveTest, RemovesAnAssetAndItsFiles) {
  const test::TemporaryFolder folder;
  {
    Archive archive = Archive::open_or_create(folder / "a", all_spaces());
    archive.add(sample_asset(1));
    archive.add(sample_asset(2));
  }
  {
    Archive archive = Archive::open(folder / "a");
    EXPECT_TRUE(archive.remove(sample_asset(1).id));
    EXPECT_FALSE(archive.remove(sample_asset(1).id));
    EXPECT_EQ(archive.info().assets, 1U);
    EXPECT_THAT(archive.verify(), IsEmpty());
    EXPECT_TRUE(archive.remove(sample_asset(2).id));
    EXPECT_THAT(archive.verify(), IsEmpty());
  }
  const Archive archive = Archive::open_or_create(folder / "a", all_spaces());
  EXPECT_TRUE(std::filesystem::is_empty(folder / "a/vectors"));
  EXPECT_THAT(archive.verify(), IsEmpty());
}

TEST(ArchiveTest, FollowsAMovedFile) {
  const test::TemporaryFolder folder;
  Archive archive = Archive::open_or_create(folder / "a", all_spaces());
  archive.add(sample_asset(1));
  archive.set_path(sample_asset(1).id, "elsewhere/1.mp4");
  EXPECT_EQ(archive.find(sample_asset(1).id)->path, "elsewhere/1.mp4");
  EXPECT_THAT(error_of([&] { archive.set_path("b3:other", "x"); }, ErrorCode::not_found),
              HasSubstr("b3:other"));
}

TEST(ArchiveTest, KeepsPathsThatAreNotUtf8) {
  const test::TemporaryFolder folder;
  Archive archive = Archive::open_or_create(folder / "a", all_spaces());
  AssetRecord asset = sample_asset(1);
  asset.path = std::string("bad\xff\xfe\nname.mp4");
  archive.add(asset);
  EXPECT_EQ(archive.list().front().path.native(), asset.path.native());
  const auto result = archive.search(
      {.vectors = {{test::visual_space().id, test::sample_visual(1, 0), {}, false}}});
  ASSERT_FALSE(result.moments.empty());
  EXPECT_EQ(result.moments[0].path.native(), asset.path.native());
}

TEST(ArchiveTest, MayLieInAFolderWithAnyName) {
  const test::TemporaryFolder folder;
  const auto path = folder / std::string("한글 \xff ?#%\n'x");
  { Archive::open_or_create(path, all_spaces()).add(sample_asset(1)); }
  EXPECT_EQ(Archive::open(path).list().size(), 1U);
}

TEST(ArchiveTest, GainsSpacesLater) {
  const test::TemporaryFolder folder;
  Archive::open_or_create(folder / "a", {test::visual_space()});
  const Archive archive = Archive::open_or_create(folder / "a", all_spaces());
  EXPECT_EQ(archive.spaces().size(), 4U);
}

TEST(ArchiveTest, ReadersSeeSpacesThatItGainsLater) {
  const test::TemporaryFolder folder;
  Archive::open_or_create(folder / "a", {test::visual_space()});
  const Archive reader = Archive::open(folder / "a");
  reader.search({.vectors = {{test::visual_space().id, test::sample_visual(1, 0), {}, false}}});
  Archive::open_or_create(folder / "a", all_spaces());
  EXPECT_NO_THROW(reader.search(
      {.vectors = {{test::sound_space().id, std::vector<float>(24, 0.2F), {}, false}}}));
}

TEST(ArchiveTest, RefusesAnotherSpaceOfALaneNamingBoth) {
  const test::TemporaryFolder folder;
  Archive::open_or_create(folder / "a", all_spaces());
  Space other = test::visual_space();
  other.id = "another-space-0123456789";
  other.name = "siglip/posterior";
  const auto message = error_of([&] { Archive::open_or_create(folder / "a", {other}); },
                                ErrorCode::invalid_argument);
  EXPECT_THAT(message, HasSubstr("pictures/posterior (visual, visual-space)"));
  EXPECT_THAT(message, HasSubstr("siglip/posterior (visual, another-spac)"));
  // Nothing of the refused pack stays.
  EXPECT_EQ(Archive::open(folder / "a").spaces().size(), 4U);
}

TEST(ArchiveTest, RefusesVectorsThatDoNotFit) {
  const test::TemporaryFolder folder;
  Archive archive = Archive::open_or_create(folder / "a", {test::visual_space()});
  const auto refused = [&](auto&& change) {
    AssetRecord asset = sample_asset(1, 1);
    asset.vectors.resize(1);
    change(asset);
    return error_of([&] { archive.add(asset); }, ErrorCode::invalid_argument);
  };
  EXPECT_THAT(refused([](AssetRecord& a) { a.vectors[0].space = "unknown"; }),
              HasSubstr("unknown, this archive holds pictures/posterior"));
  EXPECT_THAT(refused([](AssetRecord& a) { a.vectors[0].values.pop_back(); }), HasSubstr("31"));
  EXPECT_THAT(refused([](AssetRecord& a) { a.vectors[0].values[3] = NAN; }),
              HasSubstr("not finite"));
  EXPECT_THAT(refused([](AssetRecord& a) { a.vectors[0].values[3] = 3e38F; }),
              HasSubstr("not finite"));
  EXPECT_THAT(refused([](AssetRecord& a) { a.vectors[0].segment = 1; }), HasSubstr("segment 1"));
  EXPECT_THAT(refused([](AssetRecord& a) { a.vectors[0].words = 0; }), HasSubstr("words 0 of 0"));
  EXPECT_THAT(refused([](AssetRecord& a) { a.segments[0].end = -1; }), HasSubstr("ascend"));
  EXPECT_EQ(archive.info().assets, 0U);
}

TEST(ArchiveTest, TellsASecondWriterAndLetsReadersRead) {
  const test::TemporaryFolder folder;
  Archive writer = Archive::open_or_create(folder / "a", all_spaces());
  writer.add(sample_asset(1));
  const auto message = error_of([&] { Archive::open_or_create(folder / "a", all_spaces()); },
                                ErrorCode::inaccessible);
  EXPECT_THAT(message, HasSubstr("another process is writing"));
  Archive reader = Archive::open(folder / "a");
  EXPECT_EQ(reader.list().size(), 1U);
  EXPECT_THAT(error_of([&] { reader.remove(sample_asset(1).id); }, ErrorCode::inaccessible),
              HasSubstr("another process is writing"));
  writer.add(sample_asset(2));
  EXPECT_EQ(reader.list().size(), 2U);
  EXPECT_EQ(
      reader.search({.vectors = {{test::visual_space().id, test::sample_visual(2, 0), {}, false}}})
          .moments[0]
          .asset,
      sample_asset(2).id);
}

TEST(ArchiveTest, SearchingAndVerifyingGoOnWhileAssetsAreAdded) {
  const test::TemporaryFolder folder;
  Archive writer = Archive::open_or_create(folder / "a", all_spaces());
  writer.add(sample_asset(0, 1));
  const Archive reader = Archive::open(folder / "a");
  constexpr int kAssets = 40;
  auto writing = std::async(std::launch::async, [&] {
    for (int number = 1; number <= kAssets; ++number) {
      writer.add(sample_asset(number, 1));
      writer.add(sample_asset(kAssets + 1, 2));  // again and again, in the place of itself
    }
  });
  const ArchiveQuery query{
      .vectors = {{test::visual_space().id, test::sample_visual(0, 0), {}, false}}};
  do {
    ASSERT_EQ(reader.search(query).moments.at(0).asset, sample_asset(0).id);
    ASSERT_THAT(reader.verify(), IsEmpty());
  } while (writing.wait_for(std::chrono::seconds(0)) != std::future_status::ready);
  writing.get();
  EXPECT_EQ(reader.list().size(), kAssets + 2U);
}

TEST(ArchiveTest, MakesTheFoldersAboveIt) {
  const test::TemporaryFolder folder;
  { Archive::open_or_create(folder / "x/y/z", all_spaces()).add(sample_asset(1)); }
  EXPECT_EQ(Archive::open(folder / "x/y/z").list().size(), 1U);
}

TEST(ArchiveTest, RefusesAnArchiveOfANewerFormat) {
  const test::TemporaryFolder folder;
  Archive::open_or_create(folder / "a", all_spaces());
  sqlite3* raw = nullptr;
  ASSERT_EQ(sqlite3_open((folder / "a/catalog.sqlite").c_str(), &raw), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(raw, "PRAGMA user_version=99", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(raw);
  EXPECT_THAT(error_of([&] { Archive::open(folder / "a"); }, ErrorCode::unsupported),
              HasSubstr("newer ogam (format 99"));
  EXPECT_THAT(error_of([&] { Archive::open_or_create(folder / "a", {}); }, ErrorCode::unsupported),
              HasSubstr("update ogam"));
}

TEST(ArchiveTest, RefusesADatabaseOfSomethingElse) {
  const test::TemporaryFolder folder;
  std::filesystem::create_directory(folder / "a");
  sqlite3* raw = nullptr;
  ASSERT_EQ(sqlite3_open((folder / "a/catalog.sqlite").c_str(), &raw), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(raw, "CREATE TABLE mine(x)", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(raw);
  EXPECT_THAT(error_of([&] { Archive::open(folder / "a"); }, ErrorCode::corrupt_data),
              HasSubstr("not the catalog"));
  EXPECT_THAT(error_of([&] { Archive::open_or_create(folder / "a", {}); }, ErrorCode::corrupt_data),
              HasSubstr("not the catalog"));
}

/// Runs `body` in a child process without the rights of root. @return its exit status.
template <typename Body>
int run_without_rights(const Body& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    const bool dropped = ::geteuid() != 0 || (::setgid(65534) == 0 && ::setuid(65534) == 0);
    ::_exit(dropped ? body() : 99);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 100;
}

TEST(ArchiveTest, CanBeReadWhereNothingCanBeWritten) {
  const test::TemporaryFolder folder;
  { Archive::open_or_create(folder / "a", all_spaces()).add(sample_asset(1)); }
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
  std::filesystem::permissions(folder / "a", std::filesystem::perms(0555));
  std::filesystem::permissions(folder / "a/vectors", std::filesystem::perms(0555));
  const int status = run_without_rights([&] {
    Archive archive = Archive::open(folder / "a");
    if (archive.list().size() != 1 || !archive.verify().empty()) {
      return 1;
    }
    if (archive
            .search({.vectors = {{test::visual_space().id, test::sample_visual(1, 0), {}, false}}})
            .moments.empty()) {
      return 2;
    }
    const auto removing = error_of([&] { archive.remove("b3:x"); }, ErrorCode::inaccessible);
    const auto opening = error_of([&] { Archive::open_or_create(folder / "a", all_spaces()); },
                                  ErrorCode::inaccessible);
    return removing.find("cannot be written") == std::string::npos  ? 3
           : opening.find("cannot be written") == std::string::npos ? 4
                                                                    : 0;
  });
  std::filesystem::permissions(folder / "a", std::filesystem::perms(0755));
  std::filesystem::permissions(folder / "a/vectors", std::filesystem::perms(0755));
  EXPECT_EQ(status, 0);
}

TEST(ArchiveTest, SaysSoWhenTheFolderCannotBeMade) {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "file") << "x";
  EXPECT_THAT(
      error_of([&] { Archive::open_or_create(folder / "file", {}); }, ErrorCode::inaccessible),
      HasSubstr("cannot make the folder"));
  EXPECT_THAT(
      error_of([&] { Archive::open_or_create(folder / "file/a", {}); }, ErrorCode::inaccessible),
      HasSubstr("cannot make the folder"));
}

TEST(ArchiveTest, ListsInTheOrderOfPaths) {
  const test::TemporaryFolder folder;
  Archive archive = Archive::open_or_create(folder / "a", all_spaces());
  for (const int number : {3, 1, 2}) {
    archive.add(sample_asset(number, 1));
  }
  std::vector<std::string> paths;
  for (const AssetSummary& asset : archive.list()) {
    paths.push_back(asset.path);
  }
  EXPECT_THAT(paths, ElementsAre("clips/1.mp4", "clips/2.mp4", "clips/3.mp4"));
}

}  // namespace
}  // namespace ogam

#include "core/hub/cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/hub/partial_blob.h"
#include "core/hub/pull.h"
#include "tests/core/hub/environment.h"
#include "tests/support/temporary_folder.h"

namespace ogam::hub {
namespace {

namespace fs = std::filesystem;

const std::string kCommit = "0123456789abcdef0123456789abcdef01234567";
// printf 'hello' | git hash-object --stdin, and sha256sum
const std::string kGitHello = "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0";
const std::string kSha256Hello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

class CacheTest : public ::testing::Test {
 protected:
  /// Writes "hello" into the cache as `etag` and links it.
  void add(const std::string& path, const std::string& etag = kGitHello) {
    make_folders(cache_.blob(etag).parent_path());
    write_file_atomically(cache_.blob(etag), "hello");
    cache_.link_file(kCommit, path, etag);
  }

  test::TemporaryFolder folder_;
  ModelCache cache_{folder_.path(), parse_model_id("org/name")};
};

TEST_F(CacheTest, TheLayoutIsHuggingFaceHubs) {
  add("a/b/config.json");
  const fs::path model = folder_ / "models--org--name";
  EXPECT_EQ(fs::read_symlink(model / "snapshots" / kCommit / "a/b/config.json"),
            "../../../../blobs/" + kGitHello);
  EXPECT_EQ(read_file(model / "snapshots" / kCommit / "a/b/config.json", 10), "hello");
  EXPECT_EQ(cache_.lock("x"), folder_ / ".locks/models--org--name/x.lock");
  cache_.write_ref("refs/pr/1", kCommit);
  EXPECT_EQ(read_file(model / "refs/refs/pr/1", 100), kCommit);
  EXPECT_EQ(cache_.commit_of("refs/pr/1"), kCommit);
  EXPECT_EQ(cache_.commit_of("main"), std::nullopt);
  EXPECT_EQ(cache_.commit_of(kCommit), kCommit);
}

TEST_F(CacheTest, AFileIsThereWhenItsSizeIsRight) {
  EXPECT_FALSE(cache_.has_file(kCommit, "config.json", 5));
  add("config.json");
  EXPECT_TRUE(cache_.has_file(kCommit, "config.json", 5));
  EXPECT_FALSE(cache_.has_file(kCommit, "config.json", 6));
  EXPECT_TRUE(cache_.has_blob(kGitHello, 5));
  fs::remove(cache_.blob(kGitHello));
  EXPECT_FALSE(cache_.has_file(kCommit, "config.json", 5));
}

TEST_F(CacheTest, ALinkThatStandsInAFoldersPlaceIsNotFollowed) {
  fs::create_directory(folder_ / "elsewhere");
  make_folders(cache_.snapshot(kCommit));
  fs::create_directory_symlink(folder_ / "elsewhere", cache_.snapshot(kCommit) / "sub");
  EXPECT_THROW(add("sub/config.json"), Error);
  EXPECT_TRUE(fs::is_empty(folder_ / "elsewhere"));
  add("file");
  EXPECT_THROW(add("file/config.json"), Error);
}

TEST_F(CacheTest, ADamagedReferenceIsAnError) {
  cache_.write_ref("main", kCommit);
  write_file_atomically(folder_ / "models--org--name/refs/main", "../../../etc");
  EXPECT_THROW(cache_.commit_of("main"), Error);
}

TEST_F(CacheTest, WhatASnapshotLacksIsNamed) {
  add("config.json");
  EXPECT_EQ(missing_files(cache_.snapshot(kCommit)).size(), 1U);
  add("model.safetensors");
  EXPECT_TRUE(missing_files(cache_.snapshot(kCommit)).empty());
  write_file_atomically(cache_.blob("index"),
                        R"({"weight_map":{"a":"m-1.safetensors","b":"m-2.safetensors"}})");
  cache_.link_file(kCommit, "model.safetensors.index.json", "index");
  add("m-1.safetensors");
  EXPECT_EQ(missing_files(cache_.snapshot(kCommit)), std::vector<std::string>{"m-2.safetensors"});
}

TEST_F(CacheTest, OneHolderAtATimeAlsoWithinAProcess) {
  const CancellationToken cancel;
  std::atomic<bool> entered = false;
  std::thread second;
  {
    const FileLock lock(cache_.lock("x"), cancel);
    second = std::thread([&] {
      const FileLock waiting(cache_.lock("x"), cancel);
      entered = true;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(250));
    EXPECT_FALSE(entered);
  }
  second.join();
  EXPECT_TRUE(entered);
  CancellationToken stopped;
  stopped.request();
  const FileLock held(cache_.lock("x"), cancel);
  EXPECT_THROW(FileLock(cache_.lock("x"), stopped), Cancelled);
}

TEST_F(CacheTest, APartialBlobGoesOnWhereItWasAndChecksBothHashes) {
  make_folders(cache_.blob("x").parent_path());
  for (const std::string& etag : {kGitHello, kSha256Hello}) {
    const RemoteFile file{.path = "f", .size = 5, .etag = etag};
    {
      PartialBlob part(cache_.blob(etag), file, {});
      part.append("hel");
    }
    PartialBlob part(cache_.blob(etag), file, {});
    EXPECT_EQ(part.size(), 3U);
    part.append("lo");
    EXPECT_TRUE(part.is_whole());
    EXPECT_TRUE(part.matches());
    part.finish();
    EXPECT_EQ(read_file(cache_.blob(etag), 10), "hello");
    EXPECT_FALSE(fs::exists(cache_.blob(etag).native() + ".incomplete"));
  }
}

TEST_F(CacheTest, APartialBlobTakesNoMoreThanTheFileHasAndNoOtherContent) {
  make_folders(cache_.blob("x").parent_path());
  const RemoteFile file{.path = "f", .size = 5, .etag = kGitHello};
  PartialBlob part(cache_.blob(kGitHello), file, {});
  EXPECT_THROW(part.append("hello!"), Error);
  part.append("jello");
  EXPECT_FALSE(part.matches());
  part.restart();
  part.append("hello");
  EXPECT_TRUE(part.matches());
}

TEST_F(CacheTest, APartialBlobIsNotWrittenThroughALink) {
  make_folders(cache_.blob("x").parent_path());
  write_file_atomically(folder_ / "precious", "mine");
  fs::create_symlink(folder_ / "precious", cache_.blob(kGitHello).native() + ".incomplete");
  const RemoteFile file{.path = "f", .size = 5, .etag = kGitHello};
  EXPECT_THROW(PartialBlob(cache_.blob(kGitHello), file, {}), Error);
  EXPECT_EQ(read_file(folder_ / "precious", 10), "mine");
}

TEST_F(CacheTest, ASnapshotIsFoundByIdAndAFolderStandsForItself) {
  const test::Environment nothing(test::no_hub_variables());
  const test::Environment cache{{"HF_HUB_CACHE", folder_.path().string()}};
  EXPECT_EQ(find_snapshot(parse_model_id("org/name")), std::nullopt);
  add("config.json");
  EXPECT_EQ(find_snapshot(parse_model_id("org/name")), std::nullopt);
  cache_.write_ref("main", kCommit);
  EXPECT_EQ(find_snapshot(parse_model_id("org/name")), cache_.snapshot(kCommit));
  EXPECT_EQ(resolve_model("org/name@" + kCommit), cache_.snapshot(kCommit));
  EXPECT_EQ(resolve_model(folder_.path().string()), folder_.path());
  try {
    resolve_model("org/other");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unavailable);
    EXPECT_NE(std::string(error.what()).find("ogam models pull org/other"), std::string::npos);
  }
  EXPECT_THROW(resolve_model("no/such/folder"), Error);
  for (const char* const path : {"/no/such/folder", "./folder", "../folder"}) {
    try {
      resolve_model(path);
      ADD_FAILURE() << path;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::unavailable) << path;
    }
  }
}

}  // namespace
}  // namespace ogam::hub

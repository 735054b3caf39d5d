#include "pipelines/indexing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/files.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace ogam {
namespace {

namespace fs = std::filesystem;

using Tags = std::map<std::string, std::string>;

const Pack& pack() {
  static const Pack shared = Pack::open(test::pack_folder().string());
  return shared;
}

/// A folder of texts and an archive of the text lane.
class IndexingTest : public ::testing::Test {
 protected:
  IndexingTest() { fs::create_directories(media()); }

  fs::path media() const { return folder_ / "media"; }

  void write(const std::string& name, const std::string& text) const {
    write_file_atomically(media() / name, text);
  }

  IndexReport run(IndexOptions options = {}) {
    files_.clear();
    options.lanes = {Lane::text};
    const auto on_file = options.on_file;
    options.on_file = [this, on_file](const FileReport& file) {
      files_.push_back(file);
      if (on_file) {
        on_file(file);
      }
    };
    return index(archive_, pack(), {media()}, options);
  }

  const test::TemporaryFolder folder_;
  Archive archive_ = Archive::open_or_create(folder_ / "archive", pack().spaces({Lane::text}));
  std::vector<FileReport> files_;  // of the last run
};

TEST_F(IndexingTest, AFileThatChangesWhileItIsReadFailsAndTheRestIsIndexed) {
  write("a.txt", "처음에 적은 글입니다.");
  write("b.txt", "A text that stays as it is.");
  IndexOptions options;
  options.on_progress = [&](const ProgressEvent& event) {
    if (event.message == "saving" && event.path.filename() == "a.txt") {
      write("a.txt", "그 사이에 바뀐, 더 긴 글입니다.");
    }
  };
  const IndexReport report = run(options);
  EXPECT_EQ(report.failed, 1U);
  EXPECT_EQ(report.indexed, 1U);
  ASSERT_EQ(files_.size(), 2U);
  EXPECT_THAT(files_[0].message, ::testing::HasSubstr("changed while it was read"));
  EXPECT_EQ(archive_.list().size(), 1U);
}

TEST_F(IndexingTest, TagsOfEarlierRunsStay) {
  write("a.txt", "도서관은 월요일에 쉽니다.");
  IndexOptions options;
  options.tags = {{"series", "news"}, {"year", "2023"}};
  run(options);
  options.tags = {{"year", "2024"}};
  EXPECT_EQ(run(options).indexed, 1U);
  ASSERT_EQ(archive_.list().size(), 1U);
  EXPECT_EQ(archive_.list().front().tags, (Tags{{"series", "news"}, {"year", "2024"}}));
  options.tags = {};
  options.force = true;
  EXPECT_EQ(run(options).indexed, 1U);
  EXPECT_EQ(archive_.list().front().tags, (Tags{{"series", "news"}, {"year", "2024"}}));
}

TEST_F(IndexingTest, TheSameContentElsewhereIsSkippedAndTheFirstPlaceIsNamed) {
  write("a.txt", "The same words twice.");
  write("b.txt", "The same words twice.");
  EXPECT_EQ(run().indexed, 1U);
  EXPECT_EQ(run().skipped, 2U);  // and again
  ASSERT_EQ(files_.size(), 2U);
  EXPECT_TRUE(files_[0].notes.empty());
  ASSERT_EQ(files_[1].notes.size(), 1U);
  EXPECT_THAT(files_[1].notes[0], ::testing::HasSubstr("a.txt"));
  ASSERT_EQ(archive_.list().size(), 1U);
  EXPECT_EQ(archive_.list().front().path, media() / "a.txt");
}

TEST_F(IndexingTest, StoppingKeepsWhatWasFinished) {
  write("a.txt", "The first text.");
  write("b.txt", "The second text.");
  IndexOptions options;
  options.on_file = [token = options.cancellation](const FileReport&) mutable { token.request(); };
  const IndexReport report = run(options);
  EXPECT_TRUE(report.cancelled);
  EXPECT_EQ(report.indexed, 1U);
  EXPECT_EQ(archive_.list().size(), 1U);
}

TEST_F(IndexingTest, ARunThatIsStoppedBeforeItBeginsIsNoError) {
  write("a.txt", "A text.");
  IndexOptions options;
  options.cancellation.request();
  EXPECT_TRUE(run(options).cancelled);
  EXPECT_TRUE(archive_.list().empty());
}

TEST_F(IndexingTest, AnUnknownLanguageIsRefusedBeforeAnyFile) {
  write("a.txt", "A text.");
  IndexOptions options;
  options.lanes = {Lane::speech, Lane::text};
  options.language = "klingon";
  EXPECT_THROW(index(archive_, pack(), {media()}, options), Error);
  EXPECT_TRUE(archive_.list().empty());
}

TEST_F(IndexingTest, FramesAreSampledAtSensibleRatesOnly) {
  for (const double rate : {0.0, -1.0, 1e-13, 61.0, std::nan("")}) {
    IndexOptions options;
    options.sample_fps = rate;
    EXPECT_THROW(run(options), Error) << rate;
  }
}

}  // namespace
}  // namespace ogam

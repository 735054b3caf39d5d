#include "pipelines/input_files.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "core/base/files.h"
#include "tests/support/temporary_folder.h"

namespace ogam {
namespace {

namespace fs = std::filesystem;

void touch(const fs::path& path) {
  fs::create_directories(path.parent_path());
  write_file_atomically(path, "x");
}

std::vector<std::string> names(const std::vector<InputFile>& files) {
  std::vector<std::string> found;
  for (const InputFile& file : files) {
    found.push_back(file.path.filename().string());
  }
  return found;
}

TEST(InputFilesTest, FoldersAreWalkedInOrderOfNames) {
  const test::TemporaryFolder folder;
  touch(folder / "b.mp4");
  touch(folder / "a/z.jpg");
  touch(folder / "영상.mp4");
  touch(folder / "notes.docx");
  touch(folder / ".hidden.mp4");
  EXPECT_EQ(names(find_input_files({folder.path()})),
            (std::vector<std::string>{"z.jpg", "b.mp4", "영상.mp4"}));
}

TEST(InputFilesTest, AFileThatIsNamedIsTakenWhateverItsName) {
  const test::TemporaryFolder folder;
  touch(folder / "recording.dat");
  EXPECT_EQ(find_input_files({folder / "recording.dat"}).size(), 1U);
}

TEST(InputFilesTest, AFileThatIsNamedTwiceIsTakenOnce) {
  const test::TemporaryFolder folder;
  touch(folder / "a.mp4");
  EXPECT_EQ(find_input_files({folder / "a.mp4", folder.path(), folder / "." / "a.mp4"}).size(), 1U);
}

TEST(InputFilesTest, SubtitlesBelongToTheVideoBesideThem) {
  const test::TemporaryFolder folder;
  touch(folder / "film.mp4");
  touch(folder / "film.srt");
  touch(folder / "alone.srt");
  const auto files = find_input_files({folder.path()});
  ASSERT_EQ(names(files), (std::vector<std::string>{"alone.srt", "film.mp4"}));
  EXPECT_EQ(files[1].subtitles, folder / "film.srt");
  EXPECT_TRUE(files[0].subtitles.empty());
}

TEST(InputFilesTest, SubtitlesBesideAPictureOrATextAreFilesOfTheirOwn) {
  const test::TemporaryFolder folder;
  touch(folder / "photo.jpg");
  touch(folder / "photo.srt");
  touch(folder / "script.txt");
  touch(folder / "script.vtt");
  const auto files = find_input_files({folder.path()});
  ASSERT_EQ(names(files),
            (std::vector<std::string>{"photo.jpg", "photo.srt", "script.txt", "script.vtt"}));
  for (const InputFile& file : files) {
    EXPECT_TRUE(file.subtitles.empty()) << file.path;
  }
}

TEST(InputFilesTest, KoreanSamiSubtitlesBelongToTheVideoBesideThem) {
  const test::TemporaryFolder folder;
  touch(folder / "영화.mp4");
  touch(folder / "영화.smi");
  const auto files = find_input_files({folder.path()});
  ASSERT_EQ(names(files), std::vector<std::string>{"영화.mp4"});
  EXPECT_EQ(files[0].subtitles, folder / "영화.smi");
}

TEST(InputFilesTest, SubtitlesAreFoundWhateverTheCaseOfTheirExtension) {
  const test::TemporaryFolder folder;
  touch(folder / "FILM.MP4");
  touch(folder / "FILM.SRT");
  const auto files = find_input_files({folder.path()});
  ASSERT_EQ(names(files), std::vector<std::string>{"FILM.MP4"});
  EXPECT_EQ(files[0].subtitles, folder / "FILM.SRT");
}

TEST(InputFilesTest, ARequestToStopEndsTheWalk) {
  const test::TemporaryFolder folder;
  touch(folder / "a.mp4");
  CancellationToken cancellation;
  cancellation.request();
  EXPECT_THROW(find_input_files({folder.path()}, cancellation), Cancelled);
}

TEST(InputFilesTest, LinkLoopsEndAndAreNamed) {
  const test::TemporaryFolder folder;
  touch(folder / "media/a.mp4");
  fs::create_directory_symlink(folder.path(), folder / "media/up");
  fs::create_symlink(folder / "media/self.mp4", folder / "media/self.mp4");
  const auto files = find_input_files({folder.path()});
  ASSERT_EQ(names(files), (std::vector<std::string>{"a.mp4", "self.mp4"}));
  EXPECT_FALSE(files[0].error);
  ASSERT_TRUE(files[1].error);
  EXPECT_NE(std::string(files[1].error->what()).find("self.mp4"), std::string::npos);
}

TEST(InputFilesTest, AMissingInputIsAnEntryWithAnError) {
  const auto files = find_input_files({"/nonexistent/file.mp4"});
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files[0].error->code(), ErrorCode::not_found);
}

}  // namespace
}  // namespace ogam

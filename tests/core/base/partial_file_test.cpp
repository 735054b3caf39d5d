#include "core/base/partial_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/base/error.h"
#include "core/base/files.h"
#include "tests/support/temporary_folder.h"

namespace ogam {
namespace {

TEST(PartialFileTest, TheOldContentIsSeenUntilTheNewOneIsWhole) {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "a") << "old";
  {
    PartialFile file(folder / "a");
    EXPECT_EQ(write_all(file.descriptor(), "new"), 0);
    EXPECT_EQ(file.path().parent_path(), folder.path());
    EXPECT_EQ(read_file(folder / "a", 100), "old");
    file.commit();
    EXPECT_EQ(read_file(folder / "a", 100), "new");
  }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(PartialFileTest, NothingStaysOfWhatWasNotCommitted) {
  const test::TemporaryFolder folder;
  { const PartialFile file(folder / "a"); }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(PartialFileTest, AFolderThatIsNotThereIsToldWithTheTarget) {
  const test::TemporaryFolder folder;
  try {
    const PartialFile file(folder / "no" / "a");
    ADD_FAILURE() << "it was made";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::inaccessible);
    EXPECT_NE(std::string(error.what()).find("no/a: "), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace ogam

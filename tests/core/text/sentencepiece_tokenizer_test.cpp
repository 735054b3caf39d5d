#include "core/text/sentencepiece_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "core/base/files.h"
#include "tests/support/temporary_folder.h"

namespace ogam {
namespace {

TEST(SentencePieceTokenizerTest, AFileThatIsNoModelIsRefusedByName) {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "tokenizer.model", "not a model");
  try {
    const SentencePieceTokenizer tokenizer(folder / "tokenizer.model");
    FAIL() << "was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::corrupt_data);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("tokenizer.model is not a SentencePiece model"));
  }
}

TEST(SentencePieceTokenizerTest, AMissingModelIsNotFound) {
  const test::TemporaryFolder folder;
  try {
    const SentencePieceTokenizer tokenizer(folder / "tokenizer.model");
    FAIL() << "was found";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::not_found);
  }
}

}  // namespace
}  // namespace ogam

#include "core/text/token_model.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/error.h"

namespace ogam {
namespace {

using Ids = std::vector<std::int32_t>;

Ids encode(const SortedJson& model, const std::string& word) {
  Ids ids;
  parse_token_model(SortedJson::parse(model.dump()), "test")->encode(word, ids);
  return ids;
}

TEST(BpeModelTest, TheLastCharacterOfAWordMayHaveASuffix) {
  const SortedJson model = {{"type", "BPE"},
                            {"vocab", {{"a", 0}, {"b", 1}, {"b</w>", 2}, {"ab</w>", 3}}},
                            {"merges", {"a b</w>"}},
                            {"end_of_word_suffix", "</w>"}};
  EXPECT_EQ(encode(model, "ab"), (Ids{3}));
  EXPECT_EQ(encode(model, "abb"), (Ids{0, 1, 2}));
}

TEST(BpeModelTest, CharactersButTheFirstMayHaveAPrefix) {
  const SortedJson model = {{"type", "BPE"},
                            {"vocab", {{"a", 0}, {"##b", 1}, {"ab", 2}}},
                            {"merges", {"a ##b"}},
                            {"continuing_subword_prefix", "##"}};
  EXPECT_EQ(encode(model, "ab"), (Ids{2}));
  EXPECT_EQ(encode(model, "abb"), (Ids{2, 1}));
}

TEST(BpeModelTest, UnknownCharactersBecomeOneTokenEachOrTogether) {
  SortedJson model = {{"type", "BPE"},
                      {"vocab", {{"<unk>", 0}, {"a", 1}}},
                      {"merges", SortedJson::array()},
                      {"unk_token", "<unk>"}};
  EXPECT_EQ(encode(model, "xyax"), (Ids{0, 0, 1, 0}));
  model["fuse_unk"] = true;
  EXPECT_EQ(encode(model, "xyax"), (Ids{0, 1, 0}));
  model["unk_token"] = nullptr;
  EXPECT_EQ(encode(model, "xyax"), (Ids{1}));
  model["unk_token"] = "<missing>";
  EXPECT_EQ(encode(model, "a"), (Ids{1}));
  EXPECT_THROW(encode(model, "x"), Error);
}

TEST(BpeModelTest, BytesStandInForCharacters) {
  const SortedJson model = {{"vocab", {{"<unk>", 0}, {"<0xC3>", 1}, {"<0xA9>", 2}}},
                            {"merges", SortedJson::array()},
                            {"unk_token", "<unk>"},
                            {"byte_fallback", true}};
  EXPECT_EQ(encode(model, "é"), (Ids{1, 2}));
  EXPECT_EQ(encode(model, "ö"), (Ids{0}));
}

TEST(BpeModelTest, MergesThatLeadBackToThemselvesEnd) {
  // "" would make every merge with it change nothing.
  const SortedJson model = {{"type", "BPE"},
                            {"vocab", {{"", 0}, {"a", 1}, {"aa", 2}, {"aaa", 3}}},
                            {"merges", {"a ", " a", "a a", "aa a", " "}}};
  EXPECT_EQ(encode(model, std::string(9, 'a')), (Ids{2, 2, 2, 3}));
}

TEST(WordPieceModelTest, TheLongestBeginningComesFirst) {
  const SortedJson model = {
      {"type", "WordPiece"},
      {"vocab", {{"[UNK]", 0}, {"un", 1}, {"una", 2}, {"##able", 3}, {"##ble", 4}, {"a", 5}}},
      {"unk_token", "[UNK]"},
      {"continuing_subword_prefix", "##"},
      {"max_input_chars_per_word", 7}};
  EXPECT_EQ(encode(model, "unable"), (Ids{2, 4}));
  EXPECT_EQ(encode(model, "unx"), (Ids{0}));
  EXPECT_EQ(encode(model, "unablea"), (Ids{0}));
  EXPECT_EQ(encode(model, "unableable"), (Ids{0}));  // too long
}

TEST(WordPieceModelTest, LongWordsTakeNoQuadraticTime) {
  const SortedJson model = {{"type", "WordPiece"},
                            {"vocab", {{"[UNK]", 0}, {"a", 1}, {"##a", 2}, {"##aa", 3}}},
                            {"unk_token", "[UNK]"},
                            {"continuing_subword_prefix", "##"},
                            {"max_input_chars_per_word", 1 << 30}};
  EXPECT_EQ(encode(model, std::string(1'000'001, 'a')).size(), 500'001U);
}

TEST(WordLevelModelTest, WordsAreKnownOrNot) {
  const SortedJson model = {
      {"type", "WordLevel"}, {"vocab", {{"<unk>", 0}, {"word", 1}}}, {"unk_token", "<unk>"}};
  EXPECT_EQ(encode(model, "word"), (Ids{1}));
  EXPECT_EQ(encode(model, "words"), (Ids{0}));
}

SortedJson unigram() {
  return SortedJson::parse(
      R"({"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0.0], ["a", -1.0], ["b", -1.0],)"
      R"( ["ab", -1.5], ["abb", -4.0], ["c", -9.0]]})");
}

TEST(UnigramModelTest, TheBestSumOfScoresWins) {
  EXPECT_EQ(encode(unigram(), "ab"), (Ids{3}));
  EXPECT_EQ(encode(unigram(), "abb"), (Ids{3, 2}));
  EXPECT_EQ(encode(unigram(), "bac"), (Ids{2, 1, 5}));
}

TEST(UnigramModelTest, UnknownNeighboursAreOneTokenOrTheirBytes) {
  auto model = unigram();
  EXPECT_EQ(encode(model, "axyb"), (Ids{1, 0, 2}));
  model["byte_fallback"] = true;
  model["vocab"].push_back(SortedJson::array({"<0x78>", -1.0}));
  EXPECT_EQ(encode(model, "axb"), (Ids{1, 6, 2}));
  EXPECT_EQ(encode(model, "axyb"), (Ids{1, 0, 2}));  // y has no byte
  model.erase("unk_id");
  EXPECT_EQ(encode(model, "ab"), (Ids{3}));
  EXPECT_THROW(encode(model, "y"), Error);
}

TEST(TokenModelTest, OlderFilesTellTheirTypeByTheirFields) {
  auto model = unigram();
  model.erase("type");
  EXPECT_EQ(encode(model, "ab"), (Ids{3}));
  EXPECT_EQ(encode({{"vocab", {{"<unk>", 0}}}, {"unk_token", "<unk>"}}, "x"), (Ids{0}));
}

TEST(TokenModelTest, ScoresAndIdsAreChecked) {
  auto model = unigram();
  model["unk_id"] = 6;
  EXPECT_THROW(encode(model, "a"), Error);
  model = unigram();
  model["vocab"][0][1] = "0";
  EXPECT_THROW(encode(model, "a"), Error);
}

}  // namespace
}  // namespace ogam

#include "core/text/bpe_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/text/byte_alphabet.h"
#include "core/text/tokenizer_json.h"
#include "tests/support/temporary_folder.h"

namespace ogam {
namespace {

using Ids = std::vector<std::int32_t>;

/// Bytes are their own ids; "lo" is 256, "low" 257, " l" 258; "<|x|>" 300 is special, "<y>" 301
/// not.
Json small_tokenizer() {
  Json vocabulary = Json::object();
  for (int byte = 0; byte < 256; ++byte) {
    vocabulary[byte_symbol(static_cast<unsigned char>(byte))] = byte;
  }
  const auto space = byte_symbol(' ');
  vocabulary["lo"] = 256;
  vocabulary["low"] = 257;
  vocabulary[space + "l"] = 258;
  return {{"added_tokens",
           {{{"id", 300}, {"content", "<|x|>"}, {"special", true}},
            {{"id", 301}, {"content", "<y>"}, {"special", false}, {"normalized", true}}}},
          {"normalizer", nullptr},
          {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}}},
          {"decoder", {{"type", "ByteLevel"}}},
          {"model",
           {{"type", "BPE"},
            {"vocab", vocabulary},
            {"merges", {"l o", Json::array({"lo", "w"}), space + " l"}}}}};
}

BpeTokenizer tokenizer_of(const Json& json) {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "tokenizer.json", dump_json(json));
  return BpeTokenizer(folder.path());
}

TEST(BpeTokenizerTest, MergesFollowTheirRank) {
  const auto tokenizer = tokenizer_of(small_tokenizer());
  EXPECT_EQ(tokenizer.encode("low"), (Ids{257}));
  EXPECT_EQ(tokenizer.encode(" low"), (Ids{' ', 257}));  // "l o" comes before " l"
  EXPECT_EQ(tokenizer.encode(" l"), (Ids{258}));
  EXPECT_EQ(tokenizer.encode(""), Ids{});
}

TEST(BpeTokenizerTest, AddedTokensAreRecognisedAndSpecialOnesNotDecoded) {
  const auto tokenizer = tokenizer_of(small_tokenizer());
  const auto ids = tokenizer.encode("<|x|>low<y>");
  EXPECT_EQ(ids, (Ids{300, 257, 301}));
  EXPECT_EQ(tokenizer.decode(ids), "low<y>");
  EXPECT_EQ(tokenizer.token_id("<|x|>"), 300);
  EXPECT_EQ(tokenizer.token_id("low"), 257);
  EXPECT_FALSE(tokenizer.token_id("nothing").has_value());
  EXPECT_EQ(tokenizer.vocabulary_size(), 302);
}

TEST(BpeTokenizerTest, DecodingGivesBackTheBytes) {
  const auto tokenizer = tokenizer_of(small_tokenizer());
  for (const std::string text : {"한글 😀\n\ttab", "  low lo l  ", "\x01\x7F"}) {
    EXPECT_EQ(tokenizer.decode(tokenizer.encode(text)), text);
  }
  EXPECT_EQ(tokenizer.decode(Ids{0xED, 0x95}), "\xED\x95");  // within a character
  EXPECT_EQ(tokenizer.decode(Ids{-1, 299, 1 << 30, 'a'}), "a");
}

TEST(BpeTokenizerTest, BrokenAndDecomposedTextIsMendedFirst) {
  const auto tokenizer = tokenizer_of(small_tokenizer());
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("a\xFF")), "a\xEF\xBF\xBD");
  EXPECT_EQ(tokenizer.encode("\u1112\u1161\u11AB"), tokenizer.encode("한"));
}

TEST(BpeTokenizerTest, LongWordTakesNoQuadraticTime) {
  const auto tokenizer = tokenizer_of(small_tokenizer());
  std::string word;
  for (int i = 0; i < 300'000; ++i) {
    word += "low";
  }
  EXPECT_EQ(tokenizer.encode(word).size(), 300'000U);
}

struct BadTokenizer {
  std::string name;
  std::function<void(Json&)> damage;
  ErrorCode code = ErrorCode::corrupt_data;
};

class BadTokenizerTest : public ::testing::TestWithParam<BadTokenizer> {};

TEST_P(BadTokenizerTest, IsRefused) {
  auto json = small_tokenizer();
  GetParam().damage(json);
  try {
    tokenizer_of(json);
    FAIL() << "was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), GetParam().code) << error.what();
    EXPECT_THAT(error.what(), ::testing::HasSubstr("tokenizer.json"));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Files, BadTokenizerTest,
    ::testing::Values(
        BadTokenizer{"NotAnObject", [](Json& j) { j = Json::array(); }},
        BadTokenizer{"NoModel", [](Json& j) { j.erase("model"); }},
        BadTokenizer{"NoPreTokenizer", [](Json& j) { j.erase("pre_tokenizer"); }},
        BadTokenizer{"VocabularyIsArray", [](Json& j) { j["model"]["vocab"] = Json::array(); }},
        BadTokenizer{"ByteMissing", [](Json& j) { j["model"]["vocab"].erase("a"); }},
        BadTokenizer{"NegativeId", [](Json& j) { j["model"]["vocab"]["lo"] = -1; }},
        BadTokenizer{"HugeId", [](Json& j) { j["model"]["vocab"]["lo"] = 1LL << 40; }},
        BadTokenizer{"LargestId", [](Json& j) { j["added_tokens"][0]["id"] = INT32_MAX; }},
        BadTokenizer{"IdTwice", [](Json& j) { j["model"]["vocab"]["lo"] = 257; }},
        BadTokenizer{"MergeOfOne", [](Json& j) { j["model"]["merges"] = {"lo"}; }},
        BadTokenizer{"MergeOfThree", [](Json& j) { j["model"]["merges"] = {"l o w"}; }},
        BadTokenizer{"MergeIsNumber", [](Json& j) { j["model"]["merges"] = {1}; }},
        BadTokenizer{"MergeNotInVocabulary", [](Json& j) { j["model"]["merges"] = {"q q"}; }},
        BadTokenizer{"AddedTokenEmpty", [](Json& j) { j["added_tokens"][0]["content"] = ""; }},
        BadTokenizer{"AddedTokenIdTaken", [](Json& j) { j["added_tokens"][0]["id"] = 5; }},
        BadTokenizer{"AddedTokenTwice",
                     [](Json& j) { j["added_tokens"].push_back(j["added_tokens"][0]); }},
        BadTokenizer{"OtherModel", [](Json& j) { j["model"]["type"] = "Unigram"; },
                     ErrorCode::unsupported},
        BadTokenizer{"OtherNormalizer",
                     [](Json& j) {
                       j["normalizer"] = {{"type", "NFKC"}};
                     },
                     ErrorCode::unsupported},
        BadTokenizer{"OtherDecoder", [](Json& j) { j["decoder"]["type"] = "Metaspace"; },
                     ErrorCode::unsupported},
        BadTokenizer{"Dropout", [](Json& j) { j["model"]["dropout"] = 0.1; },
                     ErrorCode::unsupported},
        BadTokenizer{"WordSuffix", [](Json& j) { j["model"]["end_of_word_suffix"] = "</w>"; },
                     ErrorCode::unsupported}),
    [](const auto& param) { return param.param.name; });

TEST(BpeTokenizerTest, MissingFileIsNotFound) {
  const test::TemporaryFolder folder;
  EXPECT_THROW(BpeTokenizer{folder.path()}, Error);
}

}  // namespace
}  // namespace ogam

#include "core/text/tokenizer.h"

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
#include "tests/support/temporary_folder.h"

namespace ogam {
namespace {

using Ids = std::vector<std::int32_t>;

/// Bytes are their own ids; "lo" is 256, "low" 257, " l" 258; "<|x|>" 259 is special, "<y>" 260
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
           {{{"id", 259}, {"content", "<|x|>"}, {"special", true}},
            {{"id", 260}, {"content", "<y>"}, {"special", false}, {"normalized", true}}}},
          {"normalizer", nullptr},
          {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}}},
          {"decoder", {{"type", "ByteLevel"}}},
          {"model",
           {{"type", "BPE"},
            {"vocab", vocabulary},
            {"merges", {"l o", Json::array({"lo", "w"}), space + " l"}}}}};
}

Tokenizer tokenizer_of(const Json& json) {
  return Tokenizer::parse(dump_json(json), "tokenizer.json");
}

TEST(TokenizerTest, MergesFollowTheirRank) {
  const auto tokenizer = tokenizer_of(small_tokenizer());
  EXPECT_EQ(tokenizer.encode("low"), (Ids{257}));
  EXPECT_EQ(tokenizer.encode(" low"), (Ids{' ', 257}));  // "l o" comes before " l"
  EXPECT_EQ(tokenizer.encode(" l"), (Ids{258}));
  EXPECT_EQ(tokenizer.encode(""), Ids{});
}

TEST(TokenizerTest, AddedTokensAreRecognisedAndSpecialOnesNotDecoded) {
  const auto tokenizer = tokenizer_of(small_tokenizer());
  const auto ids = tokenizer.encode("<|x|>low<y>");
  EXPECT_EQ(ids, (Ids{259, 257, 260}));
  EXPECT_EQ(tokenizer.decode(ids), "low<y>");
  EXPECT_EQ(tokenizer.decode(ids, {.skip_special_tokens = false}), "<|x|>low<y>");
  EXPECT_EQ(tokenizer.token_id("<|x|>"), 259);
  EXPECT_EQ(tokenizer.token_id("low"), 257);
  EXPECT_FALSE(tokenizer.token_id("nothing").has_value());
  EXPECT_EQ(tokenizer.vocabulary_size(), 261);
}

TEST(TokenizerTest, ALongTextIsCutBeforeTheTokensThatEndIt) {
  auto json = small_tokenizer();
  json["post_processor"] = {
      {"type", "TemplateProcessing"},
      {"single",
       {{{"Sequence", {{"id", "A"}, {"type_id", 0}}}},
        {{"SpecialToken", {{"id", "<|x|>"}, {"type_id", 0}}}}}},
      {"pair",
       {{{"Sequence", {{"id", "A"}, {"type_id", 0}}}},
        {{"Sequence", {{"id", "B"}, {"type_id", 0}}}}}},
      {"special_tokens", {{"<|x|>", {{"id", "<|x|>"}, {"ids", {259}}, {"tokens", {"<|x|>"}}}}}}};
  const auto tokenizer = tokenizer_of(json);
  EXPECT_EQ(tokenizer.encode("abc", {.max_tokens = 4}), (Ids{'a', 'b', 'c', 259}));
  EXPECT_EQ(tokenizer.encode("abc", {.max_tokens = 3}), (Ids{'a', 'b', 259}));
  EXPECT_EQ(tokenizer.encode("abc", {.max_tokens = 1}), (Ids{259}));
  EXPECT_EQ(tokenizer.encode("abc", {.add_special_tokens = false, .max_tokens = 2}),
            (Ids{'a', 'b'}));
  EXPECT_THROW(tokenizer.encode("abc", {.max_tokens = 0}), Error);
}

TEST(TokenizerTest, DecodingGivesBackTheBytes) {
  const auto tokenizer = tokenizer_of(small_tokenizer());
  for (const std::string text : {"한글 😀\n\ttab", "  low lo l  ", "\x01\x7F"}) {
    EXPECT_EQ(tokenizer.decode(tokenizer.encode(text)), text);
  }
  EXPECT_EQ(tokenizer.decode(Ids{0xED, 0x95}), "\xEF\xBF\xBD");  // within a character
  EXPECT_EQ(tokenizer.decode(Ids{0xED, 0x95}, {.repair = false}), "\xED\x95");
  EXPECT_EQ(tokenizer.decode(Ids{-1, 270, 1 << 30, 'a'}), "a");
}

TEST(TokenizerTest, BrokenTextIsMendedFirst) {
  const auto tokenizer = tokenizer_of(small_tokenizer());
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("a\xFF")), "a\xEF\xBF\xBD");
}

TEST(TokenizerTest, SpecialTokensSurroundOneTextOrTwo) {
  auto json = small_tokenizer();
  json["post_processor"] = {
      {"type", "BertProcessing"}, {"cls", {"<|x|>", 259}}, {"sep", {"<y>", 260}}};
  const auto tokenizer = tokenizer_of(json);
  EXPECT_EQ(tokenizer.encode("a"), (Ids{259, 'a', 260}));
  EXPECT_EQ(tokenizer.encode("a", {.add_special_tokens = false}), (Ids{'a'}));
  EXPECT_EQ(tokenizer.encode_pair("a", "b"), (Ids{259, 'a', 260, 'b', 260}));
  EXPECT_EQ(tokenizer.encode_pair("a", "b", {.add_special_tokens = false}), (Ids{'a', 'b'}));
}

TEST(TokenizerTest, TruncationAndPaddingAreToldAndNotDone) {
  auto json = small_tokenizer();
  json["truncation"] = {
      {"max_length", 2}, {"direction", "Left"}, {"strategy", "LongestFirst"}, {"stride", 0}};
  json["padding"] = {{"strategy", {{"Fixed", 64}}},
                     {"direction", "Right"},
                     {"pad_to_multiple_of", nullptr},
                     {"pad_id", 7},
                     {"pad_type_id", 0},
                     {"pad_token", "<pad>"}};
  const auto tokenizer = tokenizer_of(json);
  EXPECT_EQ(tokenizer.encode("abc").size(), 3U);
  ASSERT_TRUE(tokenizer.truncation().has_value());
  EXPECT_EQ(tokenizer.truncation()->max_length, 2U);
  EXPECT_EQ(tokenizer.truncation()->side, TextSide::left);
  ASSERT_TRUE(tokenizer.padding().has_value());
  EXPECT_EQ(tokenizer.padding()->length, 64U);
  EXPECT_EQ(tokenizer.padding()->multiple_of, 1U);
  EXPECT_EQ(tokenizer.padding()->id, 7);
}

TEST(TokenizerTest, NormalizedAddedTokensAreFoundInNormalizedText) {
  auto json = small_tokenizer();
  json["normalizer"] = {{"type", "Lowercase"}};
  json["added_tokens"][1]["content"] = "<Y>";
  const auto tokenizer = tokenizer_of(json);
  EXPECT_EQ(tokenizer.encode("A<y><Y><|X|>").size(), 1 + 2 + 5U);
  EXPECT_EQ(tokenizer.token_id("<Y>"), 260);
}

TEST(TokenizerTest, AnAddedTokenThatIsNormalizedAwayIsNeverFound) {
  auto json = small_tokenizer();
  json["normalizer"] = {{"type", "Replace"}, {"pattern", {{"String", "<y>"}}}, {"content", ""}};
  EXPECT_EQ(tokenizer_of(json).encode("a<y>"), (Ids{'a'}));
}

TEST(TokenizerTest, ATextBeginsWhereItsFirstCharacterWas) {
  auto json = small_tokenizer();
  json["normalizer"] = {{"type", "Strip"}, {"strip_left", true}, {"strip_right", false}};
  json["pre_tokenizer"] = {{"type", "Sequence"},
                           {"pretokenizers",
                            {{{"type", "WhitespaceSplit"}},
                             {{"type", "Metaspace"},
                              {"replacement", "_"},
                              {"prepend_scheme", "first"},
                              {"split", false}}}}};
  const auto tokenizer = tokenizer_of(json);
  EXPECT_EQ(tokenizer.encode("a b"), (Ids{'_', 'a', 'b'}));
  EXPECT_EQ(tokenizer.encode(" a b"), (Ids{'a', 'b'}));
  EXPECT_EQ(tokenizer.encode("<|x|>a"), (Ids{259, 'a'}));
}

TEST(TokenizerTest, LongWordTakesNoQuadraticTime) {
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
        BadTokenizer{"VocabularyIsArray", [](Json& j) { j["model"]["vocab"] = Json::array(); }},
        BadTokenizer{"AddedTokenIdSkipped", [](Json& j) { j["added_tokens"][1]["id"] = 300; }},
        BadTokenizer{"AddedTokensNormalizedToOne",
                     [](Json& j) {
                       j["normalizer"] = {{"type", "Lowercase"}};
                       j["added_tokens"].push_back({{"id", 261}, {"content", "<Y>"}});
                     }},
        BadTokenizer{"TemplateNamesNoToken",
                     [](Json& j) {
                       j["post_processor"] = {{"type", "TemplateProcessing"},
                                              {"single", {{{"SpecialToken", {{"id", "<s>"}}}}}},
                                              {"pair", Json::array()},
                                              {"special_tokens", Json::object()}};
                     }},
        BadTokenizer{"TemplateOfOneNamesTheSecond",
                     [](Json& j) {
                       j["post_processor"] = {{"type", "TemplateProcessing"},
                                              {"single", {{{"Sequence", {{"id", "B"}}}}}},
                                              {"pair", Json::array()},
                                              {"special_tokens", Json::object()}};
                     }},
        BadTokenizer{"SpecialTokenIsNoToken",
                     [](Json& j) {
                       j["post_processor"] = {
                           {"type", "BertProcessing"}, {"cls", {"a", 0}}, {"sep", {"b", 261}}};
                     }},
        BadTokenizer{"CharsmapIsNoBase64",
                     [](Json& j) {
                       j["normalizer"] = {{"type", "Precompiled"}, {"precompiled_charsmap", "?"}};
                     }},
        BadTokenizer{"CharsmapIsCutShort",
                     [](Json& j) {
                       j["normalizer"] = {{"type", "Precompiled"},
                                          {"precompiled_charsmap", "/////w=="}};
                     }},
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
        BadTokenizer{"OtherModel", [](Json& j) { j["model"]["type"] = "Other"; },
                     ErrorCode::unsupported},
        BadTokenizer{"OtherNormalizer",
                     [](Json& j) {
                       j["normalizer"] = {{"type", "Other"}};
                     },
                     ErrorCode::unsupported},
        BadTokenizer{"OtherDecoder", [](Json& j) { j["decoder"]["type"] = "CTC"; },
                     ErrorCode::unsupported},
        BadTokenizer{"OtherField", [](Json& j) { j["model"]["other"] = 1; },
                     ErrorCode::unsupported},
        BadTokenizer{"OtherVersion", [](Json& j) { j["version"] = "2.0"; },
                     ErrorCode::unsupported},
        BadTokenizer{"Dropout", [](Json& j) { j["model"]["dropout"] = 0.1; },
                     ErrorCode::unsupported},
        BadTokenizer{"AddedTokenIsEndless",
                     [](Json& j) { j["added_tokens"][0]["content"] = std::string(5000, 'x'); },
                     ErrorCode::resource_exhausted},
        BadTokenizer{"PatternIsEndless",
                     [](Json& j) {
                       j["pre_tokenizer"] = {{"type", "Split"},
                                             {"pattern", {{"Regex", std::string(70'000, 'x')}}},
                                             {"behavior", "Removed"},
                                             {"invert", false}};
                     },
                     ErrorCode::unsupported},
        BadTokenizer{"PatternNestsTooDeep",
                     [](Json& j) {
                       j["pre_tokenizer"] = {{"type", "Split"},
                                             {"pattern",
                                              {{"Regex", std::string(5000, '(') + "a" +
                                                             std::string(5000, ')')}}},
                                             {"behavior", "Removed"},
                                             {"invert", false}};
                     },
                     ErrorCode::unsupported}),
    [](const auto& param) { return param.param.name; });

TEST(TokenizerTest, TheFileOfAFolderIsRead) {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "tokenizer.json", dump_json(small_tokenizer()));
  EXPECT_EQ(Tokenizer(folder.path()).encode("low"), (Ids{257}));
}

TEST(TokenizerTest, MissingFileIsNotFound) {
  const test::TemporaryFolder folder;
  EXPECT_THROW(Tokenizer{folder.path()}, Error);
}

}  // namespace
}  // namespace ogam

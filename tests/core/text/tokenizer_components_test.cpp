#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/text/normalizers.h"
#include "core/text/post_processors.h"
#include "core/text/pre_tokenizers.h"
#include "core/text/tokenizer_decoders.h"

namespace ogam {
namespace {

std::string normalized(const SortedJson& json, const std::string& text) {
  NormalizedText result{text};
  Normalizer(json, "test").apply(result);
  return result.text;
}

std::vector<std::string> words(const SortedJson& json, const std::string& text) {
  const auto split = PreTokenizer(json, "test").split({text, text.empty() ? 0U : 1U});
  std::vector<std::string> result;
  for (const auto& word : split.words) {
    result.emplace_back(split.word(word));
  }
  return result;
}

using Words = std::vector<std::string>;

SortedJson bert_normalizer(const SortedJson& strip_accents, bool lowercase) {
  return {{"type", "BertNormalizer"},
          {"clean_text", true},
          {"handle_chinese_chars", true},
          {"strip_accents", strip_accents},
          {"lowercase", lowercase}};
}

TEST(NormalizerTest, UnicodeFormsAreFour) {
  EXPECT_EQ(normalized({{"type", "NFC"}}, "e\u0301"), "\u00E9");
  EXPECT_EQ(normalized({{"type", "NFD"}}, "한"), "\u1112\u1161\u11AB");
  EXPECT_EQ(normalized({{"type", "NFKC"}}, "ﬁ①"), "fi1");
  EXPECT_EQ(normalized({{"type", "NFKD"}}, "\u00E9½"), "e\u03011\u20442");
}

TEST(NormalizerTest, LowercaseIsCharacterByCharacter) {
  EXPECT_EQ(normalized({{"type", "Lowercase"}}, "ÀΣİ"), "àσi\u0307");
}

TEST(NormalizerTest, BertStripsAccentsWhereItLowersUnlessTold) {
  EXPECT_EQ(normalized(bert_normalizer(nullptr, true), "É\t한\x01中"), "e \u1112\u1161\u11AB 中 ");
  EXPECT_EQ(normalized(bert_normalizer(nullptr, false), "É"), "É");
  EXPECT_EQ(normalized(bert_normalizer(false, true), "É"), "é");
  EXPECT_EQ(normalized(bert_normalizer(true, false), "É"), "E");
}

TEST(NormalizerTest, StepsFollowEachOther) {
  const SortedJson json = {
      {"type", "Sequence"},
      {"normalizers",
       {{{"type", "Strip"}, {"strip_left", true}, {"strip_right", true}},
        {{"type", "Prepend"}, {"prepend", "▁"}},
        {{"type", "Replace"}, {"pattern", {{"Regex", " {2,}"}}}, {"content", "▁"}},
        {{"type", "Replace"}, {"pattern", {{"String", "."}}}, {"content", "!"}}}}};
  EXPECT_EQ(normalized(json, "  a  b.c "), "▁a▁b!c");
  EXPECT_EQ(normalized(json, "   "), "");
}

SortedJson charsmap(const char* base64) {
  return {{"type", "Precompiled"}, {"precompiled_charsmap", base64}};
}

TEST(NormalizerTest, ACharacterMapReplacesClustersByTheShortestThatItKnows) {
  // A trie of three units: the root, "a", and the place of its replacement, which is "bc".
  const auto json = charsmap("DAAAAACAAQBhDQAAAAAAAGJjAA==");
  EXPECT_EQ(normalized(json, "xa한"), "xbc한");
  EXPECT_EQ(normalized(json, "a\u0301"), "bc");
  EXPECT_EQ(normalized(json, "a\u0301\u0301\u0301"), "bc\u0301\u0301\u0301");  // a long cluster
}

TEST(NormalizerTest, ACharacterMapThatPointsOutOfItselfFindsNothing) {
  EXPECT_THROW(normalized(charsmap("AAAAAA=="), "a"), Error);  // no trie
  EXPECT_EQ(normalized(charsmap("BAAAAAD8//8="), "a한"), "a한");
}

TEST(NormalizerTest, ATextGrowsSoFarAndNoFurther) {
  const SortedJson twice = {{"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", "aa"}};
  const std::vector<SortedJson> steps(40, twice);
  try {
    normalized({{"type", "Sequence"}, {"normalizers", steps}}, "a");
    FAIL() << "grew without end";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::resource_exhausted);
  }
}

TEST(NormalizerTest, ASequenceHasAnEnd) {
  const std::vector<SortedJson> steps(65, {{"type", "NFC"}});
  EXPECT_THROW(normalized({{"type", "Sequence"}, {"normalizers", steps}}, "a"), Error);
}

TEST(PreTokenizerTest, ByteLevelSplitsLikeGpt2) {
  EXPECT_EQ(words({{"type", "ByteLevel"}, {"add_prefix_space", true}}, "it's  12é"),
            (Words{"Ġit", "'s", "Ġ", "Ġ12", "Ã©"}));
  EXPECT_EQ(
      words({{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}}, "a b"),
      (Words{"aĠb"}));
}

TEST(PreTokenizerTest, WhiteSpaceAndSignsSplit) {
  EXPECT_EQ(words({{"type", "Whitespace"}}, "a-b  c_d!?"), (Words{"a", "-", "b", "c_d", "!?"}));
  EXPECT_EQ(words({{"type", "WhitespaceSplit"}}, "a-b\u3000c"), (Words{"a-b", "c"}));
  EXPECT_EQ(words({{"type", "BertPreTokenizer"}}, "a-b $!"), (Words{"a", "-", "b", "$", "!"}));
  EXPECT_EQ(words({{"type", "Punctuation"}, {"behavior", "Contiguous"}}, "a..b"),
            (Words{"a", "..", "b"}));
  EXPECT_EQ(words({{"type", "Digits"}, {"individual_digits", true}}, "a12"),
            (Words{"a", "1", "2"}));
  EXPECT_EQ(words({{"type", "Digits"}, {"individual_digits", false}}, "a12½b"),
            (Words{"a", "12½", "b"}));
  EXPECT_EQ(words({{"type", "CharDelimiterSplit"}, {"delimiter", "한"}}, "a한한b"),
            (Words{"a", "b"}));
}

TEST(PreTokenizerTest, MetaspaceMarksTheBeginningsOfWords) {
  SortedJson json = {{"type", "Metaspace"}, {"replacement", "▁"}, {"prepend_scheme", "always"}};
  EXPECT_EQ(words(json, "a  b"), (Words{"▁a", "▁", "▁b"}));
  json["prepend_scheme"] = "never";
  json["split"] = false;
  EXPECT_EQ(words(json, "a b"), (Words{"a▁b"}));
}

TEST(PreTokenizerTest, MatchesGoWhereTheBehaviourSays) {
  const auto split = [](const char* behavior, bool invert) {
    return words({{"type", "Split"},
                  {"pattern", {{"String", "-"}}},
                  {"behavior", behavior},
                  {"invert", invert}},
                 "a--b-");
  };
  EXPECT_EQ(split("Removed", false), (Words{"a", "b"}));
  EXPECT_EQ(split("Removed", true), (Words{"-", "-", "-"}));
  EXPECT_EQ(split("Isolated", false), (Words{"a", "-", "-", "b", "-"}));
  EXPECT_EQ(split("MergedWithPrevious", false), (Words{"a-", "-", "b-"}));
  EXPECT_EQ(split("MergedWithNext", false), (Words{"a", "-", "-b", "-"}));
  EXPECT_EQ(split("Contiguous", false), (Words{"a", "--", "b", "-"}));
}

std::string decoded(const SortedJson& json, std::vector<std::string> tokens) {
  return DecoderChain(json, "test").decode(std::move(tokens));
}

TEST(DecoderTest, TokensAreJoinedBySpacesWithoutADecoder) {
  EXPECT_EQ(decoded(nullptr, {"a", "b"}), "a b");
  EXPECT_EQ(decoded({{"type", "Fuse"}}, {"a", "b"}), "ab");
}

TEST(DecoderTest, EachKindUndoesItsModel) {
  EXPECT_EQ(decoded({{"type", "ByteLevel"}}, {"Ġa", "Ã", "©", "<한>"}), " aé<한>");
  EXPECT_EQ(decoded({{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}},
                    {"don", "##e", ".", "it", "'s"}),
            "done. it's");
  EXPECT_EQ(decoded({{"type", "Metaspace"}, {"replacement", "▁"}}, {"▁a", "▁b"}), "a b");
  EXPECT_EQ(decoded({{"type", "BPEDecoder"}, {"suffix", "</w>"}}, {"a</w>", "b", "c</w>"}), "a bc");
  EXPECT_EQ(decoded({{"type", "BPEDecoder"}, {"suffix", "</w>"}}, {}), "");
  EXPECT_EQ(decoded({{"type", "ByteFallback"}}, {"<0xC3>", "<0xA9>", "a", "<0xC3>", "<0xZZ>"}),
            "éa\xEF\xBF\xBD<0xZZ>");
  EXPECT_EQ(
      decoded({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 2}}, {"  a ", " "}),
      " a");
}

PostProcessor post_processor(const char* json) {
  return PostProcessor(SortedJson::parse(json), "test");
}

TEST(PostProcessorTest, ATemplateMayTurnTextsRound) {
  const auto processor = post_processor(R"({
    "type": "TemplateProcessing",
    "single": [{"SpecialToken": {"id": "[S]", "type_id": 0}}, {"Sequence": {"id": "A"}}],
    "pair": [{"Sequence": {"id": "B"}}, {"Sequence": {"id": "A"}}],
    "special_tokens": {"[S]": {"id": "[S]", "ids": [7, 8], "tokens": ["[S]", "[T]"]}}})");
  EXPECT_EQ(processor.apply({1}, true), (PostProcessor::Ids{7, 8, 1}));
  EXPECT_EQ(processor.apply({1}, false), (PostProcessor::Ids{1}));
  EXPECT_EQ(processor.apply_to_pair({1}, {2}, true), (PostProcessor::Ids{2, 1}));
}

TEST(PostProcessorTest, ATemplateMayAddNothing) {
  const auto processor = post_processor(R"({
    "type": "TemplateProcessing", "single": [{"Sequence": {"id": "A"}}],
    "pair": [{"Sequence": {"id": "A"}}, {"Sequence": {"id": "B"}}], "special_tokens": {}})");
  EXPECT_EQ(processor.apply({1}, true), (PostProcessor::Ids{1}));
}

TEST(PostProcessorTest, RobertaPutsTwoTokensBetweenTexts) {
  const auto processor = post_processor(
      R"({"type": "Sequence", "processors": [{"type": "ByteLevel"}, {"type": "RobertaProcessing",
          "cls": ["<s>", 0], "sep": ["</s>", 2], "trim_offsets": true, "add_prefix_space": true}]})");
  EXPECT_EQ(processor.apply_to_pair({5}, {6}, true), (PostProcessor::Ids{0, 5, 2, 2, 6, 2}));
}

TEST(PostProcessorTest, TwoThatAddTokensAreRefused) {
  EXPECT_THROW(post_processor(R"({"type": "Sequence", "processors": [
                 {"type": "BertProcessing", "cls": ["a", 1], "sep": ["b", 2]},
                 {"type": "BertProcessing", "cls": ["a", 1], "sep": ["b", 2]}]})"),
               Error);
}

}  // namespace
}  // namespace ogam

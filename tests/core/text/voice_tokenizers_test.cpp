#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/text/hangul_romanization.h"
#include "core/text/piper_tokenizer.h"
#include "core/text/vits_tokenizer.h"
#include "tests/support/temporary_folder.h"

namespace ogam {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A voice's folder with these two files.
struct Folder {
  Folder(const Json& vocabulary, const Json& config) {
    write_file_atomically(files / "vocab.json", vocabulary.dump());
    write_file_atomically(files / "tokenizer_config.json", config.dump());
  }
  test::TemporaryFolder files;
};

const Json kLetters = {{"k", 0}, {" ", 1}, {"a", 2}, {"n", 3}, {"i", 4}, {"<unk>", 5}};
const Json kPlain = {{"phonemize", false}, {"pad_token", "k"}, {"language", "eng"}};

Json with(Json config, const char* key, const Json& value) {
  config[key] = value;
  return config;
}

TEST(VitsTokenizerTest, SetsBlanksBetweenKnownLettersInLowerCase) {
  const Folder folder(kLetters, kPlain);
  const VitsTokenizer tokenizer(folder.files.path());
  EXPECT_THAT(tokenizer.encode("An I!").ids, ElementsAre(0, 2, 0, 3, 0, 1, 0, 4, 0));
  // The pad token stands without blanks of its own.
  EXPECT_THAT(tokenizer.encode("kakk").ids, ElementsAre(0, 0, 2, 0, 0, 0));
  EXPECT_EQ(tokenizer.language(), "eng");
  EXPECT_FALSE(tokenizer.knows_digits());
}

TEST(VitsTokenizerTest, NamesTheLettersThatItLeavesOut) {
  const Folder folder(kLetters, kPlain);
  const auto spoken = VitsTokenizer(folder.files.path()).encode("zaz 한, Z1");
  EXPECT_THAT(spoken.left_out, ElementsAre("z", "한", "1"));
  EXPECT_TRUE(VitsTokenizer(folder.files.path()).encode("?! \xff").ids.empty());
}

TEST(VitsTokenizerTest, RomanisesKoreanAndRefusesOtherLanguagesThatNeedIt) {
  const Folder korean(kLetters, with(with(kPlain, "is_uroman", true), "language", "kor"));
  EXPECT_THAT(VitsTokenizer(korean.files.path()).encode("아니").ids,
              ElementsAre(0, 2, 0, 3, 0, 4, 0));
  const Folder hindi(kLetters, with(with(kPlain, "is_uroman", true), "language", "hin"));
  try {
    VitsTokenizer(hindi.files.path());
    FAIL() << "a voice that needs uroman was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unsupported);
    EXPECT_THAT(error.what(), HasSubstr("hin"));
  }
}

TEST(VitsTokenizerTest, RefusesWhatItDoesNotImplementOrUnderstand) {
  const std::pair<const char*, Json> wrong[] = {{"phonemize", true},
                                                {"normalize", false},
                                                {"tokenizer_class", "BertTokenizer"},
                                                {"add_blank", 3}};
  for (const auto& [key, value] : wrong) {
    const Folder folder(kLetters, with(kPlain, key, value));
    EXPECT_THROW(VitsTokenizer(folder.files.path()), Error) << key;
  }
  for (const Json& vocabulary : {Json::array(), Json::object(), Json{{"a", -1}}, Json{{"a", "b"}},
                                 Json{{"a", 1}, {"b", 1}}, Json{{"a", 1e12}}}) {
    const Folder folder(vocabulary, kPlain);
    EXPECT_THROW(VitsTokenizer(folder.files.path()), Error) << vocabulary;
  }
}

const Json kPhonemes = {{"_", 0}, {"^", 1}, {"$", 2}, {"c", 3}, {"\u0327", 4}, {"a", 5}, {".", 6}};
const Json kPiper = {{"tokenizer_class", "PiperTokenizer"},
                     {"espeak_voice", "en-us"},
                     {"language", "en"},
                     {"pad_token", "_"},
                     {"bos_token", "^"},
                     {"eos_token", "$"}};

TEST(PiperTokenizerTest, PadsPhonemesBetweenStartAndEnd) {
  const Folder folder(kPhonemes, kPiper);
  const PiperTokenizer tokenizer(folder.files.path());
  const auto spoken = tokenizer.encode("\u00e7a.x");  // which decomposes into c and its cedilla
  EXPECT_THAT(spoken.ids, ElementsAre(1, 0, 3, 0, 4, 0, 5, 0, 6, 0, 2));
  EXPECT_THAT(spoken.left_out, ElementsAre("x"));
  EXPECT_EQ(tokenizer.espeak_voice(), "en-us");
}

TEST(PiperTokenizerTest, MarksAloneAreNothingToSpeak) {
  const Folder folder(kPhonemes, kPiper);
  EXPECT_TRUE(PiperTokenizer(folder.files.path()).encode("...").ids.empty());
  EXPECT_TRUE(PiperTokenizer(folder.files.path()).encode("").ids.empty());
}

TEST(PiperTokenizerTest, RefusesBrokenFolders) {
  const std::pair<const char*, Json> wrong[] = {{"tokenizer_class", "VitsTokenizer"},
                                                {"pad_token", "q"},
                                                {"bos_token", "^^"},
                                                {"eos_token", 1}};
  for (const auto& [key, value] : wrong) {
    const Folder folder(kPhonemes, with(kPiper, key, value));
    EXPECT_THROW(PiperTokenizer(folder.files.path()), Error) << key;
  }
}

TEST(HangulRomanizationTest, EqualsUroman) {
  const char* const source = std::getenv("OGAM_SOURCE_DIR");
  ASSERT_NE(source, nullptr) << "run the tests with ctest";
  const auto golden = read_json_file(std::filesystem::path(source) / "tests" / "golden" /
                                     "hangul_romanization.json");
  ASSERT_GT(golden.size(), 170u);
  for (const auto& [text, romanized] : golden.items()) {
    EXPECT_EQ(romanize_hangul(text), romanized.get<std::string>()) << text;
  }
}

TEST(HangulRomanizationTest, RefusesLettersOfOtherScripts) {
  EXPECT_THROW(romanize_hangul("漢字"), Error);
  EXPECT_EQ(romanize_hangul("\u1112\u1161\u11ab“”!"), "han“”!");  // decomposed Hangul
}

}  // namespace
}  // namespace ogam

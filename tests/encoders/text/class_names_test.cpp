#include "encoders/text/class_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "core/base/error.h"
#include "core/base/files.h"
#include "tests/support/temporary_folder.h"

namespace ogam {
namespace {

ClassNames read(const std::string& text) {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "names.json", text);
  return ClassNames::read(folder / "names.json");
}

TEST(ClassNamesTest, NamesOfAllLanguagesAndKindsAreRead) {
  const auto names = read(R"({"classes": [
      {"id": "a", "names": {"en": ["tabby"], "ko": ["고양이"]},
       "hypernyms": [{"depth": 1, "en": ["animal"], "ko": []}]},
      {"id": "b", "names": {"en": ["dog", "animal"]}}], "penalty": 0.05})");
  EXPECT_EQ(names.ids, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(names.names, (std::vector<std::string>{"animal", "dog", "tabby", "고양이"}));
  ASSERT_EQ(names.entries.size(), 5U);
  EXPECT_EQ(names.entries[0].name_index, 0);
  EXPECT_EQ(names.entries[0].class_index, 0);
  EXPECT_EQ(names.entries[0].depth, 1);
  EXPECT_EQ(names.entries[1].class_index, 1);
  EXPECT_EQ(names.entries[1].depth, 0);
  EXPECT_DOUBLE_EQ(names.penalty, 0.05);
}

TEST(ClassNamesTest, DecomposedNamesAreComposed) {
  const auto names = read(
      "{\"classes\": [{\"id\": \"a\", \"names\": {\"ko\": [\"\u1100\u1173\u11AF\"]}}], "
      "\"penalty\": 0}");
  EXPECT_EQ(names.names, std::vector<std::string>{"글"});
}

TEST(ClassNamesTest, GlossaryReplacesWordsWithTheirParticles) {
  const auto names = read(R"({"classes": [{"id": "a", "names": {"en": ["a"]}}], "penalty": 0,
      "glossary": {"곰": "bear", "뱀": "snake"}, "particles": ["에서", "이", "과"]})");
  EXPECT_EQ(names.apply_glossary("곰"), "bear");
  EXPECT_EQ(names.apply_glossary("숲에서 곰과  뱀이 논다"), "숲에서 bear  snake 논다");
  EXPECT_EQ(names.apply_glossary("곰탕"), "곰탕");
  EXPECT_EQ(names.apply_glossary(""), "");
  EXPECT_EQ(names.apply_glossary(" 곰 "), " bear ");
  EXPECT_EQ(names.apply_glossary("\u1100\u1169\u11B7"), "bear");  // decomposed 곰
}

TEST(ClassNamesTest, DamagedFilesAreRefused) {
  for (
      const auto* const text :
      {"", "[]", "{}", R"({"classes": []})", R"({"classes": [], "penalty": 0})",
       R"({"classes": [{"id": "a"}], "penalty": 0})",
       R"({"classes": [{"names": {"en": ["a"]}}], "penalty": 0})",
       R"({"classes": [{"id": "a", "names": {"en": []}}], "penalty": 0})",
       R"({"classes": [{"id": "a", "names": {"en": "a"}}], "penalty": 0})",
       R"({"classes": [{"id": "a", "names": {"en": [""]}}], "penalty": 0})",
       R"({"classes": [{"id": "a", "names": {"en": [1]}}], "penalty": 0})",
       R"({"classes": [{"id": "a", "names": ["a"]}], "penalty": 0})",
       R"({"classes": [{"id": "a", "names": {"en": ["a"]}}]})",
       R"({"classes": [{"id": "a", "names": {"en": ["a"]}}], "penalty": -1})",
       R"({"classes": [{"id": "a", "names": {"en": ["a"]}, "hypernyms": [{"en": ["b"]}]}], "penalty": 0})",
       R"({"classes": [{"id": "a", "names": {"en": ["a"]}, "hypernyms": [{"depth": 0, "en": ["b"]}]}], "penalty": 0})",
       R"({"classes": [{"id": "a", "names": {"en": ["a"]}}], "penalty": 0, "glossary": [1]})"}) {
    EXPECT_THROW(read(text), Error) << text;
  }
}

}  // namespace
}  // namespace ogam

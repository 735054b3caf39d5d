#include "core/hub/model_card.h"

#include <gtest/gtest.h>

#include <string>

#include "core/base/files.h"
#include "tests/support/temporary_folder.h"

namespace ogam::hub {
namespace {

TEST(ModelCardTest, TheLicenceStandsInTheFrontMatter) {
  EXPECT_EQ(card_licence("---\nlanguage: ko\nlicense: Apache-2.0\n---\n# A model\n").name,
            "apache-2.0");
  EXPECT_EQ(card_licence("---\r\nlicense: \"mit\"\r\n---\r\n").name, "mit");
  EXPECT_EQ(card_licence("---\nlicense:\n- mit\n- cc0-1.0\ntags:\n- x\n---\n").name, "mit,cc0-1.0");
  EXPECT_EQ(card_licence("---\nlicense: [mit, 'gpl-3.0']\n---\n").name, "mit,gpl-3.0");
}

TEST(ModelCardTest, ALicenceOfItsOwnHasAName) {
  const auto licence = card_licence("---\nlicense: other\nlicense_name: Gemma\n---\n");
  EXPECT_EQ(licence.name, "gemma");
  EXPECT_FALSE(licence.note.empty());
  EXPECT_EQ(card_licence("---\nlicense: other\n---\n").name, "other");
}

TEST(ModelCardTest, WhatIsNoFrontMatterNamesNoLicence) {
  for (const char* card : {"", "---", "---\n", "# name\nlicense: mit\n", "---\nlicense: mit\n",
                           "---\nmodel:\n  license: mit\n---\n", "---\nlicense:\n---\nmit\n",
                           "---\nlanguage: x\n---\nlicense: mit\n"}) {
    EXPECT_EQ(card_licence(card).name, "") << card;
    EXPECT_FALSE(card_licence(card).note.empty());
  }
}

TEST(ModelCardTest, StrangeLettersDoNotPass) {
  EXPECT_EQ(card_licence("---\nlicense: m\x1b[31mit\n---\n").name, "m?[31mit");
  EXPECT_LE(card_licence("---\nlicense: " + std::string(10'000, 'x') + "\n---\n").name.size(),
            100U);
}

TEST(ModelCardTest, AFolderMayHaveNoCard) {
  const test::TemporaryFolder folder;
  EXPECT_EQ(folder_licence(folder.path()).name, "");
  write_file_atomically(folder / "README.md", "---\nlicense: mit\n---\n");
  EXPECT_EQ(folder_licence(folder.path()).name, "mit");
}

}  // namespace
}  // namespace ogam::hub

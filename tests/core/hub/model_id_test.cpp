#include "core/hub/model_id.h"

#include <gtest/gtest.h>

#include "core/base/error.h"

namespace ogam::hub {
namespace {

TEST(ModelIdTest, AnIdMayNameItsRevision) {
  const ModelId plain = parse_model_id("google/siglip2-base-patch16-256");
  EXPECT_EQ(plain.name, "google/siglip2-base-patch16-256");
  EXPECT_EQ(plain.revision, "main");
  EXPECT_EQ(plain.text(), "google/siglip2-base-patch16-256");
  const ModelId pinned = parse_model_id("gpt2@refs/pr/1");
  EXPECT_EQ(pinned.name, "gpt2");
  EXPECT_EQ(pinned.revision, "refs/pr/1");
  EXPECT_EQ(pinned.text(), "gpt2@refs/pr/1");
  EXPECT_EQ(parse_model_id("a/b@v1.0").revision, "v1.0");
}

TEST(ModelIdTest, WhatIsNoIdIsRefused) {
  for (const char* text :
       {"",           "/",      "a/",       "/a",        "a/b/c",  "a--b",     "a..b",
        "../a",       "a/..",   ".a",       "a.",        "-a",     "a/b.git",  "a b",
        "a\nb",       "a/b@",   "a/b@../x", "a/b@/x",    "a/b@x/", "a/b@x//y", "a/b@.x",
        "a/b@x.lock", "a/b@-x", "a/b@x y",  "한글/모델", "a\\b"}) {
    EXPECT_THROW(parse_model_id(text), Error) << text;
  }
  EXPECT_THROW(parse_model_id(std::string(97, 'a')), Error);
  EXPECT_NO_THROW(parse_model_id(std::string(96, 'a') + "/" + std::string(96, 'b')));
}

TEST(ModelIdTest, OnlyFortySmallHexadecimalDigitsAreACommit) {
  EXPECT_TRUE(is_commit("0123456789abcdef0123456789abcdef01234567"));
  EXPECT_FALSE(is_commit("0123456789ABCDEF0123456789abcdef01234567"));
  EXPECT_FALSE(is_commit("0123456789abcdef"));
}

}  // namespace
}  // namespace ogam::hub

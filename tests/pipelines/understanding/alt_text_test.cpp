#include "pipelines/understanding/alt_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "tests/pipelines/understanding/sample_material.h"

namespace ogam {
namespace {

using test::empty_video;
using test::sentence;

AssetMaterial picture() {
  AssetMaterial material;
  material.asset.kind = "image";
  material.segments = {{{}, {{"monarch", 0.78F}, {"admiral", 0.06F}}, {}}};
  material.written = {sentence({}, "Danaus plexippus"), sentence({}, "Danaus plexippus")};
  return material;
}

TEST(AltTextTest, NamesWhatAPictureShowsAndSays) {
  const auto texts = alt_texts(picture(), std::nullopt, "en");
  ASSERT_EQ(texts.size(), 1U);
  EXPECT_EQ(texts[0].text, "Picture: monarch; words: Danaus plexippus");
  EXPECT_EQ(texts[0].pictures.size(), 2U);  // also the unlikely one
  EXPECT_EQ(alt_texts(picture(), std::nullopt, "ko")[0].text,
            "그림: monarch; 글자: Danaus plexippus");
}

TEST(AltTextTest, SaysWhenNothingHasAName) {
  AssetMaterial material = picture();
  material.segments[0].pictures = {{"wig", 0.1F}};
  material.written.clear();
  EXPECT_EQ(alt_texts(material, std::nullopt, "en")[0].text,
            "Picture: nothing that has a name here");
}

TEST(AltTextTest, DescribesSegmentsOrASpan) {
  AssetMaterial material = empty_video(15 * kSecond);
  material.segments[0].pictures = {{"taxi", 0.8F}};
  material.segments[1].pictures = {{"bicycle", 0.6F}};
  material.segments[1].sounds = {{"Music", 0.9F}};
  material.written = {sentence({6 * kSecond, 9 * kSecond}, "도로 공사")};
  const auto each = alt_texts(material, std::nullopt, "en");
  ASSERT_EQ(each.size(), 3U);
  EXPECT_EQ(each[0].text, "Picture: taxi");
  EXPECT_EQ(each[1].text, "Picture: bicycle; sound: Music; words: 도로 공사");
  const auto span = alt_texts(material, TimeSpan{0, 10 * kSecond}, "en");
  ASSERT_EQ(span.size(), 1U);
  EXPECT_EQ(span[0].text, "Picture: taxi, bicycle; sound: Music; words: 도로 공사");
  EXPECT_NEAR(span[0].pictures[0].probability, 0.4, 1e-6);
  EXPECT_THROW(alt_texts(material, TimeSpan{0, 16 * kSecond}, "en"), Error);
  EXPECT_THROW(alt_texts(material, TimeSpan{5 * kSecond, 5 * kSecond}, "en"), Error);
}

}  // namespace
}  // namespace ogam

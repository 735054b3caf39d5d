#include "decoders/audio/espeak.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "core/base/error.h"

namespace ogam {
namespace {

TEST(EspeakTest, KeepsTheMarksThatEndClauses) {
  const Espeak english("en-us");
  EXPECT_EQ(english.phonemes("Hello, world! How are you? Fine; thanks: yes."),
            "həlˈoʊ, wˈɜːld! hˈaʊ ɑːɹ juː? fˈaɪn; θˈæŋks: jˈɛs.");
  EXPECT_EQ(english.phonemes("No end"), "nˈoʊ ˈɛnd");
  EXPECT_EQ(english.phonemes("He said \"no.\" Then... what?!"), "hiː sˈɛd nˈoʊ. ðˈɛn. wˌʌt!");
}

TEST(EspeakTest, ReadsNumbersAndLeavesOutMarksOfOtherLanguages) {
  const Espeak english("en-us");
  EXPECT_EQ(english.phonemes("3.5"), "θɹˈiː pɔɪnt fˈaɪv");
  EXPECT_EQ(english.phonemes("안녕").find('('), std::string::npos);
  EXPECT_FALSE(Espeak("ko").phonemes("안녕하세요.").empty());
}

TEST(EspeakTest, NothingComesOfNothing) {
  const Espeak english("en-us");
  EXPECT_EQ(english.phonemes(""), "");
  EXPECT_EQ(english.phonemes(" \n "), "");
  EXPECT_EQ(english.phonemes("..."), "");
  EXPECT_NE(english.phonemes(std::string("a\0b\xff", 4)), "");
}

TEST(EspeakTest, SpeaksAndFasterIsShorter) {
  const Espeak korean("ko");
  const auto slow = korean.speak("안녕하세요. 반갑습니다.", 1);
  const auto fast = korean.speak("안녕하세요. 반갑습니다.", 2);
  EXPECT_GT(slow.size(), static_cast<std::size_t>(Espeak::sample_rate()));
  EXPECT_LT(fast.size(), slow.size());
  EXPECT_GT(*std::max_element(slow.begin(), slow.end()), 0.05F);
}

TEST(EspeakTest, VoicesDoNotDisturbEachOtherAcrossThreads) {
  const Espeak english("en-us");
  const Espeak korean("ko");
  const auto expected_english = english.phonemes("seven red cars");
  const auto expected_korean = korean.phonemes("빨간 자동차");
  const auto repeat = [](const Espeak& voice, const char* text, const std::string& expected) {
    for (int i = 0; i < 50; ++i) {
      EXPECT_EQ(voice.phonemes(text), expected);
    }
  };
  std::thread other([&] { repeat(korean, "빨간 자동차", expected_korean); });
  repeat(english, "seven red cars", expected_english);
  other.join();
}

TEST(EspeakTest, RefusesVoicesThatAreNone) {
  for (const char* const name : {"xx-nope", "", "../../etc/passwd", "en us", "e\n"}) {
    try {
      const Espeak voice(name);
      ADD_FAILURE() << "a voice '" << name << "'";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_argument) << name;
    }
  }
}

}  // namespace
}  // namespace ogam

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "archive/archive.h"
#include "tests/archive/sample_assets.h"
#include "tests/support/temporary_folder.h"

namespace ogam {
namespace {

using test::add_speech;
using test::all_spaces;
using test::error_of;
using test::sample_asset;
using test::spoken_asset;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// An archive in a folder of its own.
struct Fixture {
  test::TemporaryFolder folder;
  Archive archive = Archive::open_or_create(folder / "a", all_spaces());

  std::vector<std::string> find(const ArchiveQuery& query) const {
    std::vector<std::string> found;
    for (const Moment& moment : archive.search(query).moments) {
      found.push_back(moment.asset + "@" + format_time(moment.span.start));
    }
    return found;
  }
};

VectorQuery like_visual(int number, int segment) {
  return {test::visual_space().id, test::sample_visual(number, segment), {}, false};
}

std::vector<std::vector<float>> background_vectors(int dimension) {
  std::vector<std::vector<float>> vectors;
  for (unsigned i = 0; i < 20; ++i) {
    vectors.push_back(test::unit_vector(dimension, 900'000 + i));
  }
  return vectors;
}

TEST(SearchTest, FindsTheSegmentOfTheSameVector) {
  Fixture fixture;
  for (int number = 0; number < 20; ++number) {
    fixture.archive.add(sample_asset(number));
  }
  const auto result = fixture.archive.search({.vectors = {like_visual(7, 1)}});
  ASSERT_FALSE(result.moments.empty());
  const Moment& first = result.moments[0];
  EXPECT_EQ(first.rank, 1U);
  EXPECT_EQ(first.asset, sample_asset(7).id);
  EXPECT_EQ(first.path, "clips/7.mp4");
  EXPECT_EQ(first.kind, "video");
  EXPECT_EQ(first.span, (TimeSpan{2 * kSecond, 4 * kSecond}));
  EXPECT_GT(first.score, 0.9);
  EXPECT_EQ(first.lanes.at(Lane::visual).time, 3 * kSecond);
  EXPECT_LT(result.moments[1].score, first.score);
}

TEST(SearchTest, NonsenseStaysLowAndTheExactMatchHighInArchivesOfAnySize) {
  for (const int size : {1, 2, 5, 200}) {
    Fixture fixture;
    for (int number = 0; number < size; ++number) {
      fixture.archive.add(sample_asset(number, 1));
    }
    fixture.archive.set_background(test::visual_space().id,
                                   background_vectors(test::visual_space().dimension));
    const auto exact = fixture.archive.search({.vectors = {like_visual(0, 0)}});
    ASSERT_FALSE(exact.moments.empty()) << size;
    EXPECT_EQ(exact.moments[0].asset, sample_asset(0).id) << size;
    EXPECT_GT(exact.moments[0].score, 0.8) << size;
    // 50 random directions: with 32 dimensions a few of 10,000 pairs lie 3.5 deviations out.
    int high = 0;
    for (unsigned seed = 0; seed < 50; ++seed) {
      VectorQuery nonsense{test::visual_space().id,
                           test::unit_vector(test::visual_space().dimension, 500'000 + seed),
                           {},
                           false};
      high +=
          fixture.archive.search({.vectors = {nonsense}, .min_score = 0.5}).moments.empty() ? 0 : 1;
    }
    EXPECT_LE(high, 3) << size;
  }
}

TEST(SearchTest, AgainstItsOwnContentTheExactMatchIsHighInArchivesOfAnySize) {
  for (const int size : {1, 2, 5, 200}) {
    Fixture fixture;
    for (int number = 0; number < size; ++number) {
      fixture.archive.add(sample_asset(number, 1));
    }
    // Queries of another kind, far from the content, would make everything look like a match.
    auto far = background_vectors(test::visual_space().dimension);
    for (auto& vector : far) {
      const auto content = test::sample_visual(0, 0);
      for (std::size_t i = 0; i < vector.size(); ++i) {
        vector[i] = -content[i];
      }
    }
    fixture.archive.set_background(test::visual_space().id, far);
    VectorQuery query = like_visual(0, 0);
    query.own_background = true;
    const auto found = fixture.archive.search({.vectors = {query}});
    ASSERT_FALSE(found.moments.empty()) << size;
    EXPECT_EQ(found.moments[0].asset, sample_asset(0).id) << size;
    EXPECT_GT(found.moments[0].score, 0.9) << size;
    for (std::size_t i = 1; i < found.moments.size(); ++i) {
      EXPECT_LT(found.moments[i].score, 0.5) << size;
    }
  }
}

TEST(SearchTest, BackgroundQueriesAboutNothingDoNotMakeOtherScoresRemarkable) {
  const auto score_with = [](std::size_t empty_queries) {
    Fixture fixture;
    fixture.archive.add(sample_asset(0, 3));
    auto queries = background_vectors(test::visual_space().dimension);
    queries.resize(queries.size() + empty_queries,
                   std::vector<float>(static_cast<std::size_t>(test::visual_space().dimension)));
    fixture.archive.set_background(test::visual_space().id, queries);
    return fixture.archive.search({.vectors = {like_visual(0, 0)}}).moments.at(0).score;
  };
  EXPECT_EQ(score_with(0), score_with(200));
}

TEST(SearchTest, RefusesAQueryOfAnotherSpaceNamingBoth) {
  Fixture fixture;
  const auto message = error_of(
      [&] {
        fixture.archive.search({.vectors = {{"stranger-0123456789", {1, 0}, {}, false}}});
      },
      ErrorCode::invalid_argument);
  EXPECT_THAT(message, HasSubstr("stranger-012"));
  EXPECT_THAT(message, HasSubstr("pictures/posterior (visual, visual-space)"));
}

TEST(SearchTest, RefusesQueriesThatMakeNoSense) {
  Fixture fixture;
  fixture.archive.add(sample_asset(1));
  const auto refused = [&](const ArchiveQuery& query) {
    return error_of([&] { fixture.archive.search(query); }, ErrorCode::invalid_argument);
  };
  EXPECT_THAT(refused({}), HasSubstr("something to look for"));
  EXPECT_THAT(refused({.words_not = "car"}), HasSubstr("something to look for"));
  EXPECT_THAT(refused({.words = "car", .limit = 0}), HasSubstr("1 to 100000"));
  EXPECT_THAT(refused({.words = "car", .min_score = 1.5}), HasSubstr("probability"));
  for (const double weight : {-1.0, 100.5, static_cast<double>(NAN)}) {
    EXPECT_THAT(refused({.words = "car", .weights = {{Lane::visual, weight}}}),
                HasSubstr("weight"));
  }
  EXPECT_THAT(refused({.words = "car", .min_score = static_cast<double>(NAN)}),
              HasSubstr("probability"));
  EXPECT_THAT(refused({.words = std::string(20'000, 'x')}), HasSubstr("10000 bytes"));
  VectorQuery vector = like_visual(1, 0);
  vector.values[0] = INFINITY;
  EXPECT_THAT(refused({.vectors = {vector}}), HasSubstr("not finite"));
  vector = like_visual(1, 0);
  vector.calibration.slope = 0;
  EXPECT_THAT(refused({.vectors = {vector}}), HasSubstr("positive slope"));
  vector = like_visual(1, 0);
  vector.values.pop_back();
  EXPECT_THAT(refused({.vectors = {vector}}), HasSubstr("has 32 values, got 31"));
}

TEST(SearchTest, IsEmptyWithoutAssets) {
  Fixture fixture;
  EXPECT_THAT(fixture.find({.vectors = {like_visual(1, 0)}, .words = "car"}), IsEmpty());
}

TEST(SearchTest, ShowsTheUtteranceThatAVectorWasMadeFrom) {
  Fixture fixture;
  AssetRecord asset = spoken_asset("talk", {"first line here", "second line there"});
  add_speech(asset, 1, "third line of the second segment");
  const auto vector = [&](unsigned seed) {
    return test::unit_vector(test::speech_space().dimension, seed);
  };
  asset.vectors.push_back({test::speech_space().id, 0, 0, vector(1), 0});
  asset.vectors.push_back({test::speech_space().id, 1, 5 * kSecond, vector(2), 1});
  asset.vectors.push_back({test::speech_space().id, 1, 7 * kSecond, vector(3), 2});
  fixture.archive.add(asset);
  const auto result =
      fixture.archive.search({.vectors = {{test::speech_space().id, vector(3), {}, false}}});
  const Evidence& evidence = result.moments.at(0).lanes.at(Lane::speech);
  EXPECT_EQ(evidence.text, "third line of the second segment");
  EXPECT_EQ(evidence.time, 7 * kSecond);
  EXPECT_THAT(evidence.words, IsEmpty());
}

TEST(SearchTest, FindsWordsWithTheirTime) {
  Fixture fixture;
  fixture.archive.add(spoken_asset("en", {"nothing to see", "look at the red car over there"}));
  const auto result = fixture.archive.search({.words = "Red cars"});
  ASSERT_EQ(result.moments.size(), 1U);
  const Moment& moment = result.moments[0];
  EXPECT_EQ(moment.span.start, 5 * kSecond);
  const Evidence& evidence = moment.lanes.at(Lane::speech);
  EXPECT_EQ(evidence.text, "look at the red car over there");
  EXPECT_THAT(evidence.words, ElementsAre("red", "cars"));
  EXPECT_EQ(evidence.time, 5 * kSecond + 3 * kSecond / 10);
  EXPECT_NEAR(moment.score, 0.97, 1e-6);
}

TEST(SearchTest, FindsKoreanWordsWithAnyParticle) {
  Fixture fixture;
  fixture.archive.add(spoken_asset("ko", {"빨간 자동차가 달린다", "오늘 날씨가 좋습니다",
                                          "개가 짖는다", "번개가 친다", "전기자동차 시장"}));
  EXPECT_THAT(fixture.find({.words = "빨간 자동차"}).at(0), HasSubstr("@0:00:00"));
  EXPECT_THAT(fixture.find({.words = "자동차를", .min_score = 0.9}),
              ElementsAre("b3:ko@0:00:00.0"));
  EXPECT_THAT(fixture.find({.words = "자동차", .min_score = 0.4}),
              ElementsAre("b3:ko@0:00:00.0", "b3:ko@0:00:20.0"));
  EXPECT_THAT(fixture.find({.words = "개", .min_score = 0.5}), ElementsAre("b3:ko@0:00:10.0"));
  EXPECT_THAT(fixture.find({.words = "빨간자동차", .min_score = 0.4}),
              ElementsAre("b3:ko@0:00:00.0"));
  EXPECT_THAT(fixture.find({.words = "기차", .min_score = 0.1}), IsEmpty());
}

TEST(SearchTest, FindsDecomposedHangulAndMixedScripts) {
  Fixture fixture;
  fixture.archive.add(spoken_asset(
      "mac", {"\u1112\u1161\u11ab\u1100\u1173\u11af iPhone15 출시", "東京タワーの夜景"}));
  EXPECT_THAT(fixture.find({.words = "한글", .min_score = 0.9}), ElementsAre("b3:mac@0:00:00.0"));
  EXPECT_THAT(fixture.find({.words = "IPHONE15 출시", .min_score = 0.9}),
              ElementsAre("b3:mac@0:00:00.0"));
  EXPECT_THAT(fixture.find({.words = "東京", .min_score = 0.9}), ElementsAre("b3:mac@0:00:05.0"));
  EXPECT_THAT(fixture.find({.words = "景", .min_score = 0.9}), ElementsAre("b3:mac@0:00:05.0"));
}

TEST(SearchTest, WeighsALineByHowMuchOfTheQueryItHolds) {
  Fixture fixture;
  fixture.archive.add(
      spoken_asset("x", {"the president spoke about climate policy", "climate is warm here",
                         "policy about the climate", "something else", "and more"}));
  const auto score = [&](const std::string& words, std::size_t index) {
    const auto result = fixture.archive.search({.words = words});
    return index < result.moments.size() ? result.moments[index].score : 0.0;
  };
  EXPECT_NEAR(score("climate policy", 0), 0.97, 1e-6);  // the phrase
  EXPECT_NEAR(score("climate policy", 1), 0.90, 1e-6);  // both words
  EXPECT_LT(score("climate policy", 2), 0.25);          // one of them
  EXPECT_LT(score("zebra umbrella climate", 0), 0.05);
  EXPECT_EQ(score("zebra", 0), 0.0);
}

TEST(SearchTest, TakesPunctuationAndOperatorsOfTheIndexAsText) {
  Fixture fixture;
  fixture.archive.add(spoken_asset("x", {"rock and roll NEAR the AND gate"}));
  for (const std::string words :
       {"\"", "AND", "rock* OR (", "NEAR(rock roll)", "text:rock", "-", "^rock"}) {
    EXPECT_NO_THROW(fixture.archive.search({.words = words})) << words;
  }
  EXPECT_THAT(fixture.find({.words = "text:rock^ -roll", .min_score = 0.1}).size(), 1U);
}

TEST(SearchTest, WordsWithoutLettersFindNothing) {
  Fixture fixture;
  fixture.archive.add(spoken_asset("x", {"rock and roll"}));
  for (const std::string words : {"!!!", "\"\"", " ", "\U0001F600", "\xff\xfe", "\u0301"}) {
    EXPECT_THAT(fixture.find({.words = words}), IsEmpty()) << words;
  }
}

TEST(SearchTest, AnswersQueriesOfManyLongWords) {
  Fixture fixture;
  fixture.archive.add(spoken_asset("x", {"가나다라 마바사아"}));
  std::string words;
  for (char32_t syllable = 0xAC00; words.size() < 9'900; ++syllable) {
    words += {static_cast<char>(0xE0 | (syllable >> 12)),
              static_cast<char>(0x80 | ((syllable >> 6) & 0x3F)),
              static_cast<char>(0x80 | (syllable & 0x3F))};
    words += syllable % 50 == 0 ? " " : "";
  }
  EXPECT_NO_THROW(fixture.archive.search({.words = words}));
}

TEST(SearchTest, LanesAddUpInModeAnyAndMustAgreeInModeAll) {
  Fixture fixture;
  AssetRecord both = sample_asset(1, 1);
  add_speech(both, 0, "the red car");
  fixture.archive.add(both);
  fixture.archive.add(sample_asset(2, 1));
  AssetRecord words_only = sample_asset(3, 1);
  add_speech(words_only, 0, "a red car");
  fixture.archive.add(words_only);
  ArchiveQuery query{
      .vectors = {like_visual(1, 0)}, .words = "red car", .lanes = {Lane::visual, Lane::speech}};
  const auto any = fixture.archive.search(query);
  EXPECT_EQ(any.moments.at(0).asset, both.id);
  const auto& lanes = any.moments[0].lanes;
  EXPECT_NEAR(any.moments[0].score,
              1 - (1 - lanes.at(Lane::visual).score) * (1 - lanes.at(Lane::speech).score), 1e-6);
  EXPECT_EQ(any.moments.at(1).asset, words_only.id);
  query.mode = MatchMode::all;
  const auto all = fixture.archive.search(query);
  ASSERT_EQ(all.moments.size(), 1U);
  EXPECT_EQ(all.moments[0].asset, both.id);
  EXPECT_NEAR(all.moments[0].score, 0.97, 1e-6);  // the lesser of the two lanes
}

TEST(SearchTest, WeightsLeaveLanesOutOrMakeThemCountLess) {
  Fixture fixture;
  AssetRecord asset = sample_asset(1, 1);
  add_speech(asset, 0, "red car");
  fixture.archive.add(asset);
  const auto score = [&](double weight) {
    const auto result =
        fixture.archive.search({.words = "red car", .weights = {{Lane::speech, weight}}});
    return result.moments.empty() ? 0.0 : result.moments[0].score;
  };
  EXPECT_EQ(score(0), 0.0);
  EXPECT_NEAR(score(0.5), 1 - std::sqrt(1 - 0.97), 1e-6);
  EXPECT_GT(score(2), score(1));
}

TEST(SearchTest, NegativeQueriesHoldMomentsBack) {
  Fixture fixture;
  fixture.archive.add(spoken_asset("x", {"a red car", "a red car and a dog"}));
  AssetRecord seen = sample_asset(1, 1);
  add_speech(seen, 0, "a red car");
  fixture.archive.add(seen);
  EXPECT_EQ(fixture.find({.words = "red car"}).size(), 3U);
  EXPECT_EQ(fixture.find({.words = "red car", .words_not = "dog"}).size(), 2U);
  VectorQuery without = like_visual(1, 0);
  without.negative = true;
  EXPECT_THAT(fixture.find({.vectors = {without}, .words = "red car", .words_not = "dog"}),
              ElementsAre("b3:x@0:00:00.0"));
}

TEST(SearchTest, NegativeQueriesLookOnlyIntoTheLanesAskedFor) {
  Fixture fixture;
  AssetRecord asset = sample_asset(1, 1);
  add_speech(asset, 0, "a red car");
  add_speech(asset, 0, "a dog", Lane::text);
  fixture.archive.add(asset);
  VectorQuery without = like_visual(1, 0);
  without.negative = true;
  ArchiveQuery query{.vectors = {without}, .words = "red car", .words_not = "dog"};
  EXPECT_THAT(fixture.find(query), IsEmpty());
  query.lanes = {Lane::speech};
  EXPECT_EQ(fixture.find(query).size(), 1U);
}

TEST(SearchTest, ScoresLieBetweenZeroAndOneWhateverTheWeights) {
  Fixture fixture;
  for (int number = 0; number < 10; ++number) {
    AssetRecord asset = sample_asset(number, 2);
    add_speech(asset, 0, "a red car");
    add_speech(asset, 0, "a red car", Lane::text);
    fixture.archive.add(asset);
  }
  for (const double weight : {0.01, 1.0, 100.0}) {
    ArchiveQuery query{.vectors = {like_visual(3, 0)}, .words = "red car", .limit = 100};
    for (const Lane lane : Lane::all()) {
      query.weights[lane] = weight;
    }
    const auto result = fixture.archive.search(query);
    ASSERT_FALSE(result.moments.empty());
    for (const Moment& moment : result.moments) {
      EXPECT_GT(moment.score, 0) << weight;
      EXPECT_LE(moment.score, 1) << weight;
      for (const auto& [lane, evidence] : moment.lanes) {
        EXPECT_GT(evidence.score, 0);
        EXPECT_LT(evidence.score, 1);
      }
    }
  }
}

TEST(SearchTest, LooksOnlyIntoTheLanesAskedFor) {
  Fixture fixture;
  AssetRecord asset = spoken_asset("x", {"spoken words"});
  add_speech(asset, 0, "written words", Lane::text);
  fixture.archive.add(asset);
  const auto result = fixture.archive.search({.words = "written", .lanes = {Lane::text}});
  EXPECT_EQ(result.moments.at(0).lanes.at(Lane::text).text, "written words");
  EXPECT_THAT(fixture.find({.words = "written", .lanes = {Lane::speech}}), IsEmpty());
  EXPECT_THAT(fixture.find({.words = "written", .lanes = {Lane::visual}}), IsEmpty());
}

TEST(SearchTest, GroupsByAsset) {
  Fixture fixture;
  fixture.archive.add(spoken_asset("x", {"red car again", "the red car", "red"}));
  fixture.archive.add(spoken_asset("y", {"red car"}));
  const auto result = fixture.archive.search({.words = "red car", .group_by = GroupBy::asset});
  EXPECT_EQ(result.total, 2U);
  ASSERT_EQ(result.moments.size(), 2U);
  EXPECT_NE(result.moments[0].asset, result.moments[1].asset);
}

TEST(SearchTest, PagesThroughEverythingOnceInOneOrder) {
  Fixture fixture;
  for (int number = 0; number < 26; ++number) {
    fixture.archive.add(sample_asset(number, 2));
  }
  ArchiveQuery query{.vectors = {like_visual(5, 0)}, .limit = 1000};
  const auto whole = fixture.find(query);
  ASSERT_GT(whole.size(), 12U);  // several pages
  query.limit = 4;
  std::vector<std::string> paged;
  while (true) {
    const auto result = fixture.archive.search(query);
    ASSERT_EQ(result.total, whole.size());
    for (const Moment& moment : result.moments) {
      EXPECT_EQ(moment.rank, paged.size() + 1);
      paged.push_back(moment.asset + "@" + format_time(moment.span.start));
    }
    if (!result.next_page.has_value()) {
      break;
    }
    query.page = *result.next_page;
  }
  EXPECT_EQ(paged, whole);
}

TEST(SearchTest, RefusesThePageOfAnotherQuery) {
  Fixture fixture;
  fixture.archive.add(spoken_asset("x", {"red car", "red car", "red car"}));
  ArchiveQuery query{.words = "red car", .limit = 1};
  query.page = *fixture.archive.search(query).next_page;
  EXPECT_EQ(fixture.archive.search(query).moments.at(0).rank, 2U);
  const auto refused = [&](const ArchiveQuery& other) {
    return error_of([&] { fixture.archive.search(other); }, ErrorCode::invalid_argument);
  };
  ArchiveQuery other = query;
  other.words = "blue car";
  EXPECT_THAT(refused(other), HasSubstr("another query"));
  for (const std::string token : {"x", "-", "0-0", "99999999999999999999999"}) {
    other = query;
    other.page = token;
    EXPECT_THAT(refused(other), HasSubstr("another query")) << token;
  }
  other = query;
  other.page += "999999999999999999999";
  EXPECT_THAT(refused(other), HasSubstr("another query"));
  other = query;
  other.page += "9";  // far behind the end: an empty page
  EXPECT_THAT(fixture.archive.search(other).moments, IsEmpty());
}

TEST(SearchTest, OrdersEqualScoresByAssetAndTime) {
  Fixture fixture;
  for (const std::string id : {"c", "a", "b"}) {
    fixture.archive.add(spoken_asset(id, {"red car", "red car"}));
  }
  EXPECT_THAT(fixture.find({.words = "red car"}),
              ElementsAre("b3:a@0:00:00.0", "b3:a@0:00:05.0", "b3:b@0:00:00.0", "b3:b@0:00:05.0",
                          "b3:c@0:00:00.0", "b3:c@0:00:05.0"));
}

TEST(SearchTest, MinimumScoreCutsTheTotalToo) {
  Fixture fixture;
  for (int number = 0; number < 30; ++number) {
    fixture.archive.add(sample_asset(number));
  }
  const auto result = fixture.archive.search({.vectors = {like_visual(3, 2)}, .min_score = 0.5});
  EXPECT_LT(result.total, 5U);
  for (const Moment& moment : result.moments) {
    EXPECT_GE(moment.score, 0.5);
  }
}

TEST(SearchTest, SeesWhatWasAddedAndRemovedSinceTheLastSearch) {
  Fixture fixture;
  fixture.archive.add(sample_asset(1, 1));
  const Archive reader = Archive::open(fixture.folder / "a");
  const ArchiveQuery query{.vectors = {like_visual(2, 0)}, .min_score = 0.8};
  EXPECT_THAT(reader.search(query).moments, IsEmpty());
  fixture.archive.add(sample_asset(2, 1));
  EXPECT_EQ(reader.search(query).moments.size(), 1U);
  fixture.archive.add(sample_asset(2, 3));
  EXPECT_EQ(reader.search(query).moments.size(), 1U);
  fixture.archive.remove(sample_asset(2).id);
  EXPECT_THAT(reader.search(query).moments, IsEmpty());
}

TEST(SearchTest, FiltersAssets) {
  Fixture fixture;
  AssetRecord first = spoken_asset("one", {"red car"});
  first.tags = {{"show", "아침 뉴스"}, {"year", "2021"}};
  first.words[0].text.language = "en";
  first.path = "news/2021/한글.mp4";
  AssetRecord second = spoken_asset("two", {"red car", "red car"});
  second.kind = "audio";
  second.tags = {{"year", "2024"}};
  second.words[0].text.language = "ko";
  second.path = "music/2024/song.mp3";
  fixture.archive.add(first);
  fixture.archive.add(second);
  const auto found = [&](const std::string& filter) {
    std::set<std::string> assets;
    for (const Moment& m : fixture.archive.search({.words = "red car", .filter = filter}).moments) {
      assets.insert(m.asset.substr(3));
    }
    std::string joined;
    for (const std::string& asset : assets) {
      joined += (joined.empty() ? "" : " ") + asset;
    }
    return joined;
  };
  EXPECT_EQ(found("kind=audio"), "two");
  EXPECT_EQ(found("kind!=audio"), "one");
  EXPECT_EQ(found("path~\"*/2021/*\""), "one");
  EXPECT_EQ(found("path~*한글*"), "one");
  EXPECT_EQ(found("path~*\u1112\u1161\u11ab\u1100\u1173\u11af*"), "one");  // decomposed
  EXPECT_EQ(found("path!~news*"), "two");
  EXPECT_EQ(found("duration>=10"), "two");
  EXPECT_EQ(found("duration<0:07.5"), "one");
  EXPECT_EQ(found("lang=ko"), "two");
  EXPECT_EQ(found("tag.show=\"아침 뉴스\""), "one");
  EXPECT_EQ(found("tag.show!=x"), "one two");
  EXPECT_EQ(found("tag.year>2022"), "two");
  EXPECT_EQ(found("tag.\"year\"<=2021"), "one");
  EXPECT_EQ(found("asset=b3:two"), "two");
  EXPECT_EQ(found("indexed>=2020-01-01"), "one two");
  EXPECT_EQ(found("kind=audio or tag.year=2021"), "one two");
  EXPECT_EQ(found("NOT (kind=audio AND lang=ko) and duration > 1"), "one");
  EXPECT_EQ(found("not not kind=audio"), "two");
  EXPECT_EQ(found("kind=video and lang=ko"), "");
}

}  // namespace
}  // namespace ogam

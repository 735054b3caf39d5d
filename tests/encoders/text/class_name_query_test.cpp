#include "encoders/text/class_name_query.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/files.h"
#include "encoders/registry.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace ogam {
namespace {

/// Gives a few words known vectors and counts the texts it was asked for.
class ToyEncoder : public TextEncoder {
 public:
  std::vector<EncoderOutputInfo> outputs() const override { return {{"embedding", 3}}; }
  std::vector<EncoderOutput> encode(std::span<const std::string> texts,
                                    std::string_view /*prompt*/) const override {
    static const std::map<std::string, std::vector<float>> kVectors = {
        {"cat", {1, 0, 0}}, {"고양이", {1, 0, 0}}, {"dog", {0, 1, 0}}, {"animal", {0.6F, 0.8F, 0}}};
    auto rows = at::zeros({static_cast<std::int64_t>(texts.size()), 3});
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const auto found = kVectors.find(texts[i]);
      const std::vector<float> row =
          found == kVectors.end() ? std::vector<float>{0, 0, 1} : found->second;
      rows[static_cast<std::int64_t>(i)].copy_(at::tensor(row));
    }
    encoded += texts.size();
    return {{"embedding", rows}};
  }
  mutable std::size_t encoded = 0;
};

class ClassNameQueryTest : public ::testing::Test {
 protected:
  ClassNameQueryTest() {
    write_file_atomically(folder_ / "names.json", R"({"classes": [
        {"id": "c", "names": {"en": ["cat"], "ko": ["고양이"]},
         "hypernyms": [{"depth": 1, "en": ["animal"]}]},
        {"id": "d", "names": {"en": ["dog"]}},
        {"id": "x", "names": {"en": ["thing"]}}], "penalty": 0.2})");
  }
  ClassNameQuery make() {
    return {encoder_, {.names = folder_ / "names.json", .cache_folder = folder_ / "cache"}};
  }
  std::filesystem::path cache_file() const {
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "cache")) {
      return entry.path();
    }
    return {};
  }

  test::TemporaryFolder folder_;
  std::shared_ptr<ToyEncoder> encoder_ = std::make_shared<ToyEncoder>();
};

TEST_F(ClassNameQueryTest, BestNameDecidesAndWiderKindsCost) {
  const auto query = make();
  EXPECT_EQ(query.dimension(), 3);
  EXPECT_EQ(query.class_ids(), (std::vector<std::string>{"c", "d", "x"}));
  const auto similar = query.similarities(std::vector<std::string>{"cat", "고양이", "animal"});
  EXPECT_NEAR(similar[0][0].item<float>(), 1, 1e-5);
  EXPECT_NEAR(similar[1][0].item<float>(), 1, 1e-5);
  EXPECT_NEAR(similar[2][0].item<float>(), 0.8, 1e-5);  // 1 less one level
}

TEST_F(ClassNameQueryTest, VectorsAreSquareRootsOfADistribution) {
  const auto vectors = make().encode(std::vector<std::string>{"cat", "dog", "nonsense"});
  EXPECT_EQ(vectors.sizes(), (at::IntArrayRef{3, 3}));
  EXPECT_TRUE(test::all_close(vectors.norm(2, 1), at::ones({3}), {.atol = 1e-6, .rtol = 0}));
  EXPECT_TRUE(vectors.ge(0).all().item<bool>());
  EXPECT_EQ(vectors[0].argmax().item<int>(), 0);
  EXPECT_EQ(vectors[1].argmax().item<int>(), 1);
}

TEST_F(ClassNameQueryTest, NoQueriesGiveNoRows) {
  EXPECT_EQ(make().encode({}).sizes(), (at::IntArrayRef{0, 3}));
}

TEST_F(ClassNameQueryTest, NamesAreEncodedOnceAndThenTakenFromTheCache) {
  const auto first = make().encode(std::vector<std::string>{"cat"});
  encoder_->encoded = 0;
  const auto second = make();
  EXPECT_EQ(encoder_->encoded, 1U);  // the probe
  EXPECT_TRUE(at::equal(second.encode(std::vector<std::string>{"cat"}), first));
}

TEST_F(ClassNameQueryTest, DamagedCacheIsMadeAnew) {
  const auto expected = make().encode(std::vector<std::string>{"cat"});
  const auto sound = read_file(cache_file(), 1 << 20);
  auto flipped = sound;
  flipped.back() ^= 1;
  for (const auto& damage :
       {std::string(), std::string("rubbish"), sound.substr(0, sound.size() - 1), flipped}) {
    write_file_atomically(cache_file(), damage);
    encoder_->encoded = 0;
    const auto query = make();
    EXPECT_GT(encoder_->encoded, 1U);
    EXPECT_TRUE(at::equal(query.encode(std::vector<std::string>{"cat"}), expected));
    EXPECT_EQ(read_file(cache_file(), 1 << 20), sound);
  }
}

TEST_F(ClassNameQueryTest, ChangedNamesFileIsNoticed) {
  make();
  write_file_atomically(folder_ / "names.json",
                        R"({"classes": [{"id": "d", "names": {"en": ["dog"]}},
                            {"id": "c", "names": {"en": ["cat"]}}], "penalty": 0})");
  const auto query = make();
  EXPECT_EQ(query.encode(std::vector<std::string>{"cat"}).argmax().item<int>(), 1);
}

TEST_F(ClassNameQueryTest, WorksWithoutACache) {
  const ClassNameQuery nowhere(encoder_, {.names = folder_ / "names.json"});
  EXPECT_EQ(nowhere.dimension(), 3);
  write_file_atomically(folder_ / "file", "");
  const ClassNameQuery unwritable(
      encoder_, {.names = folder_ / "names.json", .cache_folder = folder_ / "file"});
  EXPECT_EQ(unwritable.dimension(), 3);
}

TEST_F(ClassNameQueryTest, TemperatureMustBePositive) {
  EXPECT_THROW(ClassNameQuery(encoder_, {.names = folder_ / "names.json", .temperature = 0}),
               Error);
}

/// The names and the text encoder of the starter pack.
class StarterClassNamesTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    Checkpoint checkpoint(test::pack_folder() / "models" / "use-multilingual-v3");
    const auto encoder = make_encoders(checkpoint).text;
    pictures_ = std::make_unique<ClassNameQuery>(
        encoder, ClassNameQuery::Config{.names = test::source_folder() / "data" / "names" /
                                                 "imagenet.json"});
    sounds_ = std::make_unique<ClassNameQuery>(
        encoder, ClassNameQuery::Config{.names = test::source_folder() / "data" / "names" /
                                                 "audioset.json"});
  }
  static void TearDownTestSuite() {
    pictures_.reset();
    sounds_.reset();
  }
  static std::string best(const ClassNameQuery& query, const std::string& text) {
    const auto row = query.encode(std::vector<std::string>{text})[0];
    return query.class_ids()[static_cast<std::size_t>(row.argmax().item<std::int64_t>())];
  }

  static inline std::unique_ptr<ClassNameQuery> pictures_;
  static inline std::unique_ptr<ClassNameQuery> sounds_;
};

TEST_F(StarterClassNamesTest, KoreanAndEnglishQueriesFindTheirPictureClass) {
  for (const auto& [text, id] : std::map<std::string, std::string>{{"goldfish", "n01443537"},
                                                                   {"금붕어", "n01443537"},
                                                                   {"snail", "n01944390"},
                                                                   {"달팽이", "n01944390"},
                                                                   {"lemon", "n07749582"},
                                                                   {"레몬", "n07749582"},
                                                                   {"soccer ball", "n04254680"},
                                                                   {"축구공", "n04254680"}}) {
    EXPECT_EQ(best(*pictures_, text), id) << text;
  }
}

TEST_F(StarterClassNamesTest, KoreanAndEnglishQueriesFindTheirSoundClass) {
  for (const auto& [text, id] : std::map<std::string, std::string>{{"bark", "/m/05tny_"},
                                                                   {"개 짖는 소리", "/m/05tny_"},
                                                                   {"siren", "/m/03kmc9"},
                                                                   {"사이렌", "/m/03kmc9"},
                                                                   {"applause", "/m/028ght"},
                                                                   {"박수갈채", "/m/028ght"}}) {
    EXPECT_EQ(best(*sounds_, text), id) << text;
  }
}

// The best class of a name takes most of the distribution, that of nonsense little.
TEST_F(StarterClassNamesTest, NonsenseGivesAFlatterDistributionThanNames) {
  const auto peak = [](const std::string& text) {
    return pictures_->encode(std::vector<std::string>{text}).square().max().item<float>();
  };
  const float named = std::min(peak("금붕어"), peak("soccer ball"));
  for (const auto* const text : {"qwxzv plorf", "ㅁㄴㅇㄹ", "아무것도 아닌 말", "0x7f3a"}) {
    EXPECT_LT(peak(text), named / 4) << text;
  }
}

}  // namespace
}  // namespace ogam

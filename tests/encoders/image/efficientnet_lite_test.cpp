#include "encoders/image/efficientnet_lite.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/media/image_file.h"
#include "tests/support/golden.h"

namespace ogam {
namespace {

const std::filesystem::path kPictures = "/usr/share/doc/opencv-doc/examples/data";

class EfficientNetLiteTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    Checkpoint checkpoint(test::pack_folder() / "models" / "efficientnet-lite2");
    encoder_ = make_efficientnet_lite(checkpoint).image;
  }
  static void TearDownTestSuite() { encoder_.reset(); }

  static const EfficientNetLite& model() {
    return dynamic_cast<const EfficientNetLite&>(*encoder_);
  }
  static Image picture(const std::string& name) {
    require(std::filesystem::exists(kPictures / name), ErrorCode::not_found,
            "{} is missing; install the Debian package opencv-doc", (kPictures / name).string());
    return read_image(kPictures / name);
  }

 private:
  static inline std::shared_ptr<const ImageEncoder> encoder_;
};

Json small_config() {
  return parse_json(R"({"model_type": "efficientnet_lite", "image_size": 32, "crop_padding": 4,
    "interpolation": "bicubic", "pixel_mean": 127.0, "pixel_scale": 128.0, "hidden_act": "relu6",
    "padding": "same", "batch_norm_eps": 0.001, "stem_channels": 8, "head_channels": 16,
    "num_labels": 2, "stages": [{"kernel_size": 3, "stride": 1, "expand_ratio": 1,
    "in_channels": 8, "out_channels": 8, "num_blocks": 1}], "posterior_top_k": 50,
    "id2label": {"0": "cat", "1": "dog"}})",
                    "config.json");
}

TEST_F(EfficientNetLiteTest, MatchesReferenceOnRealWeights) {
  const auto golden = test::Golden::open("efficientnet_lite2");
  const auto pixels = golden.tensor("thumbnails")
                          .repeat_interleave(4, 1)
                          .repeat_interleave(4, 2)
                          .to(at::kFloat)
                          .sub(127)
                          .div(128)
                          .permute({0, 3, 1, 2});
  const auto features = model().features(pixels);
  EXPECT_TRUE(test::all_close(features, golden.tensor("features"), {.atol = 1e-4, .rtol = 1e-4}));
  EXPECT_TRUE(test::all_close(model().logits(features), golden.tensor("logits"),
                              {.atol = 1e-3, .rtol = 1e-4}));
}

TEST_F(EfficientNetLiteTest, SeesWhatTheReferenceSeesInWholePictures) {
  const auto golden = test::Golden::open("efficientnet_lite2");
  std::vector<Image> images;
  for (const auto& name : golden.json().at("pictures")) {
    images.push_back(picture(name.get<std::string>()));
  }
  const auto outputs = model().encode(images);
  const auto posterior = posterior_vectors(at::softmax(golden.tensor("picture_logits"), 1), 50);
  const auto features = golden.tensor("picture_features");
  ASSERT_EQ(outputs.size(), 2U);
  ASSERT_EQ(outputs[0].name, "posterior");
  ASSERT_EQ(outputs[1].name, "features");
  for (std::int64_t i = 0; i < posterior.size(0); ++i) {
    EXPECT_GE(test::cosine(outputs[0].vectors[i], posterior[i]), 0.999) << i;
    EXPECT_GE(test::cosine(outputs[1].vectors[i], features[i]), 0.999) << i;
  }
}

TEST_F(EfficientNetLiteTest, NamesTheThingInThePicture) {
  const std::vector<Image> images = {picture("squirrel_cls.jpg")};
  const auto posterior = model().encode(images)[0].vectors[0].square();
  EXPECT_EQ(top_classes(posterior, model().config().labels, 1).at(0).name, "fox squirrel");
}

TEST_F(EfficientNetLiteTest, GivesAPictureTheSameBitsInAnyBatch) {
  const std::vector<Image> all = {picture("baboon.jpg"), picture("orange.jpg")};
  const auto together = model().encode(all);
  const auto alone = model().encode(std::span(all).subspan(1));
  for (std::size_t i = 0; i < together.size(); ++i) {
    EXPECT_TRUE(at::equal(together[i].vectors[1], alone[i].vectors[0])) << together[i].name;
  }
}

TEST_F(EfficientNetLiteTest, GivesUnitVectorsOfTheSizesItPromises) {
  const std::vector<Image> odd = {
      {.width = 3, .height = 7, .pixels = std::vector<std::uint8_t>(63)},
      {.width = 1, .height = 1, .pixels = {255, 255, 255}}};
  const auto outputs = model().encode(odd);
  const auto promised = model().outputs();
  ASSERT_EQ(outputs.size(), promised.size());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    EXPECT_EQ(outputs[i].name, promised[i].name);
    EXPECT_EQ(outputs[i].vectors.sizes(), (std::vector<std::int64_t>{2, promised[i].dimension}));
    EXPECT_TRUE(test::all_close(outputs[i].vectors.norm(2, 1), at::ones({2}), {.atol = 1e-5}));
  }
}

TEST_F(EfficientNetLiteTest, EncodesNoPicturesAsNoRows) {
  EXPECT_EQ(model().encode({})[0].vectors.sizes(), (std::vector<std::int64_t>{0, 1000}));
}

TEST_F(EfficientNetLiteTest, RefusesAnEmptyPicture) { EXPECT_THROW(model().preprocess({}), Error); }

TEST(EfficientNetLiteConfigTest, RefusesMathematicsThatIsNotImplemented) {
  for (const auto* key : {"hidden_act", "padding", "interpolation"}) {
    auto config = small_config();
    config[key] = "other";
    try {
      EfficientNetLiteConfig::parse(config, "config.json");
      ADD_FAILURE() << key << " was ignored";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::unsupported);
      EXPECT_NE(std::string(error.what()).find(key), std::string::npos) << error.what();
    }
  }
}

TEST(EfficientNetLiteConfigTest, RefusesStagesThatDoNotFitTogether) {
  auto config = small_config();
  config["stages"][0]["in_channels"] = 9;
  EXPECT_THROW(EfficientNetLiteConfig::parse(config, "config.json"), Error);
  config["stages"] = Json::array();
  EXPECT_THROW(EfficientNetLiteConfig::parse(config, "config.json"), Error);
  EXPECT_NO_THROW(EfficientNetLiteConfig::parse(small_config(), "config.json"));
}

}  // namespace
}  // namespace ogam

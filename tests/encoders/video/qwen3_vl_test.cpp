#include "encoders/video/qwen3_vl.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/files.h"
#include "encoders/registry.h"
#include "encoders/reranker.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace ogam {
namespace {

const std::filesystem::path& model_folder() {
  static const auto folder = test::source_folder() / "tests" / "golden" / "qwen3_vl_tiny";
  return folder;
}

/// A picture of a golden's pixels [H, W, 3].
Image picture_of(const at::Tensor& pixels) {
  const auto flat = pixels.contiguous();
  const auto* const data = flat.data_ptr<std::uint8_t>();
  return {.width = static_cast<int>(pixels.size(1)),
          .height = static_cast<int>(pixels.size(0)),
          .pixels = {data, data + flat.numel()}};
}

VideoClip clip_of(const test::Golden& golden) {
  VideoClip clip;
  const auto frames = golden.tensor("frames");
  for (std::int64_t i = 0; i < frames.size(0); ++i) {
    clip.frames.push_back(picture_of(frames[i]));
    clip.times.push_back(from_seconds(golden.json().at("times").at(i).get<double>()));
  }
  return clip;
}

/// The model's folder with something changed, for errors.
class ChangedFolder {
 public:
  ChangedFolder() {
    std::filesystem::copy(model_folder(), folder_.path(),
                          std::filesystem::copy_options::recursive |
                              std::filesystem::copy_options::overwrite_existing);
  }
  void write(const std::string& file, const Json& content) const {
    write_file_atomically(folder_ / file, dump_json(content));
  }
  Json read(const std::string& file) const { return read_json_file(folder_ / file); }
  const std::filesystem::path& path() const { return folder_.path(); }

 private:
  test::TemporaryFolder folder_;
};

class Qwen3VlTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    Checkpoint checkpoint(model_folder());
    encoders_ = make_encoders(checkpoint);
  }
  static void TearDownTestSuite() { encoders_ = {}; }

  static at::Tensor texts(const std::vector<std::string>& texts, std::string_view prompt = {}) {
    return encoders_.text->encode(texts, prompt).at(0).vectors;
  }
  static at::Tensor picture(const Image& image) {
    return encoders_.image->encode({&image, 1}).at(0).vectors[0];
  }
  static at::Tensor clip(const VideoClip& clip) {
    return encoders_.video->encode({&clip, 1}).at(0).vectors[0];
  }

  const test::Golden golden_ = test::Golden::open("qwen3_vl_tiny");
  const std::vector<std::string> texts_ =
      golden_.json().at("texts").get<std::vector<std::string>>();
  static constexpr test::Tolerance kTolerance = {.atol = 1e-4, .rtol = 0};
  static inline Encoders encoders_;
};

TEST_F(Qwen3VlTest, TextsPicturesAndClipsGetTheReferencesVectors) {
  EXPECT_TRUE(test::all_close(texts(texts_), golden_.tensor("texts.embedding"), kTolerance));
  EXPECT_TRUE(test::all_close(texts(texts_, kQueryPrompt), golden_.tensor("queries.embedding"),
                              kTolerance));
  EXPECT_TRUE(test::all_close(picture(picture_of(golden_.tensor("picture"))),
                              golden_.tensor("picture.embedding"), kTolerance));
  EXPECT_TRUE(
      test::all_close(clip(clip_of(golden_)), golden_.tensor("clip.embedding"), kTolerance));
}

TEST_F(Qwen3VlTest, RowsDoNotDependOnTheirBatch) {
  std::vector<std::string> many = texts_;
  for (int i = 0; i < 12; ++i) {
    many.push_back(std::string(static_cast<std::size_t>(i) * 37, 'a'));
  }
  const auto together = texts(many);
  for (std::size_t i = 0; i < many.size(); ++i) {
    EXPECT_TRUE(test::all_close(texts({many[i]})[0], together[i], kTolerance)) << i;
  }
}

TEST_F(Qwen3VlTest, NothingGivesNoRows) {
  EXPECT_EQ(texts({}).sizes().vec(), (std::vector<std::int64_t>{0, 32}));
  EXPECT_EQ(encoders_.image->encode({}).at(0).vectors.sizes().vec(),
            (std::vector<std::int64_t>{0, 32}));
  EXPECT_EQ(encoders_.video->encode({}).at(0).vectors.sizes().vec(),
            (std::vector<std::int64_t>{0, 32}));
}

TEST_F(Qwen3VlTest, SaysWhatItGivesAndWants) {
  EXPECT_EQ(encoders_.video->outputs().at(0).name, "embedding");
  EXPECT_EQ(encoders_.video->outputs().at(0).dimension, 32);
  EXPECT_EQ(encoders_.video->sampling().fps, 1);
  EXPECT_EQ(encoders_.video->sampling().max_frames, 64);
  EXPECT_EQ(encoders_.audio, nullptr);
}

TEST_F(Qwen3VlTest, TextsThatNameTokensOfMediaAreRefused) {
  for (const auto* text : {"see <|image_pad|>", "<|video_pad|><|video_pad|>"}) {
    EXPECT_THROW(texts({text}), Error) << text;
  }
}

TEST_F(Qwen3VlTest, MediaThatMakeNoSenseAreRefused) {
  const auto frame = picture_of(golden_.tensor("picture"));
  const Image thin = {.width = 1, .height = 300, .pixels = std::vector<std::uint8_t>(900)};
  EXPECT_THROW(picture({}), Error);
  EXPECT_THROW(picture(thin), Error);
  auto short_of_samples = frame;
  short_of_samples.pixels.resize(short_of_samples.pixels.size() / 2);
  EXPECT_THROW(picture(short_of_samples), Error);
  EXPECT_THROW(clip({.frames = {short_of_samples}, .times = {0}, .audio = {}}), Error);
  EXPECT_THROW(clip({}), Error);
  EXPECT_THROW(clip({.frames = {frame}, .times = {}, .audio = {}}), Error);
  EXPECT_THROW(
      clip({.frames = std::vector<Image>(65, frame), .times = std::vector<Time>(65), .audio = {}}),
      Error);
}

TEST_F(Qwen3VlTest, LongTextsAreReadUpToTheLimit) {
  // What comes after the first 8,192 tokens makes no difference.
  std::string text;
  for (int i = 0; i < 9000; ++i) {
    text += std::to_string(i % 10);
  }
  EXPECT_TRUE(at::equal(texts({text}), texts({text + " and more"})));
}

class Qwen3VlFolderTest : public ::testing::Test {
 protected:
  std::optional<ErrorCode> error() const {
    try {
      Checkpoint checkpoint(folder_.path());
      make_encoders(checkpoint);
      return std::nullopt;
    } catch (const Error& error) {
      return error.code();
    }
  }
  ChangedFolder folder_;
};

TEST_F(Qwen3VlFolderTest, VectorsAreCutToTheSizeThatTheFolderAsksFor) {
  folder_.write("config_sentence_transformers.json", {{"truncate_dim", 16}});
  EXPECT_EQ(error(), ErrorCode::unsupported);  // fewer than the model was trained for
}

TEST_F(Qwen3VlFolderTest, AnotherPoolingThanTheLastTokenIsRefused) {
  const auto module = [](const char* type, const char* path) {
    return Json{{"type", std::string("sentence_transformers.models.") + type}, {"path", path}};
  };
  folder_.write("modules.json", {module("Transformer", ""), module("Pooling", "1_Pooling")});
  std::filesystem::create_directory(folder_.path() / "1_Pooling");
  const auto error_with = [&](const char* mode) {
    folder_.write("1_Pooling/config.json",
                  {{"word_embedding_dimension", 32}, {"pooling_mode", mode}});
    return error();
  };
  EXPECT_EQ(error_with("mean"), ErrorCode::unsupported);
  EXPECT_EQ(error_with("lasttoken"), std::nullopt);
}

TEST_F(Qwen3VlFolderTest, ATokenizerWithOtherIdsIsRefused) {
  auto config = folder_.read("config.json");
  config["image_token_id"] = config["video_token_id"];
  folder_.write("config.json", config);
  EXPECT_EQ(error(), ErrorCode::corrupt_data);
}

TEST_F(Qwen3VlFolderTest, ProcessorsWithPatchesOfAnotherSizeAreRefused) {
  const auto read = folder_.read("processor_config.json");
  for (const char* section : {"image_processor", "video_processor"}) {
    for (const char* key : {"patch_size", "merge_size", "temporal_patch_size"}) {
      auto changed = read;
      changed[section][key] = 4;
      folder_.write("processor_config.json", changed);
      EXPECT_EQ(error(), ErrorCode::corrupt_data) << section << key;
    }
  }
  folder_.write("processor_config.json", read);
  EXPECT_EQ(error(), std::nullopt);
}

TEST_F(Qwen3VlFolderTest, MissingTensorsAreListed) {
  auto config = folder_.read("config.json");
  config["text_config"]["num_hidden_layers"] = 3;
  folder_.write("config.json", config);
  EXPECT_EQ(error(), ErrorCode::corrupt_data);
}

TEST_F(Qwen3VlFolderTest, TensorsOfAnotherShapeAreListed) {
  auto config = folder_.read("config.json");
  config["text_config"]["intermediate_size"] = 25;
  folder_.write("config.json", config);
  EXPECT_EQ(error(), ErrorCode::corrupt_data);
}

class Qwen3VlRerankerTest : public ::testing::Test {
 protected:
  Qwen3VlRerankerTest() : checkpoint_(model_folder()), reranker_(make_reranker(checkpoint_)) {}

  const test::Golden golden_ = test::Golden::open("qwen3_vl_tiny");
  Checkpoint checkpoint_;
  std::unique_ptr<Reranker> reranker_;
};

TEST_F(Qwen3VlRerankerTest, ProbabilitiesAreThoseOfTheReferencesLogits) {
  const auto texts = golden_.json().at("texts").get<std::vector<std::string>>();
  std::vector<RerankCandidate> candidates(texts.begin(), texts.end());
  candidates.emplace_back(picture_of(golden_.tensor("picture")));
  candidates.emplace_back(clip_of(golden_));
  const auto scores =
      reranker_->score({.text = golden_.json().at("query").get<std::string>()}, candidates);
  const auto expected = golden_.tensor("log_odds");
  ASSERT_EQ(static_cast<std::int64_t>(scores.size()), expected.size(0));
  for (std::size_t i = 0; i < scores.size(); ++i) {
    EXPECT_NEAR(std::log(scores[i] / (1 - scores[i])), expected[i].item<double>(), 1e-4) << i;
  }
}

TEST_F(Qwen3VlRerankerTest, NoCandidatesGiveNoScores) {
  EXPECT_TRUE(reranker_->score({.text = "dog"}, {}).empty());
}

TEST(MakeRerankerTest, RefusesAModelOfAnotherType) {
  const ChangedFolder folder;
  folder.write("config.json", {{"model_type", "bert"}});
  Checkpoint checkpoint(folder.path());
  try {
    make_reranker(checkpoint);
    ADD_FAILURE() << "it was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unsupported);
    EXPECT_NE(std::string(error.what()).find("qwen3_vl"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace ogam

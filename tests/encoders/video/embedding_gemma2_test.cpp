#include "encoders/video/embedding_gemma2.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/base/files.h"
#include "encoders/registry.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace ogam {
namespace {

namespace fs = std::filesystem;

constexpr const char* kModel = "embedding_gemma2_tiny";
constexpr test::Tolerance kClose = {.atol = 2e-5, .rtol = 1e-4};

fs::path golden_folder() { return test::source_folder() / "tests" / "golden" / kModel; }

Encoders load(const fs::path& folder) {
  Checkpoint checkpoint(folder);
  return make_encoders(checkpoint);
}

/// A copy of the tiny model whose files may be changed.
class ChangedModel {
 public:
  ChangedModel() {
    fs::copy(golden_folder(), folder_.path(),
             fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  }
  const fs::path& path() const { return folder_.path(); }

  template <typename Change>
  void change(const char* file, const Change& change) const {
    auto json = read_json_file(folder_ / file);
    change(json);
    write_file_atomically(folder_ / file, json.dump());
  }

 private:
  test::TemporaryFolder folder_;
};

class EmbeddingGemma2Test : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { encoders_ = load(golden_folder()); }
  static void TearDownTestSuite() { encoders_ = {}; }

  Image image(const at::Tensor& pixels) const {
    const auto bytes = pixels.contiguous();
    const auto* const data = bytes.const_data_ptr<std::uint8_t>();
    return {.width = static_cast<int>(bytes.size(1)),
            .height = static_cast<int>(bytes.size(0)),
            .pixels = {data, data + bytes.numel()}};
  }
  std::vector<Image> images() const {
    return {image(golden_.tensor("image.0")), image(golden_.tensor("image.1"))};
  }
  std::vector<std::vector<float>> sounds() const {
    std::vector<std::vector<float>> sounds;
    for (const auto* const name : {"audio.0", "audio.1"}) {
      const auto samples = golden_.tensor(name).to(at::kFloat).div(32768).contiguous();
      const auto* const data = samples.const_data_ptr<float>();
      sounds.emplace_back(data, data + samples.numel());
    }
    return sounds;
  }
  VideoClip clip() const {
    const auto frames = golden_.tensor("video.frames");
    return {.frames = {image(frames[0]), image(frames[1])}, .times = {0, kSecond / 2}, .audio = {}};
  }
  const std::vector<std::string> texts_ = {"a red car", "빨간 자동차가 길을 달린다"};

  const test::Golden golden_ = test::Golden::open(kModel);
  static inline Encoders encoders_;
};

at::Tensor only(const std::vector<EncoderOutput>& outputs) {
  EXPECT_EQ(outputs.size(), 1U);
  EXPECT_EQ(outputs[0].name, "embedding");
  return outputs[0].vectors;
}

TEST_F(EmbeddingGemma2Test, VectorsOfEveryModalityMatchTheReference) {
  const std::vector<VideoClip> clips = {clip()};
  EXPECT_TRUE(test::all_close(only(encoders_.text->encode(texts_, kQueryPrompt)),
                              golden_.tensor("text.vectors"), kClose));
  EXPECT_TRUE(test::all_close(only(encoders_.image->encode(images())),
                              golden_.tensor("image.vectors"), kClose));
  EXPECT_TRUE(test::all_close(only(encoders_.audio->encode(sounds())),
                              golden_.tensor("audio.vectors"), kClose));
  EXPECT_TRUE(test::all_close(only(encoders_.video->encode(clips)), golden_.tensor("video.vectors"),
                              kClose));
}

TEST_F(EmbeddingGemma2Test, ItemsDoNotDependOnTheirBatch) {
  const auto alone = [](const auto& encode, const auto& items) {
    std::vector<at::Tensor> rows;
    for (const auto& item : items) {
      rows.push_back(only(encode({item})));
    }
    return at::cat(rows);
  };
  const std::vector<std::string> texts = {"dog", "a much longer text about a red car", "", "car"};
  const auto encode = [&](const std::vector<std::string>& items) {
    return encoders_.text->encode(items, "");
  };
  EXPECT_TRUE(test::all_close(alone(encode, texts), only(encode(texts)), kClose));
  const auto see = [&](const std::vector<Image>& items) { return encoders_.image->encode(items); };
  EXPECT_TRUE(test::all_close(alone(see, images()), golden_.tensor("image.vectors"), kClose));
  const auto hear = [&](const std::vector<std::vector<float>>& items) {
    return encoders_.audio->encode(items);
  };
  EXPECT_TRUE(test::all_close(alone(hear, sounds()), golden_.tensor("audio.vectors"), kClose));
}

TEST_F(EmbeddingGemma2Test, NothingGivesNoRows) {
  const auto dimension = encoders_.text->outputs().at(0).dimension;
  const std::vector<std::int64_t> none = {0, dimension};
  EXPECT_EQ(only(encoders_.text->encode({}, "")).sizes(), none);
  EXPECT_EQ(only(encoders_.image->encode({})).sizes(), none);
  EXPECT_EQ(only(encoders_.audio->encode({})).sizes(), none);
  EXPECT_EQ(only(encoders_.video->encode({})).sizes(), none);
}

TEST_F(EmbeddingGemma2Test, PromptsAreTheModelsOwn) {
  EXPECT_TRUE(
      test::all_close(only(encoders_.text->encode(texts_, "Clustering")),
                      only(encoders_.text->encode(
                          std::vector<std::string>{"task: clustering | query: " + texts_[0],
                                                   "task: clustering | query: " + texts_[1]},
                          "")),
                      kClose));
  EXPECT_THROW(encoders_.text->encode(texts_, "Cooking"), Error);
}

TEST_F(EmbeddingGemma2Test, SaysWhatItWants) {
  EXPECT_EQ(encoders_.audio->sample_rate(), 16000);
  EXPECT_EQ(encoders_.audio->window(), 30 * kSecond);
  const auto sampling = encoders_.video->sampling();
  EXPECT_EQ(sampling.fps, 1);
  EXPECT_EQ(sampling.max_frames, 5);
  EXPECT_EQ(sampling.sample_rate, 0);
}

TEST_F(EmbeddingGemma2Test, SoundOfVideosIsAskedForWhereItIsHeard) {
  const auto listening = [](Json& json) {
    json["video_processor"]["add_timestamps"] = true;
    json["video_processor"]["load_audio_from_video"] = true;
  };
  const ChangedModel model;
  model.change("processor_config.json", listening);
  EXPECT_EQ(load(model.path()).video->sampling().sample_rate, 16000);
  model.change("config.json", [](Json& json) { json["audio_config"] = nullptr; });
  const auto deaf = load(model.path()).video;
  EXPECT_EQ(deaf->sampling().sample_rate, 0);
  std::vector<VideoClip> clips = {clip()};
  EXPECT_NO_THROW(deaf->encode(clips));
  clips[0].audio = sounds()[0];
  EXPECT_THROW(deaf->encode(clips), Error);
}

TEST_F(EmbeddingGemma2Test, LongTextsAreCutBeforeTheLastToken) {
  const ChangedModel model;
  write_file_atomically(model.path() / "sentence_bert_config.json", R"({"max_seq_length": 5})");
  const auto cut = load(model.path()).text;
  // <bos> and <eos> leave room for three tokens: each of these is one of no other.
  const std::vector<std::string> longer = {"ZZZZZZ"};
  const std::vector<std::string> shorter = {"ZZZ"};
  EXPECT_TRUE(test::all_close(only(cut->encode(longer, "")),
                              only(encoders_.text->encode(shorter, "")), kClose));
}

TEST_F(EmbeddingGemma2Test, ClipsMustMakeSense) {
  const auto encode = [&](VideoClip clip) {
    return encoders_.video->encode(std::vector<VideoClip>{std::move(clip)});
  };
  EXPECT_THROW(encode({}), Error);
  auto untimed = clip();
  untimed.times.pop_back();
  EXPECT_THROW(encode(untimed), Error);
  auto backwards = clip();
  std::swap(backwards.times[0], backwards.times[1]);
  EXPECT_THROW(encode(backwards), Error);
  auto mixed = clip();
  mixed.frames[1] = images()[0];
  EXPECT_THROW(encode(mixed), Error);
}

TEST_F(EmbeddingGemma2Test, SoundsMustMakeSense) {
  const auto encode = [&](std::vector<float> samples) {
    return encoders_.audio->encode(std::vector<std::vector<float>>{std::move(samples)});
  };
  EXPECT_THROW(encode({}), Error);
  EXPECT_THROW(encode(std::vector<float>(150)), Error);
  EXPECT_NO_THROW(encode(std::vector<float>(161)));
  auto broken = sounds()[0];
  broken[1000] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(encode(broken), Error);
}

TEST_F(EmbeddingGemma2Test, TowersMayBeLeftOut) {
  const ChangedModel deaf;
  deaf.change("config.json", [](Json& json) { json["audio_config"] = nullptr; });
  const auto sees = load(deaf.path());
  EXPECT_EQ(sees.audio, nullptr);
  ASSERT_NE(sees.video, nullptr);
  EXPECT_TRUE(
      test::all_close(only(sees.image->encode(images())), golden_.tensor("image.vectors"), kClose));
  const ChangedModel blind;
  blind.change("config.json", [](Json& json) {
    json["audio_config"] = nullptr;
    json.erase("vision_config");
  });
  const auto reads = load(blind.path());
  EXPECT_EQ(reads.image, nullptr);
  EXPECT_EQ(reads.video, nullptr);
  EXPECT_TRUE(test::all_close(only(reads.text->encode(texts_, kQueryPrompt)),
                              golden_.tensor("text.vectors"), kClose));
}

TEST_F(EmbeddingGemma2Test, VectorsMayBeCutToADeclaredDimension) {
  const ChangedModel model;
  model.change("config_sentence_transformers.json", [](Json& json) { json["truncate_dim"] = 8; });
  const auto text = load(model.path()).text;
  EXPECT_EQ(text->outputs().at(0).dimension, 8);
  const auto first = golden_.tensor("text.vectors").narrow(1, 0, 8);
  EXPECT_TRUE(test::all_close(only(text->encode(texts_, kQueryPrompt)),
                              first / first.norm(2, {1}, /*keepdim=*/true), kClose));
}

TEST_F(EmbeddingGemma2Test, SoftTokensAndWordsAreFusedByTheTextModel) {
  const auto& model = dynamic_cast<const EmbeddingGemma2&>(*encoders_.image);
  const auto soft = at::cat({model.image_tokens(images()[0]), model.audio_tokens(sounds()[1])});
  const auto [tokens, pooled] =
      model.language_model().forward(soft.unsqueeze(0), at::ones({1, soft.size(0)}, at::kBool));
  EXPECT_EQ(tokens.size(1), soft.size(0));
  EXPECT_TRUE(test::all_close(tokens.mean(1), pooled, kClose));
}

TEST_F(EmbeddingGemma2Test, PartsThatDoNotBelongTogetherAreRefused) {
  using Change = std::function<void(Json&)>;
  const std::vector<std::pair<const char*, Change>> changes = {
      {"config.json", [](Json& json) { json["image_token_id"] = 100'000; }},
      {"config.json", [](Json& json) { json["eoa_token_index"] = -1; }},
      {"config.json", [](Json& json) { json["vision_config"]["num_hidden_layers"] = 3; }},
      {"config.json", [](Json& json) { json["audio_config"]["output_proj_dims"] = 24; }},
      {"config.json", [](Json& json) { json["text_config"]["vocab_size"] = 1; }},
      {"config.json", [](Json& json) { json["text_config"] = 3; }},
      {"config.json",
       [](Json& json) {
         json["fusion_config"] = Json::object({{"size", 1}});
       }},
      {"processor_config.json", [](Json& json) { json["image_processor"]["patch_size"] = 16; }},
      {"processor_config.json",
       [](Json& json) { json["feature_extractor"]["feature_size"] = 128; }},
      {"processor_config.json",
       [](Json& json) { json["video_processor"]["load_audio_from_video"] = true; }},
      {"processor_config.json", [](Json& json) { json.erase("video_processor"); }},
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const ChangedModel model;
    model.change(changes[i].first, changes[i].second);
    EXPECT_THROW(load(model.path()), Error) << "change " << i;
  }
}

TEST_F(EmbeddingGemma2Test, Float16IsRefused) {
  EXPECT_THROW(Checkpoint(golden_folder(), at::kHalf), Error);
}

}  // namespace
}  // namespace ogam

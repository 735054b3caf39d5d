#include "encoders/video/pe_audio_video.h"

#include <algorithm>
#include <map>

#include "encoders/registry.h"
#include "tests/support/changed_model.h"
#include "tests/support/golden.h"

namespace ogam {
namespace {

constexpr test::Tolerance kClose = {.atol = 2e-5, .rtol = 1e-4};
constexpr double kRounded = 0.999;  // least cosine in bfloat16

Encoders open(const std::filesystem::path& folder, at::ScalarType precision = at::kFloat) {
  Checkpoint checkpoint(folder, precision);
  return make_encoders(checkpoint);
}

std::filesystem::path tiny_folder() {
  return test::source_folder() / "tests" / "golden" / "pe_tiny";
}

std::vector<std::string> texts() { return {"a red car on the road", "빨간 자동차", ""}; }

/// The golden's sound and frames.
VideoClip golden_clip() {
  const auto golden = test::Golden::open("pe_tiny");
  const auto sound = golden.tensor("clip");
  const auto frames = golden.tensor("frames");  // [F, H, W, 3] uint8
  VideoClip clip;
  clip.audio.assign(sound.const_data_ptr<float>(), sound.const_data_ptr<float>() + sound.numel());
  for (std::int64_t i = 0; i < frames.size(0); ++i) {
    const auto frame = frames[i].contiguous();
    const auto* const pixels = frame.const_data_ptr<std::uint8_t>();
    Image image;
    image.height = static_cast<int>(frame.size(0));
    image.width = static_cast<int>(frame.size(1));
    image.pixels.assign(pixels, pixels + frame.numel());
    clip.frames.push_back(std::move(image));
    clip.times.push_back(from_seconds(static_cast<double>(i)));
  }
  return clip;
}

std::map<std::string, at::Tensor> by_name(const std::vector<EncoderOutput>& outputs) {
  std::map<std::string, at::Tensor> named;
  for (const auto& output : outputs) {
    named[output.name] = output.vectors;
  }
  return named;
}

/// All vectors of the golden's inputs, named as its tensors.
std::map<std::string, at::Tensor> golden_vectors(const Encoders& encoders) {
  const auto clip = golden_clip();
  std::map<std::string, at::Tensor> vectors;
  for (const auto& [name, rows] : by_name(encoders.text->encode(texts(), kDocumentPrompt))) {
    vectors["text." + name] = rows;
  }
  for (const auto& [name, rows] : by_name(encoders.audio->encode(std::span(&clip.audio, 1)))) {
    vectors["audio." + name] = rows;
  }
  for (const auto& [name, rows] : by_name(encoders.video->encode(std::span(&clip, 1)))) {
    vectors["video." + name] = rows;
  }
  return vectors;
}

TEST(PeAudioVideoTest, EveryVectorMatchesTheReference) {
  const auto golden = test::Golden::open("pe_tiny");
  const auto vectors = golden_vectors(open(tiny_folder()));
  EXPECT_EQ(vectors.size(), 6);
  for (const auto& [name, rows] : vectors) {
    EXPECT_TRUE(test::all_close(rows, golden.tensor(name), kClose)) << name;
  }
}

TEST(PeAudioVideoTest, VectorsInBfloat16StayNear) {
  const auto golden = test::Golden::open("pe_tiny");
  for (const auto& [name, rows] : golden_vectors(open(tiny_folder(), at::kBFloat16))) {
    const auto expected = golden.tensor(name);
    EXPECT_EQ(rows.scalar_type(), at::kFloat);
    for (std::int64_t i = 0; i < rows.size(0); ++i) {
      EXPECT_GT(test::cosine(rows[i], expected[i]), kRounded) << name << i;
    }
  }
}

TEST(PeAudioVideoTest, OutputsSayWhichTextsMeetWhichMedia) {
  const auto encoders = open(tiny_folder());
  const auto names = [](const auto& encoder) {
    std::vector<std::string> named;
    for (const auto& info : encoder.outputs()) {
      EXPECT_EQ(info.dimension, 16);
      named.push_back(info.name);
    }
    return named;
  };
  EXPECT_EQ(names(*encoders.text), (std::vector<std::string>{"audio", "video", "audio_video"}));
  EXPECT_EQ(names(*encoders.audio), (std::vector<std::string>{"audio"}));
  EXPECT_EQ(names(*encoders.video), (std::vector<std::string>{"video", "audio_video"}));
  EXPECT_EQ(encoders.audio->sample_rate(), 48000);
  EXPECT_EQ(encoders.video->sampling().sample_rate, 48000);
}

TEST(PeAudioVideoTest, AClipDoesNotDependOnItsNeighbours) {
  const auto encoders = open(tiny_folder());
  std::vector<VideoClip> clips(3, golden_clip());
  clips[0].frames.resize(1);
  clips[0].times.resize(1);
  clips[2].audio.resize(31);
  const auto together = by_name(encoders.video->encode(clips));
  for (std::size_t i = 0; i < clips.size(); ++i) {
    for (const auto& [name, rows] :
         by_name(encoders.video->encode(std::span(clips).subspan(i, 1)))) {
      EXPECT_TRUE(test::all_close(rows[0], together.at(name)[static_cast<std::int64_t>(i)], kClose))
          << name << i;
    }
  }
}

TEST(PeAudioVideoTest, AClipWithoutSoundIsHeardAsSilence) {
  const auto encoders = open(tiny_folder());
  std::vector<VideoClip> clips(2, golden_clip());
  clips[0].audio.clear();
  clips[0].times.back() = from_seconds(0.01);
  clips[1].audio.assign(480, 0.0F);  // a hundredth of a second
  const auto both = by_name(encoders.video->encode(clips)).at("audio_video");
  EXPECT_TRUE(test::all_close(both[0], both[1], kClose));
}

TEST(PeAudioVideoTest, NothingGivesNoRows) {
  const auto encoders = open(tiny_folder());
  EXPECT_EQ(encoders.text->encode({}, "")[2].vectors.sizes(), at::IntArrayRef({0, 16}));
  EXPECT_EQ(encoders.audio->encode({})[0].vectors.sizes(), at::IntArrayRef({0, 16}));
  EXPECT_EQ(encoders.video->encode({})[1].vectors.sizes(), at::IntArrayRef({0, 16}));
}

TEST(PeAudioVideoTest, EmptyInputsAreRefused) {
  const auto encoders = open(tiny_folder());
  const std::vector<std::vector<float>> silence = {{}};
  EXPECT_THROW(encoders.audio->encode(silence), Error);
  const std::vector<VideoClip> nothing(1);
  EXPECT_THROW(encoders.video->encode(nothing), Error);
  EXPECT_THROW(encoders.text->encode(texts(), "summary"), Error);
}

TEST(PeAudioVideoTest, ConfigurationsThatDoNotFitAreRefused) {
  const auto nested = [](const char* section, const Json& change) {
    return Json{{"audio_video_config", {{section, change}}}};
  };
  const std::vector<std::pair<const char*, Json>> changes = {
      {"config.json", {{"tie_word_embeddings", false}}},
      {"config.json", {{"a_new_idea", 1}}},
      {"config.json", {{"text_config", {{"model_type", "bert"}}}}},
      {"config.json", {{"text_config", {{"hidden_size", 18}}}}},
      {"config.json", {{"audio_video_config", {{"num_hidden_layers", 3}}}}},
      {"config.json", {{"audio_video_config", {{"head_dim", 9}}}}},
      {"config.json", nested("audio_config", {{"hidden_size", 24}})},
      {"config.json", nested("audio_config", {{"dac_config", {{"codebook_dim", 9}}}})},
      {"config.json", nested("audio_config", {{"model_type", "whisper"}})},
      {"config.json", nested("video_config", {{"vision_config", {{"num_labels", 2}}}})},
      {"config.json", nested("video_config", {{"vision_config", {{"architecture", "resnet50"}}}})},
      {"config.json", nested("video_config", 7)},
      {"processor_config.json", {{"feature_extractor", {{"hop_length", 11}}}}},
      {"processor_config.json",
       {{"video_processor", {{"do_sample_frames", true}, {"num_frames", 1}}}}},
      {"processor_config.json", {{"video_processor", nullptr}}},
  };
  for (const auto& [file, change] : changes) {
    const test::ChangedModel model("pe_tiny", file, change);
    EXPECT_THROW(open(model.path()), Error) << file << change;
  }
}

TEST(PeAudioVideoTest, FixedNumbersOfFramesAreSpreadOverTheClip) {
  const test::ChangedModel model(
      "pe_tiny", "processor_config.json",
      {{"video_processor", {{"do_sample_frames", true}, {"num_frames", 5}}}});
  const auto encoders = open(model.path());
  EXPECT_EQ(encoders.video->sampling().max_frames, 5);
  // From three frames the places 0, 0.5, 1, 1.5 and 2, rounded down.
  auto clip = golden_clip();
  const auto seen = by_name(encoders.video->encode(std::span(&clip, 1))).at("video");
  const std::vector<Image> frames = clip.frames;
  clip.frames = {frames[0], frames[0], frames[1], frames[1], frames[2]};
  const auto all = by_name(open(tiny_folder()).video->encode(std::span(&clip, 1))).at("video");
  EXPECT_TRUE(test::all_close(seen, all, kClose));
}

}  // namespace
}  // namespace ogam

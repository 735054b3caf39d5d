#include "encoders/audio/silero_vad.h"

#include <algorithm>
#include <limits>

#include "tests/support/golden.h"
#include "tests/support/speech_clips.h"

namespace ogam {
namespace {

SileroVad load() {
  Checkpoint checkpoint(test::pack_folder() / "models" / "silero-vad");
  SileroVad model(checkpoint);
  checkpoint.finish();
  return model;
}

std::vector<float> in_chunks(std::vector<float> samples) {
  samples.resize((samples.size() + SileroVad::kChunk - 1) / SileroVad::kChunk * SileroVad::kChunk);
  return samples;
}

TEST(SileroVadTest, MatchesOriginalOnSpeech) {
  const auto golden = test::Golden::open("speech");
  const auto model = load();
  for (const std::string name : {"0870", "0880", "0890", "0920", "0930"}) {
    auto state = model.start();
    const auto probabilities = model(in_chunks(test::speech_clip(name)), state);
    const auto expected = golden.tensor("voice." + name);
    ASSERT_EQ(static_cast<std::int64_t>(probabilities.size()), expected.numel()) << name;
    for (std::size_t i = 0; i < probabilities.size(); ++i) {
      EXPECT_NEAR(probabilities[i], expected.const_data_ptr<float>()[i], 1e-5)
          << name << ", chunk " << i;
    }
  }
}

TEST(SileroVadTest, ProbabilitiesDoNotDependOnHowTheStreamIsDivided) {
  const auto model = load();
  const auto samples = in_chunks(test::speech_clip("0880"));
  auto whole_state = model.start();
  const auto whole = model(samples, whole_state);
  auto state = model.start();
  std::vector<float> parts;
  for (std::size_t from = 0, chunks = 1; from < samples.size(); ++chunks) {
    const auto count = std::min(samples.size() - from, chunks * SileroVad::kChunk);
    const auto part = model(std::span(samples).subspan(from, count), state);
    parts.insert(parts.end(), part.begin(), part.end());
    from += count;
  }
  ASSERT_EQ(parts.size(), whole.size());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    EXPECT_NEAR(parts[i], whole[i], 1e-5) << "chunk " << i;
  }
}

TEST(SileroVadTest, RefusesPartOfAChunk) {
  const auto model = load();
  auto state = model.start();
  EXPECT_THROW(model(std::vector<float>(100), state), Error);
}

TEST(SileroVadTest, SaysThatSamplesAreNotFiniteInsteadOfGoingDeaf) {
  const auto model = load();
  for (const float broken :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), -1e30F}) {
    auto samples = in_chunks(test::speech_clip("0880"));
    samples[samples.size() / 2] = broken;
    auto state = model.start();
    try {
      model(samples, state);
      ADD_FAILURE() << broken << " was taken";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::corrupt_data);
    }
  }
}

TEST(SileroVadTest, RefusesTheFolderOfAnotherModel) {
  Checkpoint checkpoint(test::source_folder() / "tests" / "golden" / "whisper_tiny");
  try {
    const SileroVad model(checkpoint);
    FAIL() << "a speech recogniser was taken for a voice activity detector";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unsupported);
  }
}

}  // namespace
}  // namespace ogam

#include "encoders/audio/silero_vad.h"

#include <algorithm>

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

}  // namespace
}  // namespace ogam

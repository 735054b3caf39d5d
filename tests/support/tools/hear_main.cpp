#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <exception>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/media/reader.h"
#include "core/tensor/checkpoint.h"
#include "core/tensor/safetensors_writer.h"
#include "decoders/text/whisper_search.h"
#include "pipelines/whisper_model.h"

// What a Whisper of a folder makes of sounds, step by step, for the comparison with the reference.
//
//   hear FOLDER REQUEST.json OUT.safetensors
//
// The request: {"audio": [files], "prompt": "LANGUAGE" or "LANGUAGE translate"; nothing is
// English}. The tensors written have a row for each sound:
//   audio.features  log-mel frames
//   audio.states    of the encoder
//   audio.logits    after each of kTokens tokens of no meaning, fed one by one
//   audio.timed     the first kTokens tokens that are decoded with times, -1 after the end
//   audio.plain     the same without times, greedily, under the folder's own lists of tokens alone

namespace ogam {
namespace {

constexpr std::int64_t kTokens = 12;

std::vector<float> read_sound(const std::string& file) {
  ReadOptions options;
  options.frames.kind = FrameSelection::Kind::none;
  options.sample_rate = 16000;
  MediaReader reader(file, options);
  std::vector<float> samples;
  while (auto event = reader.next()) {
    if (const auto* chunk = std::get_if<AudioChunk>(&*event)) {
      samples.insert(samples.end(), chunk->samples.begin(), chunk->samples.end());
    }
  }
  return samples;
}

at::Tensor row(const std::vector<std::int32_t>& tokens) {
  return at::tensor(std::vector<std::int64_t>(tokens.begin(), tokens.end())).unsqueeze(0);
}

at::Tensor ids_of(std::vector<std::int32_t> tokens) {
  tokens.resize(kTokens, -1);
  return row(tokens)[0].to(at::kFloat);
}

at::Tensor logits_of(const WhisperModel& model, const std::vector<KeyValues>& sound) {
  auto state = model.decoder.start(sound);
  std::vector<at::Tensor> logits;
  for (std::int64_t i = 0; i < kTokens; ++i) {
    const auto token = static_cast<std::int32_t>(7919 * (i + 1) % model.decoder_config.vocab_size);
    logits.push_back(model.decoder.step(row({token}), state)[0]);
  }
  return at::cat(logits);
}

std::vector<std::int32_t> decode_plainly(const WhisperModel& model,
                                         const std::vector<KeyValues>& sound,
                                         std::vector<std::int32_t> prompt) {
  prompt.push_back(model.tokens.no_timestamps);
  auto state = model.decoder.start(sound);
  auto logits = model.decoder.step(row(prompt), state)[0];
  for (const auto token : model.tokens.suppressed_at_start) {
    logits[token] = -INFINITY;
  }
  std::vector<std::int32_t> chosen;
  while (static_cast<std::int64_t>(chosen.size()) < kTokens) {
    for (const auto token : model.tokens.suppressed) {
      logits[token] = -INFINITY;
    }
    const auto token = static_cast<std::int32_t>(logits.argmax().item<std::int64_t>());
    if (token == model.tokens.end) {
      break;
    }
    chosen.push_back(token);
    logits = model.decoder.step(row({token}), state)[0];
  }
  return chosen;
}

void hear(const std::string& folder, const Json& request, const std::string& out) {
  const c10::InferenceMode inference;
  Checkpoint checkpoint(folder);
  const WhisperModel model(checkpoint);
  checkpoint.finish();
  const WhisperSearch search(model.decoder, model.tokens);
  const auto words = request.value("prompt", std::string());
  const bool translating = words.ends_with(" translate");
  const auto language = words.empty() ? "en" : words.substr(0, words.find(' '));
  const auto prompt = model.tokens.prompt(language, translating);
  std::map<std::string, std::vector<at::Tensor>> rows;
  for (const auto& file : request.at("audio")) {
    const auto features = model.features(read_sound(file.get<std::string>()));
    const auto states = model.encoder.forward(features.unsqueeze(0));
    const auto sound = model.decoder.project(states);
    rows["audio.features"].push_back(features.flatten());
    rows["audio.states"].push_back(states.flatten());
    rows["audio.logits"].push_back(logits_of(model, sound));
    rows["audio.timed"].push_back(ids_of(search.decode(sound, prompt, {}).tokens));
    rows["audio.plain"].push_back(ids_of(decode_plainly(model, sound, prompt)));
  }
  std::map<std::string, at::Tensor> tensors;
  for (const auto& [name, of_sounds] : rows) {
    tensors[name] = at::stack(of_sounds);
  }
  save_safetensors(out, tensors);
}

}  // namespace
}  // namespace ogam

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: hear FOLDER REQUEST.json OUT.safetensors\n";
    return 2;
  }
  try {
    at::set_num_threads(1);
    ogam::hear(argv[1], ogam::read_json_file(argv[2]), argv[3]);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << ogam::describe(error) << '\n';
    return 1;
  }
}

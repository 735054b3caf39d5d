#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <exception>
#include <functional>
#include <iostream>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/tensor/checkpoint.h"
#include "core/tensor/safetensors_writer.h"
#include "core/tensor/weight_source.h"
#include "core/text/piper_tokenizer.h"
#include "core/text/vits_tokenizer.h"
#include "decoders/audio/espeak.h"
#include "decoders/audio/vits.h"

// What a VITS of a folder says, for the comparison with the reference.
//
//   speak FOLDER REQUEST.json OUT.safetensors
//
// The request: {"texts": [...]} (with "phonemes": true for a Piper voice) or {"ids": [[...], ...]};
// and, as far as they are wanted, "speaker", "rate", "noise_scale", "noise_scale_duration", and
// "noise": a safetensors file whose tensor "noise" [N] is dealt out from its beginning to each
// text; without it all noise is 0. The tensors written are ids.I and waveform.I of each text I.

namespace ogam {
namespace {

VitsNoise noise_from(const at::Tensor& numbers) {
  return [numbers, at = std::int64_t{0}](at::IntArrayRef shape) mutable {
    const auto count =
        std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
    const auto dealt = numbers.narrow(0, at, count).view(shape);
    at += count;
    return dealt;
  };
}

template <typename T>
std::optional<T> optional_of(const Json& request, const char* key) {
  return request.contains(key) ? std::optional(request.at(key).get<T>()) : std::nullopt;
}

std::vector<std::vector<std::int64_t>> ids_of(const Json& request, const std::string& folder) {
  if (request.contains("ids")) {
    return request.at("ids").get<std::vector<std::vector<std::int64_t>>>();
  }
  std::vector<std::vector<std::int64_t>> ids;
  for (const auto& text : request.at("texts").get<std::vector<std::string>>()) {
    if (request.value("phonemes", false)) {
      const PiperTokenizer tokenizer(folder);
      ids.push_back(tokenizer.encode(Espeak(tokenizer.espeak_voice()).phonemes(text)).ids);
    } else {
      ids.push_back(VitsTokenizer(folder).encode(text).ids);
    }
  }
  return ids;
}

void speak(const std::string& folder, const Json& request, const std::string& out) {
  const c10::InferenceMode inference;
  Checkpoint checkpoint(folder);
  const auto config = VitsConfig::parse(checkpoint.config(), checkpoint.origin());
  const Vits model(config, checkpoint.weights());
  checkpoint.finish();
  const VitsOptions options = {
      .noise_scale = optional_of<double>(request, "noise_scale"),
      .noise_scale_duration = optional_of<double>(request, "noise_scale_duration"),
      .speaking_rate = optional_of<double>(request, "rate"),
      .speaker = optional_of<std::int64_t>(request, "speaker"),
  };
  std::map<std::string, at::Tensor> tensors;
  const auto texts = ids_of(request, folder);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const VitsNoise noise =
        request.contains("noise")
            ? noise_from(open_weights(request.at("noise").get<std::string>())->load("noise"))
            : VitsNoise([](at::IntArrayRef shape) { return at::zeros(shape, at::kFloat); });
    const auto ids = at::tensor(texts[i], at::kLong);
    tensors["ids." + std::to_string(i)] = ids;
    if (!texts[i].empty()) {
      tensors["waveform." + std::to_string(i)] = model.speak(ids, options, noise);
    }
  }
  save_safetensors(out, tensors);
}

}  // namespace
}  // namespace ogam

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: speak FOLDER REQUEST.json OUT.safetensors\n";
    return 2;
  }
  try {
    at::set_num_threads(1);
    ogam::speak(argv[1], ogam::read_json_file(argv[2]), argv[3]);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << ogam::describe(error) << '\n';
    return 1;
  }
}

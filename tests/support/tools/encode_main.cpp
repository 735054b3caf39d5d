#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <chrono>
#include <exception>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/media/image_file.h"
#include "core/media/reader.h"
#include "core/tensor/checkpoint.h"
#include "core/tensor/safetensors_writer.h"
#include "encoders/registry.h"
#include "encoders/reranker.h"

// Encodes what a request lists with the model of a folder, for the comparison with references.
//
//   encode FOLDER REQUEST.json OUT.safetensors
//
// The request: {"precision": "float32" | "bfloat16", "prompt": name, "text": [...], "image":
// [files], "audio": [files], "video": [{"frames": [files], "times": [seconds], "audio": file or
// null}]}. The tensors written are named MODALITY.OUTPUT; their metadata hold the seconds each
// modality took.
//
// With {"query", "instruction", "candidates": [{"text"} | {"image"} | {"video"}]} the model is a
// reranker; what is written is the tensor "scores".

namespace ogam {
namespace {

std::vector<float> read_sound(const std::string& file, int sample_rate) {
  ReadOptions options;
  options.frames.kind = FrameSelection::Kind::none;
  options.sample_rate = sample_rate;
  MediaReader reader(file, options);
  std::vector<float> samples;
  while (auto event = reader.next()) {
    if (const auto* chunk = std::get_if<AudioChunk>(&*event)) {
      samples.insert(samples.end(), chunk->samples.begin(), chunk->samples.end());
    }
  }
  return samples;
}

std::vector<Image> read_images(const Json& files) {
  std::vector<Image> images;
  for (const auto& file : files) {
    images.push_back(read_image(file.get<std::string>()));
  }
  return images;
}

VideoClip read_clip(const Json& clip, int sample_rate) {
  VideoClip read;
  read.frames = read_images(clip.at("frames"));
  for (const auto& seconds : clip.at("times")) {
    read.times.push_back(from_seconds(seconds.get<double>()));
  }
  if (sample_rate > 0 && clip.contains("audio") && !clip.at("audio").is_null()) {
    read.audio = read_sound(clip.at("audio").get<std::string>(), sample_rate);
  }
  return read;
}

/// Runs what encodes one modality and keeps its outputs and the time it took.
class Results {
 public:
  template <typename Encode>
  void add(const std::string& modality, const Encode& encode) {
    const auto start = std::chrono::steady_clock::now();
    const std::vector<EncoderOutput> outputs = encode();
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    seconds_["seconds." + modality] = std::to_string(taken.count());
    for (const EncoderOutput& output : outputs) {
      tensors_[modality + "." + output.name] = output.vectors;
    }
  }
  void save(const std::string& file) const { save_safetensors(file, tensors_, seconds_); }

 private:
  std::map<std::string, at::Tensor> tensors_;
  std::map<std::string, std::string> seconds_;
};

template <typename Encoder>
const Encoder& required(const std::shared_ptr<const Encoder>& encoder, const char* modality) {
  require(encoder != nullptr, ErrorCode::unsupported, "the model does not encode {}", modality);
  return *encoder;
}

RerankCandidate read_candidate(const Json& candidate) {
  if (candidate.contains("image")) {
    return read_image(candidate.at("image").get<std::string>());
  }
  if (candidate.contains("video")) {
    return read_clip(candidate.at("video"), /*sample_rate=*/0);
  }
  return candidate.at("text").get<std::string>();
}

void rerank(Checkpoint& checkpoint, const Json& request, const std::string& out) {
  const auto reranker = make_reranker(checkpoint);
  std::vector<RerankCandidate> candidates;
  for (const auto& candidate : request.at("candidates")) {
    candidates.push_back(read_candidate(candidate));
  }
  const RerankQuery query = {.text = request.at("query").get<std::string>(),
                             .instruction = request.value("instruction", std::string())};
  save_safetensors(out, {{"scores", at::tensor(reranker->score(query, candidates), at::kDouble)}});
}

void encode(Checkpoint& checkpoint, const Json& request, const std::string& out) {
  const c10::InferenceMode inference;
  const Encoders encoders = make_encoders(checkpoint);
  Results results;
  if (request.contains("text")) {
    const auto texts = request.at("text").get<std::vector<std::string>>();
    const auto prompt = request.value("prompt", std::string());
    results.add("text", [&] { return required(encoders.text, "text").encode(texts, prompt); });
  }
  if (request.contains("image")) {
    const auto images = read_images(request.at("image"));
    results.add("image", [&] { return required(encoders.image, "images").encode(images); });
  }
  if (request.contains("audio")) {
    const auto& encoder = required(encoders.audio, "audio");
    std::vector<std::vector<float>> sounds;
    for (const auto& file : request.at("audio")) {
      sounds.push_back(read_sound(file.get<std::string>(), encoder.sample_rate()));
    }
    results.add("audio", [&] { return encoder.encode(sounds); });
  }
  if (request.contains("video")) {
    const auto& encoder = required(encoders.video, "video");
    std::vector<VideoClip> clips;
    for (const auto& clip : request.at("video")) {
      clips.push_back(read_clip(clip, encoder.sampling().sample_rate));
    }
    results.add("video", [&] { return encoder.encode(clips); });
  }
  results.save(out);
}

}  // namespace
}  // namespace ogam

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: encode FOLDER REQUEST.json OUT.safetensors\n";
    return 2;
  }
  try {
    at::set_num_threads(1);
    const ogam::Json request = ogam::read_json_file(argv[2]);
    ogam::Checkpoint checkpoint(
        argv[1], request.value("precision", "float32") == "bfloat16" ? at::kBFloat16 : at::kFloat);
    (request.contains("candidates") ? ogam::rerank : ogam::encode)(checkpoint, request, argv[3]);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << ogam::describe(error) << '\n';
    return 1;
  }
}

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <exception>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/time.h"
#include "core/media/image_file.h"
#include "core/tensor/checkpoint.h"
#include "core/tensor/safetensors_writer.h"
#include "decoders/text/text_generation.h"
#include "pipelines/vision_language_model.h"

// What the vision-language model of a folder makes of pictures and clips, for the comparison with
// the reference.
//
//   describe FOLDER REQUEST.json OUT.safetensors
//
// The request: {"image": [files], "video": [{"frames": [files], "times": [seconds]}], "prompt":
// words that follow, "precision": "float32" | "bfloat16"}. The tensors written have a row for each
// picture or clip, MODALITY being "image" or "video":
//   MODALITY.logits  after each of the last kPositions tokens of a text that shows it
//   MODALITY.two     after the last token of a text that shows a picture twice, or a clip and then
//                    its first frame
//   MODALITY.pieces  after the last token, read in pieces and then one by one through a cache
//   MODALITY.batch   after kFurther tokens of no meaning that follow one by one, all in one batch
//   MODALITY.tokens  the first kGenerated tokens that are generated greedily, -1 after the end

namespace ogam {
namespace {

constexpr std::int64_t kPositions = 12;
constexpr std::int64_t kPiece = 29;
constexpr std::int64_t kFurther = 4;
constexpr std::int64_t kGenerated = 12;

/// What stands in a text for a picture, and for a video.
struct PlaceNames {
  const char* picture;
  const char* video;
};
const std::map<std::string, PlaceNames> kPlaces = {
    {"hyperclovax_vision_v2", {"<|image_pad|>", "<|video_pad|>"}},
    {"llava_onevision", {"<image>", "<video>"}},
    {"qwen3_vl",
     {"<|vision_start|><|image_pad|><|vision_end|>",
      "<|vision_start|><|video_pad|><|vision_end|>"}},
};

VideoClip read_clip(const Json& clip) {
  VideoClip read;
  for (const auto& file : clip.at("frames")) {
    read.frames.push_back(read_image(file.get<std::string>()));
  }
  for (const auto& seconds : clip.at("times")) {
    read.times.push_back(from_seconds(seconds.get<double>()));
  }
  return read;
}

at::Tensor last_logits(const LanguageModel& model, const EmbeddedTokens& tokens) {
  return model.forward({.embedded = &tokens, .last_only = true})[0];
}

at::Tensor logits_by_pieces(const LanguageModel& model, const EmbeddedTokens& tokens) {
  const auto count = tokens.embeddings.size(1);
  auto cache = model.make_cache(1, count);
  at::Tensor logits;
  for (std::int64_t start = 0; start < count;) {
    const auto size = count - start > kPiece + 3 ? kPiece : 1;
    const auto piece = tokens.slice(start, size);
    logits = model.forward({.embedded = &piece, .cache = &cache, .last_only = true});
    start += size;
  }
  return logits[0];
}

at::Tensor logits_in_batch(const LanguageModel& model, const std::vector<EmbeddedPrompt>& prompts) {
  const auto batch = side_by_side(prompts);
  const auto count = std::ssize(prompts);
  auto cache = model.make_cache(count, batch.real.size(1) + kFurther);
  auto logits = model.forward(
      {.embedded = &batch.tokens, .real = batch.real, .cache = &cache, .last_only = true});
  for (std::int64_t i = 0; i < kFurther; ++i) {
    const auto token = at::full({count, 1}, 17 * (i + 1), at::kLong);
    logits = model.forward({.ids = token, .cache = &cache, .last_only = true});
  }
  return logits;
}

/// The outputs of one modality.
class Outputs {
 public:
  Outputs(const VisionLanguageModel& model, std::string modality)
      : model_(model),
        modality_(std::move(modality)),
        generator_(model.decoder().language_model(), model.decoder().tokenizer()) {}

  void add(const VisionLanguageModel::Question& one, const VisionLanguageModel::Question& two) {
    const auto& language_model = model_.decoder().language_model();
    prompts_.push_back(model_.read(one));
    const auto& tokens = prompts_.back().tokens;
    const auto logits = language_model.forward({.embedded = &tokens})[0];
    push("logits", logits.slice(0, logits.size(0) - kPositions).flatten());
    push("two", last_logits(language_model, model_.read(two).tokens));
    push("pieces", logits_by_pieces(language_model, tokens));
    auto written = generator_.generate(prompts_.back(), {.max_tokens = kGenerated}).tokens;
    written.resize(kGenerated, -1);
    push("tokens", at::tensor(std::vector<float>(written.begin(), written.end())));
  }

  void save(std::map<std::string, at::Tensor>& tensors) const {
    for (const auto& [name, rows] : rows_) {
      tensors[name] = at::stack(rows);
    }
    tensors[modality_ + ".batch"] = logits_in_batch(model_.decoder().language_model(), prompts_);
  }

 private:
  void push(const char* name, const at::Tensor& row) {
    rows_[modality_ + "." + name].push_back(row);
  }

  const VisionLanguageModel& model_;
  std::string modality_;
  TextGenerator generator_;
  std::vector<EmbeddedPrompt> prompts_;
  std::map<std::string, std::vector<at::Tensor>> rows_;
};

void show(const std::string& folder, const Json& request, const std::string& out) {
  const c10::InferenceMode inference;
  const bool rounded = request.value("precision", std::string()) == "bfloat16";
  Checkpoint checkpoint(folder, rounded ? at::kBFloat16 : at::kFloat);
  const VisionLanguageModel model(checkpoint);
  const auto& [picture, video] = kPlaces.at(checkpoint.model_type());
  const auto words = request.value("prompt", std::string()) + " what is it, and where is the car?";
  std::map<std::string, at::Tensor> tensors;
  if (request.contains("image")) {
    Outputs outputs(model, "image");
    for (const auto& file : request.at("image")) {
      const auto image = read_image(file.get<std::string>());
      const std::vector<Image> twice = {image, image};
      const auto once = "see " + std::string(picture) + words;
      const auto again = std::string(picture) + " and " + picture + words;
      outputs.add({.text = once, .pictures = {&image, 1}}, {.text = again, .pictures = twice});
    }
    outputs.save(tensors);
  }
  if (request.contains("video")) {
    Outputs outputs(model, "video");
    for (const auto& listed : request.at("video")) {
      const auto clip = read_clip(listed);
      const auto once = "see " + std::string(video) + words;
      const auto mixed = std::string(video) + " and " + picture + words;
      outputs.add({.text = once, .clips = {&clip, 1}},
                  {.text = mixed, .pictures = {clip.frames.data(), 1}, .clips = {&clip, 1}});
    }
    outputs.save(tensors);
  }
  save_safetensors(out, tensors);
}

}  // namespace
}  // namespace ogam

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: describe FOLDER REQUEST.json OUT.safetensors\n";
    return 2;
  }
  try {
    at::set_num_threads(1);
    ogam::show(argv[1], ogam::read_json_file(argv[2]), argv[3]);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << ogam::describe(error) << '\n';
    return 1;
  }
}

// Preprocesses media, for the tests in Python: reads one JSON request a line from stdin, answers
// each with one line of JSON, and writes all tensors to one .safetensors file.
//
//   preprocess OUT.safetensors
//
// The tensors of request i (from 0) are named "i.NAME".

#include <ATen/ATen.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/media/image_file.h"
#include "core/media/resample.h"
#include "core/nn/llava_onevision_config.h"
#include "core/nn/processor_config.h"
#include "core/tensor/safetensors_writer.h"
#include "encoders/audio/clap_features.h"
#include "encoders/audio/gemma4_audio_features.h"
#include "encoders/audio/waveform_features.h"
#include "encoders/audio/whisper_features.h"
#include "encoders/image/image_processor.h"
#include "encoders/image/patch_processor.h"
#include "encoders/image/picture_squares.h"
#include "encoders/image/siglip_tokenizer.h"
#include "encoders/video/frame_sampling.h"

namespace ogam {
namespace {

using Tensors = std::map<std::string, at::Tensor>;

template <typename T>
T field(const Json& request, const std::string& key) {
  return json_value<T>(request, key, "request");
}

at::Tensor pixels(const Image& image) {
  return at::tensor(at::ArrayRef<std::uint8_t>(image.pixels))
      .reshape({image.height, image.width, 3});
}

/// {"image", "width", "height", "filter": a code of Pillow's, "arithmetic": 0 Pillow's,
/// 1 torchvision's}
Tensors answer_resample(const Json& request) {
  const Image image =
      resample(read_image(field<std::string>(request, "image")),
               {field<int>(request, "width"), field<int>(request, "height")},
               {.filter = static_cast<ResampleFilter>(field<int>(request, "filter")),
                .arithmetic = static_cast<ResampleArithmetic>(field<int>(request, "arithmetic"))});
  return {{"pixels", pixels(image)}};
}

/// {"image"}: as it is decoded.
Tensors answer_decode(const Json& request) {
  return {{"pixels", pixels(read_image(field<std::string>(request, "image")))}};
}

std::vector<Image> images(const Json& request) {
  std::vector<Image> images;
  for (const auto& path : field<std::vector<std::string>>(request, "images")) {
    images.push_back(read_image(path));
  }
  return images;
}

/// {"folder": a model's}, and {"video": true} for its video processor.
ProcessorConfig picture_config(const Json& request) {
  const bool video = json_value_or<bool>(request, "video", "request", false);
  return ProcessorConfig::read(field<std::string>(request, "folder"),
                               video ? ProcessorKind::video : ProcessorKind::image);
}

/// {"folder": a model's, "images": [...]}
Tensors answer_image(const Json& request) {
  const ImageProcessor processor(ImageProcessorConfig::parse(picture_config(request)));
  return {{"pixel_values", processor(images(request))}};
}

/// Each picture whole and in squares: [N, most, 3, side, side], zeros where a picture has fewer.
Tensors answer_squares(const Json& request) {
  const auto config = picture_config(request);
  const ImageProcessor processor(ImageProcessorConfig::parse(config));
  std::vector<Size> sizes;
  for (const auto& [height, width] : parse_grid_pinpoints(config.json(), config.origin())) {
    sizes.push_back({static_cast<int>(width), static_cast<int>(height)});
  }
  std::vector<at::Tensor> prepared;
  std::int64_t most = 0;
  for (const Image& image : images(request)) {
    auto squares = cut_squares(image, best_size({image.width, image.height}, sizes),
                               processor.config().size.exact.value().width,
                               processor.config().pixels.resample);
    squares.insert(squares.begin(), image);
    prepared.push_back(processor(squares));
    most = std::max(most, prepared.back().size(0));
  }
  for (auto& squares : prepared) {
    squares = at::constant_pad_nd(squares, {0, 0, 0, 0, 0, 0, 0, most - squares.size(0)});
  }
  return {{"pixel_values", at::stack(prepared)}};
}

Tensors answer_naflex(const Json& request) {
  const NaflexProcessor processor(NaflexProcessor::Config::parse(picture_config(request)));
  const auto batch = processor(images(request));
  return {{"pixel_values", batch.pixel_values},
          {"pixel_attention_mask", batch.pixel_attention_mask},
          {"spatial_shapes", batch.spatial_shapes}};
}

Tensors answer_gemma4(const Json& request) {
  const Gemma4Processor processor(Gemma4Processor::Config::parse(picture_config(request)));
  const auto batch = processor(images(request));
  return {{"pixel_values", batch.pixel_values},
          {"position_ids", batch.position_ids},
          {"num_soft_tokens", at::tensor(at::ArrayRef<std::int64_t>(batch.num_soft_tokens))}};
}

Tensors answer_qwen(const Json& request) {
  const auto config = picture_config(request);
  const QwenProcessor processor(QwenProcessor::Config::parse(config));
  const auto patches = json_value_or<bool>(request, "video", "request", false)
                           ? processor.video(images(request))
                           : processor.images(images(request));
  return {{"pixel_values", patches.pixel_values}, {"grid_thw", patches.grid_thw}};
}

/// {"rule", "budget": numbers in the order of its struct, "pictures": [[width, height,
/// frames]...]}: [N, 2] width and height, or 0 where the rule refuses the picture.
Tensors answer_sizes(const Json& request) {
  const auto budget = field<std::vector<int>>(request, "budget");
  const auto rule = field<std::string>(request, "rule");
  const auto size = [&](Size from, int frames) {
    if (rule == "naflex") {
      return naflex_size(from, {budget.at(0), budget.at(1)});
    }
    if (rule == "gemma4") {
      return gemma4_size(from, {budget.at(0), budget.at(1), budget.at(2)});
    }
    if (rule == "squares") {
      std::vector<Size> sizes;
      for (std::size_t i = 0; i + 1 < budget.size(); i += 2) {
        sizes.push_back({.width = budget[i + 1], .height = budget[i]});
      }
      return best_size(from, sizes);
    }
    const QwenBudget qwen{budget.at(0), budget.at(1), budget.at(2)};
    return frames == 0 ? qwen_image_size(from, qwen)
                       : qwen_video_size(from, frames, {qwen, budget.at(3)});
  };
  std::vector<std::int64_t> sizes;
  for (const auto& picture : field<std::vector<std::vector<int>>>(request, "pictures")) {
    Size to;
    try {
      to = size({picture.at(0), picture.at(1)}, picture.at(2));
    } catch (const Error& error) {
      require(error.code() == ErrorCode::invalid_argument, error.code(), "{}", error.what());
    }
    sizes.insert(sizes.end(), {to.width, to.height});
  }
  return {{"sizes", at::tensor(at::ArrayRef<std::int64_t>(sizes)).reshape({-1, 2})}};
}

/// {"folder", "videos": [[frames, fps, duration], ...]}
Tensors answer_sampling(const Json& request) {
  const auto sampling = FrameSampling::parse(
      ProcessorConfig::read(field<std::string>(request, "folder"), ProcessorKind::video));
  Tensors tensors;
  int number = 0;
  for (const auto& video : field<std::vector<std::vector<double>>>(request, "videos")) {
    const auto indices =
        sample_frames(sampling, {static_cast<std::int64_t>(video.at(0)), video.at(1), video.at(2)});
    tensors[std::to_string(number++)] = at::tensor(at::ArrayRef<std::int64_t>(indices));
  }
  return tensors;
}

std::vector<std::vector<float>> clips(const Json& request) {
  std::vector<std::vector<float>> clips;
  for (const auto& path : field<std::vector<std::string>>(request, "clips")) {
    const std::string bytes = read_file(path, std::size_t{1} << 28);
    clips.emplace_back(bytes.size() / sizeof(float));
    std::memcpy(clips.back().data(), bytes.data(), clips.back().size() * sizeof(float));
  }
  return clips;
}

ProcessorConfig sound_config(const Json& request) {
  return ProcessorConfig::read(field<std::string>(request, "folder"), ProcessorKind::audio);
}

/// {"folder", "clips": files of float32 samples}; the features of every clip by its number.
Tensors answer_whisper(const Json& request) {
  const WhisperFeatures features(WhisperFeatures::Config::parse(sound_config(request)));
  Tensors tensors;
  for (const auto& clip : clips(request)) {
    tensors[std::to_string(tensors.size())] = features(clip);
  }
  return tensors;
}

Tensors answer_clap(const Json& request) {
  const ClapFeatures features(ClapFeatures::Config::parse(sound_config(request)));
  Tensors tensors;
  int number = 0;
  for (const auto& clip : clips(request)) {
    const auto [frames, is_longer] = features(clip);
    const auto name = std::to_string(number++);
    tensors[name] = frames;
    tensors[name + ".is_longer"] = at::tensor({is_longer ? 1 : 0}, at::kLong);
  }
  return tensors;
}

Tensors answer_gemma4_audio(const Json& request) {
  const Gemma4AudioFeatures features(Gemma4AudioFeatures::Config::parse(sound_config(request)));
  Tensors tensors;
  int number = 0;
  for (const auto& clip : clips(request)) {
    const auto [frames, mask] = features(clip);
    const auto name = std::to_string(number++);
    tensors[name] = frames;
    tensors[name + ".mask"] = mask;
  }
  return tensors;
}

/// The clips as one batch.
Tensors answer_waveform(const Json& request) {
  const WaveformFeatures features(WaveformFeatures::Config::parse(sound_config(request)));
  const auto batch = features(clips(request));
  return {{"input_values", batch.input_values}, {"padding_mask", batch.padding_mask}};
}

/// {"folder", "model_type", "texts", "length"}: [N, length], as the text towers of SigLIP read
/// them.
Tensors answer_siglip_text(const Json& request) {
  const SiglipTokenizer tokenizer(field<std::string>(request, "folder"),
                                  field<std::string>(request, "model_type"));
  const auto length = field<std::int64_t>(request, "length");
  std::vector<std::int64_t> ids;
  for (const auto& text : field<std::vector<std::string>>(request, "texts")) {
    const auto read = tokenizer.encode(text, static_cast<std::size_t>(length));
    ids.insert(ids.end(), read.begin(), read.end());
  }
  return {{"ids", at::tensor(at::ArrayRef<std::int64_t>(ids)).reshape({-1, length})}};
}

const std::map<std::string, std::function<Tensors(const Json&)>> kAnswers = {
    {"clap", &answer_clap},         {"decode", &answer_decode},
    {"gemma4", &answer_gemma4},     {"gemma4_audio", &answer_gemma4_audio},
    {"image", &answer_image},       {"naflex", &answer_naflex},
    {"qwen", &answer_qwen},         {"resample", &answer_resample},
    {"sampling", &answer_sampling}, {"siglip_text", &answer_siglip_text},
    {"sizes", &answer_sizes},       {"squares", &answer_squares},
    {"waveform", &answer_waveform}, {"whisper", &answer_whisper},
};

int run(const std::string& out) {
  Tensors tensors;
  std::string line;
  for (int i = 0; std::getline(std::cin, line); ++i) {
    try {
      const Json request = parse_json(line, "stdin");
      for (auto& [name, tensor] : kAnswers.at(field<std::string>(request, "kind"))(request)) {
        tensors[std::to_string(i) + "." + name] = std::move(tensor);
      }
      std::cout << "{}\n";
    } catch (const Error& error) {
      std::cout << dump_json({{"error", error_code_name(error.code())}, {"message", error.what()}})
                << '\n';
    }
  }
  save_safetensors(out, tensors);
  return 0;
}

}  // namespace
}  // namespace ogam

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: preprocess OUT.safetensors; JSON requests on stdin\n";
    return 2;
  }
  try {
    return ogam::run(argv[1]);
  } catch (const std::exception& error) {
    std::cerr << ogam::describe(error) << '\n';
    return 1;
  }
}

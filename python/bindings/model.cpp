#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <utility>
#include <variant>

#include "core/base/error.h"
#include "core/media/image_file.h"
#include "core/media/mono_resampler.h"
#include "core/text/unicode.h"
#include "pipelines/embedding.h"
#include "pipelines/media_sampling.h"
#include "python/bindings/python.h"

namespace ogam::python {

namespace {

namespace fs = std::filesystem;

/// Inputs as Python hands them over; files are read when their turn comes.
using ImageInput = std::variant<at::Tensor, fs::path>;                    // [3, H, W] uint8
using SoundInput = std::variant<std::pair<at::Tensor, int>, fs::path>;    // [N] float, rate
using ClipInput = std::variant<std::pair<at::Tensor, double>, fs::path>;  // [T, 3, H, W], fps

// How many inputs go through a model at a time.
constexpr std::size_t kTextBatch = 32;
constexpr std::size_t kImageBatch = 8;

std::vector<float> sound_at(const SoundInput& input, int sample_rate) {
  if (const auto* const path = std::get_if<fs::path>(&input)) {
    return sample_audio(*path, std::nullopt,
                        {.sample_rate = sample_rate, .max_duration = MediaLimits().max_duration});
  }
  const auto& [given, rate] = std::get<std::pair<at::Tensor, int>>(input);
  require(given.dim() == 1 && given.numel() > 0 && given.is_floating_point(),
          ErrorCode::invalid_argument,
          "a sound must be a mono tensor or array [N] of floats, got {} with {} dimensions",
          c10::toString(given.scalar_type()), given.dim());
  const at::Tensor samples = given.to(at::kCPU, at::kFloat).contiguous();
  const std::span<const float> values(samples.const_data_ptr<float>(),
                                      static_cast<std::size_t>(samples.numel()));
  MonoResampler resampler({.from = rate, .to = sample_rate});
  std::vector<float> sound = resampler.push(values);
  const std::vector<float> rest = resampler.finish();
  sound.insert(sound.end(), rest.begin(), rest.end());
  return sound;
}

VideoClip clip_as(const ClipInput& input, const VideoSampling& sampling) {
  if (const auto* const path = std::get_if<fs::path>(&input)) {
    return sample_clip(*path, std::nullopt, sampling);
  }
  const auto& [frames, fps] = std::get<std::pair<at::Tensor, double>>(input);
  require(frames.dim() == 4 && frames.size(0) > 0, ErrorCode::invalid_argument,
          "a clip must be a uint8 tensor [T, 3, H, W], got one with {} dimensions", frames.dim());
  require(fps > 0 && fps <= 1000, ErrorCode::invalid_argument,
          "frames a second must be above 0 and at most 1000, got {}", fps);
  VideoClip clip;
  const Time duration = from_seconds(static_cast<double>(frames.size(0)) / fps);
  std::int64_t last = -1;
  for (const Time time : clip_times({0, duration}, sampling)) {
    const auto shown = static_cast<std::int64_t>(std::floor(to_seconds(time) * fps + 1e-6));
    const std::int64_t frame = std::min(shown, frames.size(0) - 1);
    if (frame != last) {  // a frame that is shown at several times comes once, as from a file
      clip.times.push_back(from_seconds(static_cast<double>(frame) / fps));
      clip.frames.push_back(image_of(frames[frame]));
      last = frame;
    }
  }
  return clip;
}

/// How vectors are wanted.
struct Wanted {
  std::string output;
  std::string prompt;
  int dimension = 0;
};

/// A model by itself, or a lane of a pack.
class Model {
 public:
  static Model load(const std::string& name, const std::string& precision) {
    require(precision == "float32" || precision == "bfloat16", ErrorCode::invalid_argument,
            "precision is float32 or bfloat16, not '{}'", precision);
    return Model(EmbeddingModel::load(name, precision == "bfloat16" ? at::kBFloat16 : at::kFloat));
  }

  static Model of_lane(const Pack& pack, const std::string& lane) {
    Model model(LaneOfPack{pack, Lane::parse(lane)});
    model.source({});  // what is missing is said now
    return model;
  }

  /// (name, dimension, smallest dimension to which it may be cut, or 0)
  std::vector<std::tuple<std::string, int, int>> outputs() const {
    std::vector<std::tuple<std::string, int, int>> outputs;
    if (const auto* const model = std::get_if<EmbeddingModel>(&made_)) {
      for (const EncoderOutputInfo& output : model->outputs()) {
        outputs.emplace_back(output.name, output.dimension, output.min_dimension);
      }
    } else {
      for (const PackSpace& space : lane().spaces) {
        outputs.emplace_back(space.output, space.dimension, 0);
      }
    }
    return outputs;
  }

  std::vector<std::string> modalities() const {
    const EmbeddingSource source = this->source({});
    std::vector<std::string> names;
    for (const auto& [name, there] : {std::pair<const char*, bool>{"text", source.text != nullptr},
                                      {"image", source.image != nullptr},
                                      {"audio", source.audio != nullptr},
                                      {"video", source.video != nullptr}}) {
      if (there) {
        names.emplace_back(name);
      }
    }
    return names;
  }

  std::string space(const std::string& output) const {
    const std::string name = source({.output = output, .prompt = {}}).output;
    if (const auto* const model = std::get_if<EmbeddingModel>(&made_)) {
      return model->space(name);
    }
    const auto& spaces = lane().spaces;
    const auto space = std::find_if(spaces.begin(), spaces.end(),
                                    [&](const PackSpace& s) { return s.output == name; });
    return std::get<LaneOfPack>(made_).pack.space(lane(), *space).id;
  }

  at::Tensor encode_texts(const std::vector<std::string>& texts, const Wanted& wanted) const {
    const Embedder embedder = this->embedder(wanted);
    return in_batches(embedder, texts, kTextBatch, [&](std::span<const std::string> batch) {
      std::vector<std::string> clean;
      for (const std::string& text : batch) {
        clean.push_back(to_nfc(repair_utf8(text)));
      }
      return embedder.encode_texts(clean);
    });
  }

  at::Tensor encode_images(const std::vector<ImageInput>& inputs, const Wanted& wanted) const {
    const Embedder embedder = this->embedder(wanted);
    return in_batches(embedder, inputs, kImageBatch, [&](std::span<const ImageInput> batch) {
      std::vector<Image> images;
      for (const ImageInput& input : batch) {
        const auto* const path = std::get_if<fs::path>(&input);
        images.push_back(path ? read_image(*path) : image_of(std::get<at::Tensor>(input)));
      }
      return embedder.encode_images(images);
    });
  }

  at::Tensor encode_sounds(const std::vector<SoundInput>& inputs, const Wanted& wanted) const {
    const Embedder embedder = this->embedder(wanted);
    return in_batches(embedder, inputs, 1, [&](std::span<const SoundInput> batch) {
      const auto& encoder = embedder.source().audio;
      std::vector<std::vector<float>> sounds;
      if (encoder != nullptr) {
        sounds.push_back(sound_at(batch.front(), encoder->sample_rate()));
      }
      return embedder.encode_sounds(sounds);
    });
  }

  at::Tensor encode_clips(const std::vector<ClipInput>& inputs, const Wanted& wanted) const {
    const Embedder embedder = this->embedder(wanted);
    return in_batches(embedder, inputs, 1, [&](std::span<const ClipInput> batch) {
      const auto& encoder = embedder.source().video;
      std::vector<VideoClip> clips;
      if (encoder != nullptr) {
        clips.push_back(clip_as(batch.front(), encoder->sampling()));
      }
      return embedder.encode_clips(clips);
    });
  }

 private:
  struct LaneOfPack {
    Pack pack;
    Lane lane;
  };

  explicit Model(std::variant<EmbeddingModel, LaneOfPack> made) : made_(std::move(made)) {}

  const PackLane& lane() const {
    const auto& [pack, lane] = std::get<LaneOfPack>(made_);
    return *pack.manifest().lane(lane);
  }

  EmbeddingSource source(const Wanted& wanted) const {
    if (const auto* const model = std::get_if<EmbeddingModel>(&made_)) {
      return embedding_source(*model, wanted.output, wanted.prompt);
    }
    require(wanted.prompt.empty(), ErrorCode::invalid_argument,
            "a pack's lane takes texts as they are; prompts are for models by themselves");
    const auto& [pack, lane] = std::get<LaneOfPack>(made_);
    return embedding_source(pack, lane, wanted.output);
  }

  Embedder embedder(const Wanted& wanted) const {
    EmbedOptions options;
    options.dimension = wanted.dimension;
    return {source(wanted), options};
  }

  /// [N, D]. A single batch's rows are handed on as the model made them, those of several are
  /// brought together.
  template <typename Input, typename Encode>
  static at::Tensor in_batches(const Embedder& embedder, std::span<const Input> inputs,
                               std::size_t size, const Encode& encode) {
    std::vector<at::Tensor> rows;
    while (!inputs.empty()) {
      const auto batch = inputs.first(std::min(size, inputs.size()));
      rows.push_back(for_python(encode(batch)));
      inputs = inputs.subspan(batch.size());
      check_signals();
    }
    if (rows.empty()) {
      return at::empty({0, embedder.dimension()}, at::kFloat);
    }
    return rows.size() == 1 ? rows.front() : at::cat(rows);
  }

  template <typename Input, typename Encode>
  static at::Tensor in_batches(const Embedder& embedder, const std::vector<Input>& inputs,
                               std::size_t size, const Encode& encode) {
    return in_batches(embedder, std::span<const Input>(inputs), size, encode);
  }

  std::variant<EmbeddingModel, LaneOfPack> made_;
};

/// Binds one of Model's `encode_...` functions.
template <typename Input>
auto encoder(at::Tensor (Model::*encode)(const std::vector<Input>&, const Wanted&) const) {
  return [encode](const Model& model, const std::vector<Input>& inputs, const std::string& output,
                  const std::string& prompt, int dim) {
    return (model.*encode)(inputs, {.output = output, .prompt = prompt, .dimension = dim});
  };
}

}  // namespace

void bind_model(py::module_& module) {
  py::class_<Model> model(module, "Model");
  model
      .def_static("load", &Model::load, py::arg("name"), py::arg("precision"), WithoutInterpreter())
      .def_static("of_lane", &Model::of_lane, py::arg("pack"), py::arg("lane"),
                  WithoutInterpreter())
      .def("outputs", &Model::outputs)
      .def("modalities", &Model::modalities)
      .def("space", &Model::space, py::arg("output"), WithoutInterpreter());
  const auto add = [&](const char* name, auto function) {
    model.def(name, function, py::arg("inputs"), py::kw_only(), py::arg("output"),
              py::arg("prompt"), py::arg("dim"), WithoutInterpreter());
  };
  add("encode_text", encoder(&Model::encode_texts));
  add("encode_image", encoder(&Model::encode_images));
  add("encode_audio", encoder(&Model::encode_sounds));
  add("encode_video", encoder(&Model::encode_clips));
}

}  // namespace ogam::python

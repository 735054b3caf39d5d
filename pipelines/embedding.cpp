#include "pipelines/embedding.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/media/image_file.h"
#include "core/media/kind.h"
#include "core/media/reader.h"
#include "core/media/subtitles.h"
#include "core/media/text_file.h"
#include "pipelines/lane_encoders.h"
#include "pipelines/lane_vectors.h"
#include "pipelines/media_sampling.h"
#include "pipelines/passages.h"
#include "pipelines/query_encoder.h"
#include "pipelines/vector_rows.h"

namespace ogam {

namespace {

constexpr std::size_t kTextBatch = 32;
constexpr std::size_t kFrameBatch = 8;

const EncoderOutputInfo& find_output(const std::vector<EncoderOutputInfo>& outputs,
                                     const std::string& name, const std::string& owner) {
  require(!outputs.empty(), ErrorCode::unsupported, "{} gives no vectors", owner);
  if (name.empty()) {
    return outputs.front();
  }
  const auto found =
      std::find_if(outputs.begin(), outputs.end(),
                   [&](const EncoderOutputInfo& output) { return output.name == name; });
  if (found == outputs.end()) {
    std::vector<std::string> names;
    for (const EncoderOutputInfo& output : outputs) {
      names.push_back(output.name);
    }
    fail(ErrorCode::invalid_argument, "{} has no output '{}'; there are: {}", owner, name,
         fmt::join(names, ", "));
  }
  return *found;
}

std::vector<float> row(const at::Tensor& vectors) { return std::move(rows_of(vectors).at(0)); }

}  // namespace

EmbeddingSource embedding_source(const EmbeddingModel& model, const std::string& output,
                                 const std::string& prompt) {
  const auto outputs = model.outputs();
  const EncoderOutputInfo& info = find_output(outputs, output, display_path(model.folder()));
  EmbeddingSource source{.space = fmt::format("{}/{}", model.model_type(), info.name),
                         .output = info.name,
                         .dimension = info.dimension,
                         .min_dimension = info.min_dimension,
                         .text = {},
                         .image = model.encoders().image,
                         .audio = model.encoders().audio,
                         .video = model.encoders().video};
  if (const auto encoder = model.encoders().text) {
    encoder->encode({}, prompt);  // an unknown prompt is refused before anything is read
    source.text = [encoder, prompt, name = info.name](std::span<const std::string> texts) {
      const auto vectors = encoder->encode(texts, prompt);
      const auto found =
          std::find_if(vectors.begin(), vectors.end(),
                       [&](const EncoderOutput& candidate) { return candidate.name == name; });
      require(found != vectors.end(), ErrorCode::unsupported,
              "texts have no way into the output '{}' of this model", name);
      return found->vectors;
    };
  }
  return source;
}

EmbeddingSource embedding_source(const Pack& pack, Lane lane, const std::string& output) {
  const PackLane* const made = pack.manifest().lane(lane);
  require(made != nullptr, ErrorCode::unavailable, "the pack {} has no lane {}",
          pack.manifest().name, lane.name());
  const auto space = output.empty()
                         ? made->spaces.begin()
                         : std::find_if(made->spaces.begin(), made->spaces.end(),
                                        [&](const PackSpace& s) { return s.output == output; });
  require(space != made->spaces.end(), ErrorCode::invalid_argument,
          "the lane {} of pack {} has no output '{}'", lane.name(), pack.manifest().name, output);
  EmbeddingSource source{.space = pack.space(*made, *space).name,
                         .output = space->output,
                         .dimension = space->dimension,
                         .min_dimension = 0,
                         .text = {},
                         .image = nullptr,
                         .audio = nullptr,
                         .video = nullptr};
  if (space->queries.contains("text")) {
    source.text = [queries = std::make_shared<QueryEncoder>(pack), lane = *made,
                   space = *space](std::span<const std::string> texts) {
      const auto rows = queries->encode_texts(lane, space, {texts.begin(), texts.end()});
      return matrix_of(std::vector<std::span<const float>>(rows.begin(), rows.end()),
                       space.dimension);
    };
  }
  if (made->fusion || lane == Lane::speech || lane == Lane::text) {
    return source;
  }
  const Encoders& encoders = pack.encoders(made->encoder);
  const auto has = [&](EncoderKind kind) { return has_output(encoders, kind, source.output); };
  switch (required_lane_encoder(pack, *made)) {
    case EncoderKind::text:
      break;
    case EncoderKind::image:
      source.image = encoders.image;
      break;
    case EncoderKind::audio:
      source.audio = encoders.audio;
      break;
    case EncoderKind::video:
      source.video = encoders.video;
      source.image = has(EncoderKind::image) ? encoders.image : nullptr;
      source.audio = has(EncoderKind::audio) ? encoders.audio : nullptr;
      break;
  }
  return source;
}

Embedder::Embedder(EmbeddingSource source, EmbedOptions options)
    : source_(std::move(source)), options_(std::move(options)) {
  const int wanted = options_.dimension;
  require(wanted >= 0 && wanted <= source_.dimension, ErrorCode::invalid_argument,
          "vectors of {} have {} dimensions; they cannot be cut to {}", source_.space,
          source_.dimension, wanted);
  require(
      wanted == 0 || wanted == source_.dimension ||
          (source_.min_dimension > 0 && wanted >= source_.min_dimension),
      ErrorCode::invalid_argument,
      "vectors of {} mean something only whole ({} dimensions){}; they cannot be cut to {}",
      source_.space, source_.dimension,
      source_.min_dimension > 0 ? fmt::format(" or cut to {} at least", source_.min_dimension) : "",
      wanted);
  require(options_.sample_fps > 0 && options_.sample_fps <= 1000, ErrorCode::invalid_argument,
          "frames a second must be above 0 and at most 1000, got {}", options_.sample_fps);
}

at::Tensor Embedder::finished(const at::Tensor& vectors) const {
  at::Tensor all = vectors.to(at::kFloat);
  require(
      all.isfinite().all().item<bool>(), ErrorCode::corrupt_data,
      "the model of {} gives values that are no numbers; its weights are damaged, fetch or build "
      "it again",
      source_.space);
  if (dimension() < all.size(1)) {
    all = all.narrow(1, 0, dimension());
    if (options_.normalize) {
      all = all / all.norm(2, 1, /*keepdim=*/true).clamp_min(1e-12);
    }
  }
  return all.contiguous();
}

at::Tensor Embedder::output_of(const std::vector<EncoderOutput>& outputs) const {
  const auto found = std::find_if(outputs.begin(), outputs.end(), [&](const EncoderOutput& output) {
    return output.name == source_.output;
  });
  require(found != outputs.end(), ErrorCode::unsupported,
          "this kind of input has no output '{}' in this model", source_.output);
  return found->vectors;
}

at::Tensor Embedder::encode_texts(std::span<const std::string> texts) const {
  require(static_cast<bool>(source_.text), ErrorCode::unsupported,
          "texts have no way into {}; name another lane or model", source_.space);
  const c10::InferenceMode inference;
  return finished(source_.text(texts));
}

at::Tensor Embedder::encode_images(std::span<const Image> images) const {
  require(source_.image != nullptr, ErrorCode::unsupported, "pictures have no way into {}",
          source_.space);
  const c10::InferenceMode inference;
  return finished(output_of(source_.image->encode(images)));
}

at::Tensor Embedder::encode_sounds(std::span<const std::vector<float>> sounds) const {
  require(source_.audio != nullptr, ErrorCode::unsupported,
          "sounds have no way into {}: its model listens to none", source_.space);
  const c10::InferenceMode inference;
  return finished(output_of(source_.audio->encode(sounds)));
}

at::Tensor Embedder::encode_clips(std::span<const VideoClip> clips) const {
  require(source_.video != nullptr, ErrorCode::unsupported,
          "videos as a whole have no way into {}; encode their frames or their sound",
          source_.space);
  const c10::InferenceMode inference;
  return finished(output_of(source_.video->encode(clips)));
}

void Embedder::texts(std::span<const std::string> texts, const Sink& sink) const {
  while (!texts.empty()) {
    options_.cancellation.check();
    const auto batch = texts.first(std::min(kTextBatch, texts.size()));
    auto vectors = rows_of(encode_texts(batch));
    for (std::size_t i = 0; i < batch.size(); ++i) {
      sink({batch[i], "text", {}, std::move(vectors[i])});
    }
    texts = texts.subspan(batch.size());
  }
}

void Embedder::file(const std::filesystem::path& path, const Sink& sink) const {
  const c10::InferenceMode inference;
  const auto as_file = [&](EmbeddedInput embedding) {
    embedding.input = path.string();
    sink(std::move(embedding));
  };
  switch (detect_media_kind(path)) {
    case MediaKind::image:
      image(path, as_file);
      break;
    case MediaKind::audio:
      audio(path, as_file);
      break;
    case MediaKind::video:
      if (source_.video != nullptr) {
        clip(path, as_file);
      } else if (source_.image != nullptr) {
        frames(path, as_file);
      } else {
        audio(path, as_file);
      }
      break;
    case MediaKind::text:
      texts(split_into_passages(read_text_file(path, options_.limits)), as_file);
      break;
    case MediaKind::subtitles: {
      const auto cues = read_subtitles(path, options_.limits);
      std::vector<std::string> lines;
      lines.reserve(cues.size());
      for (const TimedText& cue : cues) {
        lines.push_back(cue.text);
      }
      std::size_t next = 0;
      texts(lines, [&](EmbeddedInput embedding) {
        embedding.span = cues[next++].span;
        as_file(std::move(embedding));
      });
      break;
    }
  }
}

void Embedder::image(const std::filesystem::path& path, const Sink& sink) const {
  const Encoders encoders = {.image = source_.image, .video = source_.video};
  const EncoderKind kind = encoders.image != nullptr ? EncoderKind::image : EncoderKind::video;
  require(!encoder_outputs(encoders, kind).empty(), ErrorCode::unsupported,
          "{} is a picture, and pictures have no way into {}", display_path(path), source_.space);
  const Image picture = read_image(path, options_.limits);
  sink({{}, "image", {}, row(finished(output_of(encode_picture(encoders, kind, picture))))});
}

void Embedder::audio(const std::filesystem::path& path, const Sink& sink) const {
  require(source_.audio != nullptr, ErrorCode::unsupported,
          "{} has no way into {}: its model listens to no sound", display_path(path),
          source_.space);
  ReadOptions read;
  read.frames.kind = FrameSelection::Kind::none;
  read.sample_rate = source_.audio->sample_rate();
  read.limits = options_.limits;
  MediaReader reader(path, read);
  require(reader.info().audio.has_value(), ErrorCode::unsupported, "{} has no sound",
          display_path(path));
  const std::int64_t window = source_.audio->window() * read.sample_rate / kSecond;
  std::vector<std::vector<float>> pending(1);
  std::int64_t done = 0;
  const auto encode = [&] {
    const auto count = static_cast<std::int64_t>(pending[0].size());
    const TimeSpan span{done * kSecond / read.sample_rate,
                        (done + count) * kSecond / read.sample_rate};
    done += count;
    sink({{}, "audio", span, row(encode_sounds(pending))});
    pending[0].clear();
  };
  while (auto event = reader.next()) {
    options_.cancellation.check();
    const auto* const chunk = std::get_if<AudioChunk>(&*event);
    if (chunk == nullptr) {
      continue;
    }
    std::span<const float> samples = chunk->samples;
    while (!samples.empty()) {
      const auto room = static_cast<std::size_t>(window) - pending[0].size();
      const auto taken = samples.first(std::min(room, samples.size()));
      pending[0].insert(pending[0].end(), taken.begin(), taken.end());
      samples = samples.subspan(taken.size());
      if (pending[0].size() == static_cast<std::size_t>(window)) {
        encode();
      }
    }
  }
  const bool nothing_yet = done == 0 && !pending[0].empty();
  if (nothing_yet ||
      static_cast<Time>(pending[0].size()) * kSecond >= kShortestSound * read.sample_rate) {
    encode();
  }
}

void Embedder::clip(const std::filesystem::path& path, const Sink& sink) const {
  const std::vector<VideoClip> clips = {sample_clip(path, std::nullopt, source_.video->sampling(),
                                                    options_.limits, options_.cancellation)};
  const Time last = clips[0].times.empty() ? 0 : clips[0].times.back();
  const Time end = std::max(probe_media(path, options_.limits).duration, last);
  sink({{}, "video", TimeSpan{0, end}, row(encode_clips(clips))});
}

void Embedder::frames(const std::filesystem::path& path, const Sink& sink) const {
  ReadOptions read;
  read.limits = options_.limits;
  read.audio = false;
  MediaReader reader(path, read);
  const Time interval = from_seconds(1 / options_.sample_fps);
  Time next = 0;
  std::vector<Image> batch;
  std::vector<Time> times;
  const auto encode = [&] {
    auto vectors = rows_of(encode_images(batch));
    for (std::size_t i = 0; i < batch.size(); ++i) {
      sink({{}, "frame", TimeSpan{times[i], times[i]}, std::move(vectors[i])});
    }
    batch.clear();
    times.clear();
  };
  while (auto event = reader.next()) {
    options_.cancellation.check();
    const auto* const frame = std::get_if<VideoFrame>(&*event);
    if (frame == nullptr || frame->time() < next) {
      continue;
    }
    next = (frame->time() / interval + 1) * interval;
    batch.push_back(frame->rgb());
    times.push_back(frame->time());
    if (batch.size() == kFrameBatch) {
      encode();
    }
  }
  if (!batch.empty()) {
    encode();
  }
}

}  // namespace ogam

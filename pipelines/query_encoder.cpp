#include "pipelines/query_encoder.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/media/image_file.h"
#include "core/media/reader.h"
#include "encoders/encoder.h"
#include "encoders/text/class_name_query.h"
#include "pipelines/fused_lane.h"
#include "pipelines/lane_encoders.h"
#include "pipelines/media_sampling.h"
#include "pipelines/vector_rows.h"

namespace ogam {

namespace {

constexpr int kQueryFrames = 8;

/// The L2-normalised mean: one vector for several frames of a clip.
std::vector<float> mean_direction(const std::vector<std::vector<float>>& rows) {
  std::vector<float> mean(rows.at(0).size(), 0.0f);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < mean.size(); ++i) {
      mean[i] += row[i];
    }
  }
  double norm = 0;
  for (const float value : mean) {
    norm += static_cast<double>(value) * value;
  }
  for (float& value : mean) {
    value = static_cast<float>(value / std::max(std::sqrt(norm), 1e-12));
  }
  return mean;
}

const std::string& model_of(const PackLane& lane, const PackQueryRoute& route) {
  return route.model.empty() ? lane.encoder : route.model;
}

/// Whether the pack leads queries of `modality` into any of its lanes, and into which.
std::string lanes_with_route(const PackManifest& manifest, const std::string& modality) {
  std::set<std::string_view> names;
  for (const PackLane& lane : manifest.lanes) {
    for (const PackSpace& space : lane.spaces) {
      if (space.queries.contains(modality)) {
        names.insert(lane.lane.name());
      }
    }
  }
  return names.empty() ? "none of its lanes" : fmt::format("{}", fmt::join(names, ", "));
}

/// The media of a query as vectors; each is read once, when the first route needs it.
class MediaVectors {
 public:
  explicit MediaVectors(const QueryMedia& query) : query_(query) {}

  /// @param modality "image", "audio" or "video".
  /// @return nothing when there is nothing in the medium that this lane could look for: a clip
  ///     without sound still searches by its pictures.
  /// @throws Error{unavailable} when the model has no way into the output.
  std::optional<std::vector<float>> encode(const Encoders& encoders, Lane lane,
                                           std::string_view modality, const std::string& output) {
    const auto& kinds = all_encoder_kinds();
    const auto asked = std::find_if(kinds.begin(), kinds.end(), [&](EncoderKind kind) {
      return encoder_kind_name(kind) == modality;
    });
    const auto kind = encoder_into_lane(*asked, lane, encoders, output);
    require(kind.has_value(), ErrorCode::unavailable,
            "{} queries have no way into the output '{}' of the lane {}; leave the route out of "
            "pack.json",
            modality, output, lane.name());
    const bool is_clip = modality == "video";
    if (!is_clip && kind != EncoderKind::audio) {
      return rows_of(vectors_of(encode_picture(encoders, *kind, image()), output)).at(0);
    }
    if (*kind == EncoderKind::image) {
      return mean_direction(rows_of(vectors_of(encoders.image->encode(frames()), output)));
    }
    if (*kind == EncoderKind::video) {
      return rows_of(vectors_of(encoders.video->encode(clip(encoders.video->sampling())), output))
          .at(0);
    }
    if (is_clip && !has_sound()) {
      return std::nullopt;
    }
    const std::vector<std::vector<float>> sounds = {sound(is_clip, encoders.audio->sample_rate())};
    return rows_of(vectors_of(encoders.audio->encode(sounds), output)).at(0);
  }

 private:
  const Image& image() { return image_ ? *image_ : image_.emplace(read_image(query_.image)); }

  const std::vector<Image>& frames() {
    return frames_ ? *frames_
                   : frames_.emplace(sample_frames(query_.video, query_.span, kQueryFrames));
  }

  bool has_sound() {
    if (!has_sound_) {
      has_sound_ = probe_media(query_.video).audio.has_value();
    }
    return *has_sound_;
  }

  const std::vector<float>& sound(bool of_clip, int sample_rate) {
    auto& sound = sounds_[{of_clip, sample_rate}];
    if (sound.empty()) {
      const bool whole = !of_clip && !query_.video.empty();  // the span is the clip's
      sound = sample_audio(of_clip ? query_.video : query_.audio,
                           whole ? std::optional<TimeSpan>() : query_.span,
                           {.sample_rate = sample_rate});
    }
    return sound;
  }

  std::vector<VideoClip> clip(const VideoSampling& sampling) {
    return {sample_clip(query_.video, query_.span, sampling)};
  }

  const QueryMedia& query_;
  std::optional<Image> image_;
  std::optional<std::vector<Image>> frames_;
  std::optional<bool> has_sound_;
  std::map<std::pair<bool, int>, std::vector<float>> sounds_;  // by whether the clip's, and rate
};

}  // namespace

std::vector<VectorQuery> QueryEncoder::encode(const QueryMedia& query,
                                              const std::vector<Lane>& lanes) {
  const c10::InferenceMode inference;
  std::vector<VectorQuery> vectors;
  std::set<std::string> unused;
  for (const auto& [modality, given] : {std::pair<const char*, bool>{"text", !query.text.empty()},
                                        {"image", !query.image.empty()},
                                        {"audio", !query.audio.empty()},
                                        {"video", !query.video.empty()}}) {
    if (given) {
      unused.insert(modality);
    }
  }
  const auto asked = unused;

  MediaVectors media(query);
  for (const PackLane& lane : pack_.manifest().lanes) {
    if (std::find(lanes.begin(), lanes.end(), lane.lane) == lanes.end()) {
      continue;
    }
    for (const PackSpace& space : lane.spaces) {
      for (const auto& [modality, route] : space.queries) {
        if (!asked.contains(modality)) {
          continue;
        }
        std::optional<std::vector<float>> values;
        if (modality == "text") {
          values = encode_texts(lane, space, route, {query.text}).at(0);
        } else {
          values = media.encode(pack_.encoders(model_of(lane, route)), lane.lane, modality,
                                space.output);
        }
        if (!values) {
          continue;
        }
        unused.erase(modality);
        vectors.push_back({.space = pack_.space(lane, space).id,
                           .values = std::move(*values),
                           .calibration = {route.intercept, route.slope},
                           .own_background = route.own_background});
      }
    }
  }
  for (const std::string& modality : unused) {
    const bool words_suffice = modality == "text";
    require(words_suffice, ErrorCode::unsupported,
            "the pack {} takes {} queries into {}, and none of these was asked for",
            pack_.manifest().name, modality, lanes_with_route(pack_.manifest(), modality));
  }
  return vectors;
}

std::vector<std::vector<float>> QueryEncoder::encode_texts(const PackLane& lane,
                                                           const PackSpace& space,
                                                           const std::vector<std::string>& texts) {
  const auto route = space.queries.find("text");
  if (route == space.queries.end()) {
    return {};
  }
  const c10::InferenceMode inference;
  return encode_texts(lane, space, route->second, texts);
}

std::vector<std::vector<float>> QueryEncoder::encode_texts(const PackLane& lane,
                                                           const PackSpace& space,
                                                           const PackQueryRoute& route,
                                                           const std::vector<std::string>& texts) {
  if (route.via == "fusion") {
    std::vector<std::vector<std::vector<float>>> tower_vectors;
    for (const PackTower& tower : lane.fusion->towers) {
      tower_vectors.push_back(encode_texts(*pack_.manifest().lane(tower.lane),
                                           pack_.manifest().space_of(tower), texts));
    }
    return fuse_queries(pack_, lane, tower_vectors);
  }
  if (route.via == "class_names") {
    return rows_of(pack_.class_names(route)->encode(texts));
  }
  return rows_of(vectors_of(pack_.text_encoder(model_of(lane, route))->encode(texts, kQueryPrompt),
                            space.output));
}

}  // namespace ogam

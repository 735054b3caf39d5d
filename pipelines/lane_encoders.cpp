#include "pipelines/lane_encoders.h"

#include <algorithm>
#include <array>

namespace ogam {

namespace {

/// How a lane is made with a model.
struct LaneRow {
  Lane::Value lane;
  std::vector<EncoderKind> encoders;  // the first that the model has
  std::string_view output;            // that suits the lane best where the encoder has several
};

/// By Lane::Value.
const std::array<LaneRow, 5>& lane_rows() {
  static const std::array<LaneRow, 5> rows = {{
      {Lane::visual, {EncoderKind::image, EncoderKind::video}, "video"},
      {Lane::sound, {EncoderKind::audio}, "audio"},
      {Lane::speech, {EncoderKind::text}, ""},
      {Lane::text, {EncoderKind::text}, ""},
      {Lane::fused, {EncoderKind::video}, "audio_video"},
  }};
  return rows;
}

template <typename Encoder>
std::vector<EncoderOutputInfo> outputs_of(const std::shared_ptr<const Encoder>& encoder) {
  return encoder == nullptr ? std::vector<EncoderOutputInfo>() : encoder->outputs();
}

bool is_named(const std::vector<EncoderOutputInfo>& outputs, std::string_view name) {
  return std::any_of(outputs.begin(), outputs.end(),
                     [&](const EncoderOutputInfo& output) { return output.name == name; });
}

}  // namespace

std::string_view encoder_kind_name(EncoderKind kind) {
  constexpr std::array<std::string_view, 4> kNames = {"text", "image", "audio", "video"};
  return kNames[static_cast<std::size_t>(kind)];
}

const std::vector<EncoderKind>& all_encoder_kinds() {
  static const std::vector<EncoderKind> kinds = {EncoderKind::text, EncoderKind::image,
                                                 EncoderKind::audio, EncoderKind::video};
  return kinds;
}

std::vector<EncoderOutputInfo> encoder_outputs(const Encoders& encoders, EncoderKind kind) {
  switch (kind) {
    case EncoderKind::text:
      return outputs_of(encoders.text);
    case EncoderKind::image:
      return outputs_of(encoders.image);
    case EncoderKind::audio:
      return outputs_of(encoders.audio);
    case EncoderKind::video:
      return outputs_of(encoders.video);
  }
  return {};
}

bool has_output(const Encoders& encoders, EncoderKind kind, const std::string& output) {
  return is_named(encoder_outputs(encoders, kind), output);
}

std::optional<EncoderKind> lane_encoder(Lane lane, const Encoders& encoders) {
  for (const EncoderKind kind : lane_rows()[lane].encoders) {
    if (!encoder_outputs(encoders, kind).empty()) {
      return kind;
    }
  }
  return std::nullopt;
}

std::vector<EncoderOutputInfo> lane_outputs(Lane lane, const Encoders& encoders) {
  const auto kind = lane_encoder(lane, encoders);
  if (!kind) {
    return {};
  }
  auto outputs = encoder_outputs(encoders, *kind);
  if (const auto name = lane_rows()[lane].output; is_named(outputs, name)) {
    std::erase_if(outputs, [&](const EncoderOutputInfo& output) { return output.name != name; });
  } else if (kind == EncoderKind::text) {
    outputs.resize(1);  // further ones are made to meet other media than words
  }
  return outputs;
}

std::optional<EncoderKind> encoder_into_lane(EncoderKind media, Lane lane, const Encoders& encoders,
                                             const std::string& output) {
  EncoderKind kind = media;
  if (media == EncoderKind::video) {
    const auto own = lane_encoder(lane, encoders);
    kind = own && own != EncoderKind::text ? *own : EncoderKind::video;
  } else if (media == EncoderKind::image && !has_output(encoders, kind, output)) {
    kind = EncoderKind::video;
  }
  return has_output(encoders, kind, output) ? std::optional(kind) : std::nullopt;
}

std::vector<EncoderOutput> encode_picture(const Encoders& encoders, EncoderKind kind,
                                          const Image& image) {
  if (kind == EncoderKind::image) {
    return encoders.image->encode(std::span(&image, 1));
  }
  VideoClip clip;
  clip.frames = {image};
  clip.times = {0};
  return encoders.video->encode(std::span(&clip, 1));
}

}  // namespace ogam

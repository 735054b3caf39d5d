#include "encoders/registry.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <vector>

#include "core/base/error.h"
#include "core/base/files.h"
#include "encoders/audio/yamnet.h"
#include "encoders/image/efficientnet_lite.h"
#include "encoders/text/use_multilingual.h"

namespace ogam {

namespace {

/// How the checkpoints of one `model_type` become encoders.
template <typename Encoder>
struct EncoderRow {
  std::string_view model_type;
  std::unique_ptr<Encoder> (*make)(Checkpoint&);
};

constexpr std::array kTextEncoders = {
    EncoderRow<TextEncoder>{"use_multilingual", &make_use_multilingual},
};

constexpr std::array kImageEncoders = {
    EncoderRow<ImageEncoder>{"efficientnet_lite", &make_efficientnet_lite},
};

constexpr std::array kAudioEncoders = {
    EncoderRow<AudioEncoder>{"yamnet", &make_yamnet},
};

template <typename Encoder, std::size_t size>
std::unique_ptr<Encoder> make_encoder(const std::array<EncoderRow<Encoder>, size>& rows,
                                      const char* modality, Checkpoint& checkpoint) {
  const auto model_type = checkpoint.model_type();
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const EncoderRow<Encoder>& r) {
    return r.model_type == model_type;
  });
  if (row == rows.end()) {
    std::vector<std::string_view> known;
    known.reserve(rows.size());
    for (const auto& r : rows) {
      known.push_back(r.model_type);
    }
    fail(ErrorCode::unsupported, "{}: there is no {} encoder of model_type '{}'; there are: {}",
         display_path(checkpoint.folder()), modality, model_type, fmt::join(known, ", "));
  }
  return row->make(checkpoint);
}

}  // namespace

std::unique_ptr<TextEncoder> make_text_encoder(Checkpoint& checkpoint) {
  return make_encoder(kTextEncoders, "text", checkpoint);
}

std::unique_ptr<ImageEncoder> make_image_encoder(Checkpoint& checkpoint) {
  return make_encoder(kImageEncoders, "image", checkpoint);
}

std::unique_ptr<AudioEncoder> make_audio_encoder(Checkpoint& checkpoint) {
  return make_encoder(kAudioEncoders, "audio", checkpoint);
}

}  // namespace ogam

#include "encoders/registry.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "core/base/error.h"
#include "core/base/files.h"
#include "encoders/audio/yamnet.h"
#include "encoders/image/efficientnet_lite.h"
#include "encoders/text/use_multilingual.h"

namespace ogam {

namespace {

/// How the checkpoints of one `model_type` become encoders.
struct EncoderRow {
  std::string_view model_type;
  Encoders (*make)(Checkpoint&);
};

constexpr std::array kEncoders = {
    EncoderRow{"efficientnet_lite", &make_efficientnet_lite},
    EncoderRow{"use_multilingual", &make_use_multilingual},
    EncoderRow{"yamnet", &make_yamnet},
};

}  // namespace

Encoders make_encoders(Checkpoint& checkpoint) {
  const auto model_type = checkpoint.model_type();
  const auto* const row =
      std::find_if(kEncoders.begin(), kEncoders.end(),
                   [&](const EncoderRow& candidate) { return candidate.model_type == model_type; });
  require(row != kEncoders.end(), ErrorCode::unsupported,
          "{}: there is no encoder of model_type '{}'; there are: {}",
          display_path(checkpoint.folder()), model_type, fmt::join(encoder_model_types(), ", "));
  auto encoders = row->make(checkpoint);
  checkpoint.finish();
  return encoders;
}

std::vector<std::string_view> encoder_model_types() {
  std::vector<std::string_view> types;
  types.reserve(kEncoders.size());
  for (const EncoderRow& row : kEncoders) {
    types.push_back(row.model_type);
  }
  return types;
}

}  // namespace ogam

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/base/error.h"
#include "core/nn/config_reader.h"
#include "core/nn/embedding_gemma2_text.h"
#include "core/nn/llava_onevision_config.h"
#include "core/nn/pe_encoder.h"
#include "core/nn/qwen3_vl_config.h"
#include "decoders/text/language_model_config.h"
#include "encoders/audio/clap_audio.h"
#include "encoders/audio/gemma4_audio.h"
#include "encoders/audio/pe_audio.h"
#include "encoders/audio/whisper_encoder.h"
#include "encoders/audio/yamnet.h"
#include "encoders/image/clip.h"
#include "encoders/image/dinov2.h"
#include "encoders/image/efficientnet_lite.h"
#include "encoders/image/gemma4_vision.h"
#include "encoders/image/siglip.h"
#include "encoders/image/siglip2.h"
#include "encoders/text/bert.h"
#include "encoders/text/modernbert.h"
#include "encoders/text/use_multilingual.h"
#include "encoders/video/pe_video.h"
#include "encoders/video/transnet_v2.h"
#include "fusion/ogam_fusion.h"
#include "fusion/pe_audio_video.h"

namespace {

/// Reads a configuration as one model would.
template <typename Parse>
void attempt(const Parse& parse) {
  try {
    parse();
  } catch (const ogam::Error&) {  // NOLINT(bugprone-empty-catch): refused, as it may be
  }
}

/// Models whose configurations are a whole file.
template <typename... Configs>
void read_files(const ogam::Json& json) {
  (attempt([&] { Configs::parse(json, "input"); }), ...);
}

/// Models whose configurations may be a section of a file.
template <typename... Configs>
void read_sections(const ogam::Json& json) {
  (attempt([&] { Configs::parse(ogam::ConfigReader(json, "input")); }), ...);
}

}  // namespace

/// Whatever the bytes, a model's config.json is read or refused, and one of ogam's own fusion
/// models that is read comes out as it went in.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto json = ogam::parse_json(text, "input");
    if (!json.is_object()) {
      return 0;
    }
    read_files<ogam::EfficientNetLiteConfig, ogam::LanguageModelConfig, ogam::LlavaOnevisionConfig,
               ogam::PeAudioVideoFusion::Config, ogam::Qwen3VlConfig, ogam::TransNetV2Config,
               ogam::UseMultilingualConfig, ogam::WhisperEncoderConfig, ogam::YamnetConfig>(json);
    read_sections<ogam::BertConfig, ogam::ClipVisionTower::Config, ogam::ClapAudioConfig,
                  ogam::Dinov2::Config, ogam::EmbeddingGemma2TextConfig, ogam::Gemma4AudioConfig,
                  ogam::Gemma4VisionConfig, ogam::ModernBertConfig, ogam::PeAudioTower::Config,
                  ogam::PeEncoderConfig, ogam::PeVideoTower::Config, ogam::SiglipImage::Config,
                  ogam::Siglip2Image::Config>(json);
    const auto fusion = ogam::OgamFusionConfig::parse(json, "input").to_json();
    if (ogam::OgamFusionConfig::parse(fusion, "output").to_json() != fusion) {
      std::abort();
    }
  } catch (const ogam::Error&) {
    return 0;
  }
  return 0;
}

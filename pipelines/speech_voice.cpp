#include "pipelines/speech_voice.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/hub/model_card.h"
#include "core/hub/pull.h"
#include "core/pack/manifest.h"
#include "core/tensor/checkpoint.h"
#include "core/text/piper_tokenizer.h"
#include "core/text/spoken_numbers.h"
#include "core/text/unicode.h"
#include "core/text/vits_tokenizer.h"
#include "decoders/audio/espeak.h"
#include "decoders/audio/vits.h"
#include "pipelines/understanding/sentences.h"

namespace ogam {

namespace fs = std::filesystem;

namespace {

constexpr const char* kVoicePack = "voice";
constexpr const char* kTask = "speech-synthesis";

/// How a VITS takes text.
struct TextFrontend {
  std::string language;
  std::function<SpokenIds(const std::string&)> ids_of;
};

TextFrontend phoneme_frontend(const fs::path& folder) {
  const PiperTokenizer tokenizer(folder);
  const Espeak espeak(tokenizer.espeak_voice());
  return {tokenizer.language(), [tokenizer, espeak](const std::string& text) {
            return tokenizer.encode(espeak.phonemes(text));
          }};
}

TextFrontend character_frontend(const fs::path& folder) {
  const VitsTokenizer tokenizer(folder);
  return {tokenizer.language(), [tokenizer](const std::string& text) {
            return tokenizer.encode(
                tokenizer.knows_digits() ? text : spell_numbers(text, tokenizer.language()));
          }};
}

TextFrontend open_frontend(const fs::path& folder) {
  const auto file = folder / "tokenizer_config.json";
  const auto kind =
      json_value_or<std::string>(read_json_file(file), "tokenizer_class", display_path(file), "");
  return kind == "PiperTokenizer" ? phoneme_frontend(folder) : character_frontend(folder);
}

class VitsVoice : public SpeechVoice {
 public:
  VitsVoice(Checkpoint& checkpoint, std::string name, std::string licence,
            const VoiceSettings& settings)
      : name_(std::move(name)),
        licence_(std::move(licence)),
        seed_(settings.seed),
        model_(VitsConfig::parse(checkpoint.config(), checkpoint.origin()), checkpoint.weights()),
        frontend_(open_frontend(checkpoint.folder())) {
    checkpoint.finish();
    const auto& config = model_.config();
    options_.speaking_rate = config.speaking_rate * settings.speed;
    options_.speaker = settings.speaker.value_or(0);
    require(*options_.speaker >= 0 && *options_.speaker < config.num_speakers,
            ErrorCode::invalid_argument, "the voice {} has {}, not a speaker {}", name_,
            config.num_speakers == 1 ? "one speaker, 0"
                                     : fmt::format("speakers 0 to {}", config.num_speakers - 1),
            *options_.speaker);
  }

  std::string name() const override { return name_; }
  std::string language() const override { return frontend_.language; }
  std::string licence() const override { return licence_; }
  int sample_rate() const override { return static_cast<int>(model_.config().sampling_rate); }

  SpokenSentence speak(const std::string& sentence, std::uint64_t index) const override {
    const c10::InferenceMode inference;
    auto spoken = frontend_.ids_of(sentence);
    SpokenSentence result{.samples = {}, .left_out = std::move(spoken.left_out)};
    if (spoken.ids.empty()) {
      return result;
    }
    const auto waveform =
        model_.speak(at::tensor(spoken.ids, at::kLong), options_, seeded_noise(seed_ + index))
            .contiguous();
    const auto* const samples = waveform.const_data_ptr<float>();
    result.samples.assign(samples, samples + waveform.numel());
    return result;
  }

 private:
  std::string name_;
  std::string licence_;
  std::uint64_t seed_;
  Vits model_;
  TextFrontend frontend_;
  VitsOptions options_;
};

/// espeak-ng's own synthesis, for languages without a model.
class FormantVoice : public SpeechVoice {
 public:
  FormantVoice(const std::string& language, const VoiceSettings& settings)
      : espeak_(language), speed_(settings.speed) {
    require(!settings.speaker || *settings.speaker == 0, ErrorCode::invalid_argument,
            "the voice {} has one speaker, 0", name());
  }

  std::string name() const override {
    return fmt::format("espeak-ng {} (formant synthesis)", espeak_.voice());
  }
  std::string language() const override { return espeak_.voice(); }
  std::string licence() const override { return "GPL-3.0-or-later"; }
  int sample_rate() const override { return Espeak::sample_rate(); }

  SpokenSentence speak(const std::string& sentence, std::uint64_t /*index*/) const override {
    const auto characters = code_points(repair_utf8(sentence));
    const bool speakable = std::any_of(characters.begin(), characters.end(),
                                       [](auto c) { return is_letter_or_digit(c); });
    return {.samples = speakable ? espeak_.speak(sentence, speed_) : std::vector<float>(),
            .left_out = {}};
  }

 private:
  Espeak espeak_;
  double speed_;
};

/// Whether two codes can mean the same language: "en" and "eng", "en" and "en-us".
bool may_be_same(std::string_view asked, std::string_view spoken) {
  const auto family = asked.substr(0, asked.find_first_of("-_"));
  return spoken.empty() || family == spoken || (family.size() == 2 && spoken.starts_with(family)) ||
         (spoken.size() == 2 && family.starts_with(spoken));
}

std::unique_ptr<SpeechVoice> open_vits(const fs::path& folder, const std::string& name,
                                       const std::string& licence, const VoiceRequest& request) {
  const c10::InferenceMode inference;
  Checkpoint checkpoint(folder);
  require(checkpoint.model_type() == "vits", ErrorCode::unsupported,
          "{} is a model of the type '{}'; speech is synthesised by the type vits",
          display_path(folder), display_path(checkpoint.model_type()));
  auto voice = std::make_unique<VitsVoice>(checkpoint, name, licence, request.settings);
  require(request.language.empty() || may_be_same(request.language, voice->language()),
          ErrorCode::invalid_argument, "the voice {} speaks '{}', not '{}'; leave --language out",
          name, display_path(voice->language()), display_path(request.language));
  return voice;
}

std::unique_ptr<SpeechVoice> open_pack_voice(const std::string& name, const VoiceRequest& request) {
  const auto pack = read_pack(find_pack(name));
  const auto task = pack.tasks.find(kTask);
  require(task != pack.tasks.end(), ErrorCode::unavailable,
          "the pack {} has no voice: no task '{}'", pack.name, kTask);
  const auto& model = pack.model(task->second);
  try {
    return open_vits(model.folder, model.id, model.licence, request);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::invalid_argument || error.code() == ErrorCode::unavailable) {
      throw;
    }
    std::throw_with_nested(
        Error(ErrorCode::unavailable,
              fmt::format("{} of pack {} cannot be loaded; mend the pack with: {}", model.id,
                          pack.name, pack.mending_command())));
  }
}

/// Korean where there is any Hangul, else English: languages of the same script look alike.
std::string guess_language(std::string_view sample) { return has_hangul(sample) ? "ko" : "en"; }

}  // namespace

std::unique_ptr<SpeechVoice> open_voice(const VoiceRequest& request) {
  const auto& settings = request.settings;
  require(settings.speed >= 0.25 && settings.speed <= 4, ErrorCode::invalid_argument,
          "the speed must be from 0.25 to 4, got {}", settings.speed);
  if (!request.model.empty()) {
    const auto folder = hub::resolve_model(request.model);
    const auto licence = hub::folder_licence(folder).name;
    return open_vits(folder, request.model, licence.empty() ? "unknown" : licence, request);
  }
  if (!request.pack.empty()) {
    return open_pack_voice(request.pack, request);
  }
  const auto language =
      request.language.empty() ? guess_language(request.sample) : request.language;
  if (may_be_same(language, "en")) {
    return open_pack_voice(kVoicePack, request);
  }
  return std::make_unique<FormantVoice>(language, settings);
}

}  // namespace ogam

#include "decoders/audio/espeak.h"

#include <dlfcn.h>
#include <espeak-ng/speak_lib.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/text/unicode.h"

namespace ogam {
namespace {

constexpr const char* kLibrary = "libespeak-ng.so.1";
constexpr const char* kInstall = "apt-get install libespeak-ng1 espeak-ng-data";
constexpr int kWordsPerMinute = 175;
constexpr int kFastest = 450;
constexpr int kSlowest = 80;
constexpr float kFullScale = 32768;

// Note: [espeak-ng opened late]
// espeak-ng brings some thirty libraries for sound cards, which every other verb would load as
// well if it were linked to. So it is opened when the first voice is asked for.
struct Library {
  decltype(&espeak_Initialize) initialize = nullptr;
  decltype(&espeak_SetVoiceByName) set_voice = nullptr;
  decltype(&espeak_TextToPhonemes) text_to_phonemes = nullptr;
  decltype(&espeak_SetSynthCallback) set_callback = nullptr;
  decltype(&espeak_SetParameter) set_parameter = nullptr;
  decltype(&espeak_Synth) synthesize = nullptr;

  std::mutex mutex;   // for everything below, and for what the library holds itself
  std::string voice;  // the one that is set
  int sample_rate = 0;
};

template <typename Function>
void look_up(void* handle, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(handle, name));
  require(function != nullptr, ErrorCode::unavailable, "{} has no function {}; install it with: {}",
          kLibrary, name, kInstall);
}

/// @throws Error{unavailable}, at each call until it succeeds.
Library& library() {
  static Library& opened = []() -> Library& {
    void* const handle = ::dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
    require(handle != nullptr, ErrorCode::unavailable,
            "espeak-ng, which says how words are pronounced, cannot be opened: {}; install it "
            "with: {}",
            ::dlerror(), kInstall);
    static Library functions;
    look_up(handle, "espeak_Initialize", functions.initialize);
    look_up(handle, "espeak_SetVoiceByName", functions.set_voice);
    look_up(handle, "espeak_TextToPhonemes", functions.text_to_phonemes);
    look_up(handle, "espeak_SetSynthCallback", functions.set_callback);
    look_up(handle, "espeak_SetParameter", functions.set_parameter);
    look_up(handle, "espeak_Synth", functions.synthesize);
    functions.sample_rate =
        functions.initialize(AUDIO_OUTPUT_SYNCHRONOUS, 0, nullptr, espeakINITIALIZE_DONT_EXIT);
    require(functions.sample_rate > 0, ErrorCode::unavailable,
            "espeak-ng's data is not there; install it with: {}", kInstall);
    return functions;
  }();
  return opened;
}

/// To be called with the mutex held.
void set_voice(Library& espeak, const std::string& voice) {
  if (espeak.voice != voice) {
    espeak.voice.clear();
    require(espeak.set_voice(voice.c_str()) == EE_OK, ErrorCode::invalid_argument,
            "espeak-ng has no voice '{}'; 'espeak-ng --voices' lists what it has", voice);
    espeak.voice = voice;
  }
}

/// Valid UTF-8 that ends at its end, and not at a zero within.
std::string text_for_library(std::string_view text) {
  auto repaired = repair_utf8(text);
  std::replace(repaired.begin(), repaired.end(), '\0', ' ');
  return repaired;
}

/// Without the "(en)" that espeak-ng writes where the language changes.
std::string without_language_marks(std::string_view phonemes) {
  std::string kept;
  bool inside = false;
  for (const char c : phonemes) {
    inside = inside || c == '(';
    if (!inside) {
      kept += c;
    }
    inside = inside && c != ')';
  }
  return kept;
}

/// What ends a clause. espeak-ng 1.51 does not tell, but by how far it has read: one character into
/// the next clause, if there is one.
/// @param read what espeak-ng has read of this clause; @param at_end whether that is all.
/// @return one of . ? ! , : ; or nothing.
std::string_view mark_of(std::string_view read, bool at_end) {
  constexpr std::array<std::pair<std::u32string_view, std::string_view>, 6> kMarks = {{
      {U".…。．", "."},
      {U"?？؟", "?"},
      {U"!！", "!"},
      {U",，、،", ","},
      {U":：", ":"},
      {U";；؛", ";"},
  }};
  auto characters = code_points(read);
  if (!at_end && !characters.empty()) {
    characters.pop_back();
  }
  for (auto c = characters.rbegin(); c != characters.rend(); ++c) {
    for (const auto& [group, mark] : kMarks) {
      if (group.find(*c) != std::u32string_view::npos) {
        return mark;
      }
    }
    // Behind the mark there may be spaces, and quotes and brackets that close.
    if (!is_white_space(*c) && !is_punctuation(*c)) {
      break;
    }
  }
  return {};
}

/// What espeak-ng has synthesised so far; it calls back without a context of ours in between.
int take_samples(short* samples, int count, espeak_EVENT* events) {
  auto& taken = *static_cast<std::vector<float>*>(events->user_data);
  for (int i = 0; samples != nullptr && i < count; ++i) {
    taken.push_back(static_cast<float>(samples[i]) / kFullScale);
  }
  return 0;
}

}  // namespace

Espeak::Espeak(std::string voice) : voice_(std::move(voice)) {
  // A name with slashes or dots would be that of a file.
  require(!voice_.empty() && std::all_of(voice_.begin(), voice_.end(),
                                         [](char c) {
                                           return c == '-' || c == '+' || c == '_' ||
                                                  (c >= '0' && c <= '9') ||
                                                  ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
                                         }),
          ErrorCode::invalid_argument, "'{}' cannot name a voice of espeak-ng",
          display_path(voice_));
  Library& espeak = library();
  const std::lock_guard lock(espeak.mutex);
  set_voice(espeak, voice_);
}

std::string Espeak::phonemes(std::string_view text) const {
  const auto repaired = text_for_library(text);
  Library& espeak = library();
  const std::lock_guard lock(espeak.mutex);
  set_voice(espeak, voice_);
  std::string all;
  const void* rest = repaired.c_str();
  while (rest != nullptr) {
    const char* const before = static_cast<const char*>(rest);
    const char* const phonemes =
        espeak.text_to_phonemes(&rest, espeakCHARS_UTF8, espeakPHONEMES_IPA);
    const char* const end = repaired.c_str() + repaired.size();
    const char* const after = rest == nullptr ? end : static_cast<const char*>(rest);
    require(after >= before && after <= end, ErrorCode::internal, "espeak-ng read past the text");
    auto spoken = without_language_marks(phonemes == nullptr ? "" : phonemes);
    if (!spoken.empty()) {
      all += all.empty() ? "" : " ";
      all += spoken;
      all += mark_of({before, static_cast<std::size_t>(after - before)}, rest == nullptr);
    }
    if (after == before) {
      break;  // it would go on like this for ever
    }
  }
  return all;
}

std::vector<float> Espeak::speak(std::string_view text, double rate) const {
  const auto repaired = text_for_library(text);
  Library& espeak = library();
  const std::lock_guard lock(espeak.mutex);
  set_voice(espeak, voice_);
  const int words = std::clamp(static_cast<int>(rate * kWordsPerMinute), kSlowest, kFastest);
  espeak.set_callback(&take_samples);
  espeak.set_parameter(espeakRATE, words, /*relative=*/0);
  std::vector<float> samples;
  const auto status = espeak.synthesize(repaired.c_str(), repaired.size() + 1, 0, POS_CHARACTER, 0,
                                        espeakCHARS_UTF8, nullptr, &samples);
  require(status == EE_OK, ErrorCode::internal, "espeak-ng cannot speak: error {}",
          static_cast<int>(status));
  return samples;
}

int Espeak::sample_rate() { return library().sample_rate; }

}  // namespace ogam

#include "core/media/fonts.h"

#include <fontconfig/fontconfig.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <string_view>

#include "core/base/error.h"

namespace ogam {

namespace {

struct ConfigDeleter {
  void operator()(FcConfig* config) const { FcConfigDestroy(config); }
};
using Config = std::unique_ptr<FcConfig, ConfigDeleter>;

/// Which package of Debian has the letters of a range; the first row that fits counts.
struct Script {
  FcChar32 first;
  FcChar32 last;
  std::string_view name;
  std::string_view package;
};
constexpr std::array kScripts = {
    Script{0x0000, 0x024F, "Latin", "fonts-dejavu-core"},
    Script{0x1100, 0x11FF, "Korean", "fonts-nanum"},
    Script{0x3130, 0x318F, "Korean", "fonts-nanum"},
    Script{0xAC00, 0xD7FF, "Korean", "fonts-nanum"},
    Script{0x2E80, 0x9FFF, "Chinese and Japanese", "fonts-noto-cjk"},
    Script{0xF900, 0xFAFF, "Chinese and Japanese", "fonts-noto-cjk"},
    Script{0x20000, 0x3FFFF, "Chinese and Japanese", "fonts-noto-cjk"},
    Script{0x2600, 0x27BF, "symbol", "fonts-symbola"},
    Script{0x1F000, 0x1FAFF, "symbol", "fonts-symbola"},
    Script{0x0000, 0x10FFFF, "such", "fonts-noto-core"},
};

/// Letters that are seen, or not, without a font.
bool needs_no_font(FcChar32 letter) {
  return letter <= 0x20 || (letter >= 0x7F && letter <= 0xA0) || letter == 0xAD ||
         (letter >= 0x200B && letter <= 0x200F) || (letter >= 0x2028 && letter <= 0x202E) ||
         (letter >= 0x2060 && letter <= 0x2064) || (letter >= 0xFE00 && letter <= 0xFE0F) ||
         letter == 0xFEFF || letter == 0x3000;
}

bool some_font_has(const FcFontSet* fonts, FcChar32 letter) {
  for (int i = 0; fonts != nullptr && i < fonts->nfont; ++i) {
    FcCharSet* letters = nullptr;
    if (FcPatternGetCharSet(fonts->fonts[i], FC_CHARSET, 0, &letters) == FcResultMatch &&
        FcCharSetHasChar(letters, letter) != 0) {
      return true;
    }
  }
  return false;
}

/// The letters of UTF-8 text, each once; what is no UTF-8 is left out.
std::vector<FcChar32> letters_of(const std::vector<std::string>& texts) {
  std::vector<FcChar32> letters;
  for (const std::string& text : texts) {
    const auto* at = reinterpret_cast<const FcChar8*>(text.data());
    for (int left = static_cast<int>(text.size()); left > 0;) {
      FcChar32 letter = 0;
      const int length = FcUtf8ToUcs4(at, &letter, left);
      const int step = length > 0 ? length : 1;
      if (length > 0) {
        letters.push_back(letter);
      }
      at += step;
      left -= step;
    }
  }
  std::ranges::sort(letters);
  const auto repeated = std::ranges::unique(letters);
  letters.erase(repeated.begin(), repeated.end());
  return letters;
}

}  // namespace

void require_fonts(const std::vector<std::string>& texts) {
  const Config config(FcInitLoadConfigAndFonts());
  if (!config) {
    throw std::bad_alloc();
  }
  const FcFontSet* const fonts = FcConfigGetFonts(config.get(), FcSetSystem);
  for (const FcChar32 letter : letters_of(texts)) {
    if (needs_no_font(letter) || some_font_has(fonts, letter)) {
      continue;
    }
    const auto* const script =
        std::find_if(kScripts.begin(), kScripts.end(), [&](const Script& candidate) {
          return candidate.first <= letter && letter <= candidate.last;
        });
    std::array<FcChar8, FC_UTF8_MAX_LEN + 1> shown{};
    FcUcs4ToUtf8(letter, shown.data());
    fail(ErrorCode::unavailable,
         "no font on this machine has the letter '{}' (U+{:04X}), so it cannot be drawn into the "
         "picture; install {} letters: apt-get install {}",
         reinterpret_cast<const char*>(shown.data()), letter, script->name, script->package);
  }
}

}  // namespace ogam

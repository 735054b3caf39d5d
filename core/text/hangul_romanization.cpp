#include "core/text/hangul_romanization.h"

#include <array>

#include "core/base/error.h"
#include "core/text/unicode.h"

namespace ogam {
namespace {

constexpr char32_t kFirstSyllable = 0xAC00;
constexpr char32_t kVowels = 21;
constexpr char32_t kTails = 28;

constexpr std::array<std::string_view, 19> kLead = {"g", "gg", "n", "d",  "dd", "r", "m",
                                                    "b", "bb", "s", "ss", "",   "j", "jj",
                                                    "c", "k",  "t", "p",  "h"};
constexpr std::array<std::string_view, kVowels> kVowel = {
    "a",  "ae", "ya", "yae", "eo", "e",  "yeo", "ye", "o",  "wa", "wai",
    "oe", "yo", "u",  "weo", "we", "wi", "yu",  "eu", "yi", "i"};
constexpr std::array<std::string_view, kTails> kTail = {
    "",   "g",  "gg", "gs", "n",  "nj", "nh", "d",  "l", "lg", "lm", "lb", "ls", "lt",
    "lp", "lh", "m",  "b",  "bs", "s",  "ss", "ng", "j", "c",  "k",  "t",  "p",  "h"};

bool is_latin(char32_t c) { return (c | 0x20) >= U'a' && (c | 0x20) <= U'z'; }

void append_syllable(char32_t syllable, std::string& out) {
  const auto index = syllable - kFirstSyllable;
  out += kLead[index / (kVowels * kTails)];
  out += kVowel[index / kTails % kVowels];
  out += kTail[index % kTails];
}

/// The letter without its marks, where that is a Latin one.
bool append_plain_latin(char32_t letter, std::string& out) {
  std::string text;
  append_utf8(letter, text);
  const auto parts = code_points(normalize(text, NormalizationForm::nfd));
  if (parts.empty() || !is_latin(parts[0])) {
    return false;
  }
  append_utf8(parts[0], out);
  return true;
}

}  // namespace

std::string romanize_hangul(std::string_view text) {
  std::string out;
  for (const auto c : code_points(to_nfc(text))) {
    if (is_hangul_syllable(c)) {
      append_syllable(c, out);
    } else if (c < 0x80 || !is_letter_or_digit(c)) {
      append_utf8(c, out);
    } else if (!append_plain_latin(c, out)) {
      std::string letter;
      append_utf8(c, letter);
      fail(ErrorCode::unsupported,
           "the letter {} (U+{:04X}) would have to be romanised with uroman, of which only Hangul "
           "is implemented; write it in Hangul or Latin letters",
           letter, static_cast<std::uint32_t>(c));
    }
  }
  return out;
}

}  // namespace ogam

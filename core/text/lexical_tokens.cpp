#include "core/text/lexical_tokens.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include "core/text/unicode.h"

namespace ogam {

namespace {

constexpr std::size_t kLongestWord = 64;

enum class LetterKind { none, mark, hangul, ideographic, other };

bool is_ideographic(char32_t c) {
  return (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x4E00 && c <= 0x9FFF) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x20000 && c <= 0x323AF) || c == 0x3005 ||
         (c >= 0x3041 && c <= 0x30FF && c != 0x30FB) || (c >= 0x31F0 && c <= 0x31FF);
}

LetterKind kind_of(char32_t c) {
  if (is_hangul_syllable(c)) {
    return LetterKind::hangul;
  }
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
      return LetterKind::mark;
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return is_ideographic(c) ? LetterKind::ideographic : LetterKind::other;
    default:
      return LetterKind::none;
  }
}

WordScript script_of(LetterKind kind) {
  return kind == LetterKind::hangul        ? WordScript::hangul
         : kind == LetterKind::ideographic ? WordScript::ideographic
                                           : WordScript::other;
}

std::string to_utf8(std::u32string_view letters) {
  std::string text;
  for (const char32_t letter : letters) {
    append_utf8(letter, text);
  }
  return text;
}

// Longest first among those that end alike.
constexpr std::array<std::u32string_view, 34> kParticles = {
    U"에서는", U"으로는", U"에게서", U"이라고", U"에서", U"에게", U"한테", U"으로", U"부터",
    U"까지",   U"처럼",   U"보다",   U"마다",   U"조차", U"밖에", U"이나", U"이랑", U"하고",
    U"라고",   U"에는",   U"에도",   U"가",     U"이",   U"은",   U"는",   U"을",   U"를",
    U"의",     U"에",     U"로",     U"와",     U"과",   U"도",   U"만"};

constexpr std::array<std::u32string_view, 56> kStopWords = {
    U"a",    U"an",    U"the",  U"of",   U"in",   U"on",     U"at",   U"to",   U"for",    U"and",
    U"or",   U"is",    U"are",  U"was",  U"were", U"be",     U"been", U"it",   U"its",    U"this",
    U"that", U"these", U"with", U"by",   U"from", U"as",     U"i",    U"you",  U"he",     U"she",
    U"we",   U"they",  U"s",    U"t",    U"do",   U"does",   U"그",   U"이",   U"저",     U"것",
    U"수",   U"등",    U"및",   U"좀",   U"더",   U"그리고", U"있는", U"하는", U"나오는", U"장면",
    U"모습", U"이런",  U"그런", U"저런", U"또",   U"또는"};

}  // namespace

std::vector<LexicalWord> lexical_words(std::string_view text) {
  std::vector<LexicalWord> words;
  bool open = false;
  for (const char32_t letter : code_points(fold_for_matching(text))) {
    const LetterKind kind = kind_of(letter);
    if (kind == LetterKind::none || (kind == LetterKind::mark && !open)) {
      open = false;
      continue;
    }
    const bool continues = open && words.back().letters.size() < kLongestWord &&
                           (kind == LetterKind::mark || words.back().script == script_of(kind));
    if (continues) {
      words.back().letters.push_back(letter);
    } else {
      words.push_back({std::u32string(1, letter), script_of(kind)});
    }
    open = true;
  }
  return words;
}

std::vector<std::string> word_tokens(const LexicalWord& word, TokenUse use) {
  const std::u32string_view letters = word.letters;
  if (word.script == WordScript::other || letters.size() < 2) {
    return {to_utf8(letters)};
  }
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i + 1 < letters.size(); ++i) {
    tokens.push_back(to_utf8(letters.substr(i, 2)));
  }
  if (word.script == WordScript::ideographic && use == TokenUse::index) {
    tokens.push_back(to_utf8(letters.substr(letters.size() - 1)));
  }
  return tokens;
}

std::string word_text(const LexicalWord& word) { return to_utf8(word.letters); }

std::u32string_view without_particle(std::u32string_view syllables) {
  for (const std::u32string_view particle : kParticles) {
    if (syllables.size() >= particle.size() + 2 && syllables.ends_with(particle)) {
      return syllables.substr(0, syllables.size() - particle.size());
    }
  }
  return syllables;
}

bool is_particle(std::u32string_view syllables) {
  return std::find(kParticles.begin(), kParticles.end(), syllables) != kParticles.end();
}

std::u32string_view without_plural(std::u32string_view letters) {
  const auto ends_in = [&](std::u32string_view ending) { return letters.ends_with(ending); };
  if (letters.size() < 4 || !ends_in(U"s") || ends_in(U"ss") || ends_in(U"us") || ends_in(U"is")) {
    return letters;
  }
  const bool sibilant = ends_in(U"xes") || ends_in(U"ches") || ends_in(U"shes") || ends_in(U"sses");
  return letters.substr(0, letters.size() - (sibilant ? 2 : 1));
}

bool is_stop_word(const LexicalWord& word) {
  return std::find(kStopWords.begin(), kStopWords.end(), word.letters) != kStopWords.end();
}

}  // namespace ogam

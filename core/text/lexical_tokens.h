#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ogam {

/// How the words of a script are looked up.
enum class WordScript {
  hangul,       ///< syllables; particles are written onto the word
  ideographic,  ///< Han and kana: no spaces between words
  other,        ///< letters and digits with spaces between words
};

/// A word of a text: a run of letters and digits of one script, folded for matching.
struct LexicalWord {
  std::u32string letters;
  WordScript script = WordScript::other;

  friend bool operator==(const LexicalWord&, const LexicalWord&) = default;
};

/// The words of `text`, folded by `fold_for_matching`; runs of more than 64 letters are cut there.
std::vector<LexicalWord> lexical_words(std::string_view text);

enum class TokenUse { index, query };

/// What stands for a word in the lexical index, as UTF-8.
///
/// Hangul and ideographic words become overlapping pairs, so that 자동차가 holds the pairs of
/// 자동차; a single syllable stands for itself. In the index an ideographic word also leaves its
/// last letter, so that every letter begins some token. Other words are one token.
std::vector<std::string> word_tokens(const LexicalWord& word, TokenUse use);

/// The letters as UTF-8.
std::string word_text(const LexicalWord& word);

/// A Korean word without the particle at its end (자동차가 -> 자동차); the word itself when it has
/// none or less than two syllables would stay.
std::u32string_view without_particle(std::u32string_view syllables);

/// Whether `syllables` is a Korean particle such as 가, 에서 or 으로.
bool is_particle(std::u32string_view syllables);

/// An English word without a plural ending (cars -> car, boxes -> box); a rule of thumb, equal for
/// query and text.
std::u32string_view without_plural(std::u32string_view letters);

/// Words too common to say what is looked for, of English and Korean.
bool is_stop_word(const LexicalWord& word);

}  // namespace ogam

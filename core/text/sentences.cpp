#include "core/text/sentences.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "core/text/unicode.h"

namespace ogam {
namespace {

using Characters = std::vector<char32_t>;

constexpr std::u32string_view kEnds = U".?!…。？！．";
constexpr std::u32string_view kWideEnds = U"。？！．";  // which no space needs to follow
constexpr std::u32string_view kClosing = U"\"'”’)]}»」』）】";
constexpr std::u32string_view kPauses = U",;:，、；：—–";

/// Before a name or a number: the sentence goes on whatever follows.
constexpr auto kTitles = std::to_array<std::string_view>(
    {"mr",  "mrs",  "ms",   "dr",  "prof", "st",  "mt",  "gen",  "col", "sgt", "capt",
     "lt",  "cmdr", "rev",  "hon", "gov",  "sen", "rep", "pres", "fr",  "vs",  "no",
     "nos", "fig",  "figs", "vol", "pp",   "ch",  "sec", "eq",   "ed",  "cf"});
/// Also at the end of a sentence: it goes on unless a capital follows.
constexpr auto kAbbreviations = std::to_array<std::string_view>(
    {"jr",  "sr",  "inc", "ltd",  "co",  "corp", "etc", "al",  "approx", "dept", "est",
     "e.g", "i.e", "a.m", "p.m",  "u.s", "u.k",  "jan", "feb", "mar",    "apr",  "jun",
     "jul", "aug", "sep", "sept", "oct", "nov",  "dec", "ave", "blvd"});

bool is_one_of(char32_t c, std::u32string_view set) { return set.find(c) != set.npos; }
bool is_digit(char32_t c) { return c >= U'0' && c <= U'9'; }
bool is_lower(char32_t c) { return c >= U'a' && c <= U'z'; }
bool is_upper(char32_t c) { return c >= U'A' && c <= U'Z'; }

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// The word that ends before `end`, in lower case, its own points kept: "p.m".
std::string word_before(const Characters& text, std::size_t end) {
  std::size_t begin = end;
  while (begin > 0 && (is_letter_or_digit(text[begin - 1]) || text[begin - 1] == U'.')) {
    --begin;
  }
  std::string word;
  for (auto i = begin; i < end; ++i) {
    append_lower_case(text[i], word);
  }
  return word;
}

/// Whether the point at `at`, with a space behind it, ends no sentence.
/// @param next what follows the space; 0 at the end.
/// @param first where the sentence begins.
bool goes_on(const Characters& text, std::size_t first, std::size_t at, char32_t next) {
  if (at == first) {
    return false;
  }
  const char32_t before = text[at - 1];
  const auto word = word_before(text, at);
  const auto letters = code_points(word).size();
  if (is_digit(before)) {
    // A number that begins the sentence is that of a list; numbers in a row are a date,
    // and so is, in Korean, whose sentences end in words, one before Hangul.
    const bool begins = letters == at - first;
    return begins || is_digit(next) || is_hangul_syllable(next);
  }
  if (is_upper(before) && letters == 1) {
    return next != 0;  // an initial
  }
  if (contains(kTitles, word)) {
    return next != 0 && (word != "no" || is_digit(next));
  }
  return contains(kAbbreviations, word) && !is_upper(next) && !is_hangul_syllable(next) &&
         next != 0;
}

/// Where the sentence that begins at `first` ends.
std::size_t sentence_end(const Characters& text, std::size_t first) {
  for (std::size_t i = first; i < text.size(); ++i) {
    if (!is_one_of(text[i], kEnds)) {
      continue;
    }
    std::size_t end = i + 1;
    while (end < text.size() && is_one_of(text[end], kEnds)) {
      ++end;
    }
    const std::size_t marks = end - i;
    while (end < text.size() && is_one_of(text[end], kClosing)) {
      ++end;
    }
    if (end == text.size()) {
      return end;
    }
    if (text[end] != U' ') {
      const bool between_hangul =
          i > first && is_hangul_syllable(text[i - 1]) && is_hangul_syllable(text[end]);
      if (between_hangul || is_one_of(text[end - 1], kWideEnds)) {
        return end;
      }
      continue;
    }
    const char32_t next = end + 1 < text.size() ? text[end + 1] : 0;
    const bool closes = end > i + marks;
    // "Well... yes": a small letter goes on, though not after a question that is not quoted.
    if (is_lower(next) && (text[i] == U'.' || text[i] == U'…' || closes)) {
      continue;
    }
    if (text[i] != U'.' || marks > 1 || !goes_on(text, first, i, next)) {
      return end;
    }
  }
  return text.size();
}

/// Where to cut what is too long: behind the last pause within the limit that is not too near the
/// beginning, else at the last space, else at the limit.
std::size_t cut_within(const Characters& text, std::size_t first, std::size_t limit) {
  std::size_t pause = 0;
  std::size_t space = 0;
  for (std::size_t i = first + 1; i < first + limit; ++i) {
    if (text[i] == U' ') {
      space = i;
      pause = is_one_of(text[i - 1], kPauses) ? i : pause;
    }
  }
  if (pause > first + limit / 3) {
    return pause;
  }
  return space > first ? space : first + limit;
}

std::string utf8_of(const Characters& text, std::size_t first, std::size_t end) {
  std::string out;
  for (auto i = first; i < end; ++i) {
    append_utf8(text[i], out);
  }
  return out;
}

/// Adds the sentences of one paragraph, whose spaces are single.
void split_paragraph(const Characters& text, std::size_t limit, std::vector<Sentence>& sentences) {
  const auto before = sentences.size();
  const auto add = [&](std::size_t first, std::size_t end) {
    if (first < end) {
      sentences.push_back({utf8_of(text, first, end), false});
    }
  };
  const auto skip_space = [&](std::size_t at) {
    return at < text.size() && text[at] == U' ' ? at + 1 : at;
  };
  for (std::size_t first = 0; first < text.size();) {
    const auto end = sentence_end(text, first);
    while (end - first > limit) {
      const auto cut = cut_within(text, first, limit);
      add(first, cut);
      first = skip_space(cut);
    }
    add(first, end);
    first = skip_space(end);
  }
  if (sentences.size() > before) {
    sentences.back().ends_paragraph = true;
  }
}

}  // namespace

std::vector<Sentence> split_sentences(std::string_view text, std::size_t max_characters) {
  const auto limit = std::max<std::size_t>(max_characters, 2);
  std::vector<Sentence> sentences;
  Characters paragraph;
  int line_ends = 0;
  bool space = false;
  for (const auto c : code_points(repair_utf8(text))) {
    if (is_white_space(c) || is_control(c)) {
      line_ends += c == U'\n' || c == 0x2028 ? 1 : c == 0x2029 ? 2 : 0;
      space = true;
      continue;
    }
    if (line_ends > 1) {
      split_paragraph(paragraph, limit, sentences);
      paragraph.clear();
    } else if (space && !paragraph.empty()) {
      paragraph.push_back(U' ');
    }
    paragraph.push_back(c);
    line_ends = 0;
    space = false;
  }
  split_paragraph(paragraph, limit, sentences);
  return sentences;
}

}  // namespace ogam

#include "pipelines/understanding/key_phrases.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string_view>

#include "core/text/lexical_tokens.h"
#include "core/text/unicode.h"

namespace ogam {

namespace {

constexpr std::size_t kLongestPhrase = 4;  // words

/// Beside `is_stop_word`: words that begin or end no name of anything.
constexpr std::array<std::u32string_view, 136> kFunctionWords = {
    U"about",   U"after",  U"again",  U"all",   U"also",   U"always", U"am",      U"any",
    U"because", U"before", U"being",  U"but",   U"can",    U"come",   U"comes",   U"could",
    U"did",     U"don",    U"down",   U"each",  U"even",   U"ever",   U"every",   U"get",
    U"gets",    U"go",     U"goes",   U"going", U"gonna",  U"got",    U"had",     U"has",
    U"have",    U"having", U"her",    U"here",  U"hers",   U"him",    U"his",     U"how",
    U"if",      U"into",   U"just",   U"know",  U"let",    U"like",   U"ll",      U"made",
    U"make",    U"makes",  U"many",   U"may",   U"maybe",  U"me",     U"mean",    U"might",
    U"more",    U"most",   U"much",   U"must",  U"my",     U"need",   U"never",   U"no",
    U"not",     U"now",    U"off",    U"oh",    U"okay",   U"one",    U"only",    U"other",
    U"our",     U"out",    U"over",   U"own",   U"please", U"put",    U"re",      U"really",
    U"right",   U"said",   U"say",    U"says",  U"see",    U"shall",  U"should",  U"so",
    U"some",    U"such",   U"take",   U"than",  U"thank",  U"their",  U"them",    U"then",
    U"there",   U"thing",  U"things", U"think", U"those",  U"though", U"through", U"too",
    U"uh",      U"um",     U"until",  U"up",    U"us",     U"use",    U"ve",      U"very",
    U"want",    U"way",    U"well",   U"went",  U"what",   U"when",   U"where",   U"which",
    U"while",   U"who",    U"whom",   U"whose", U"why",    U"will",   U"within",  U"without",
    U"would",   U"yeah",   U"yes",    U"yet",   U"your",   U"yours",  U"hello",   U"m"};

constexpr std::array<std::u32string_view, 44> kKoreanFunctionWords = {
    U"그래서", U"그러나", U"그런데", U"그러면", U"하지만", U"때문에", U"대해", U"대한", U"대해서",
    U"위해",   U"위한",   U"통해",   U"여기",   U"거기",   U"저기",   U"우리", U"저희", U"여러분",
    U"이제",   U"지금",   U"아주",   U"매우",   U"정말",   U"너무",   U"많이", U"많은", U"모든",
    U"어떤",   U"무슨",   U"어떻게", U"이렇게", U"그렇게", U"때",     U"거",   U"게",   U"건",
    U"네",     U"예",     U"안",     U"못",     U"잘",     U"한",     U"두",   U"함께"};

/// Endings of verbs and adjectives; what ends so names nothing by itself.
constexpr std::array<std::u32string_view, 30> kVerbEndings = {
    U"니다", U"습니까", U"해요", U"예요", U"에요", U"시오", U"는데", U"지만", U"면서", U"어서",
    U"아서", U"해서",   U"하고", U"하며", U"하면", U"하는", U"하게", U"했던", U"하던", U"되는",
    U"되어", U"된다",   U"한다", U"이다", U"는다", U"였다", U"었다", U"았다", U"했다", U"려고"};

template <std::size_t N>
bool holds(const std::array<std::u32string_view, N>& list, const std::u32string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool ends_as_verb(const std::u32string& word) {
  // 빌려요, 맛있게: what ends so and is longer than 필요 is hardly a noun.
  if (word.size() > 2 && (word.ends_with(U"요") || word.ends_with(U"게"))) {
    return true;
  }
  return std::any_of(kVerbEndings.begin(), kVerbEndings.end(),
                     [&](std::u32string_view end) { return word.ends_with(end); });
}

/// A word between spaces, in the forms that phrases need.
struct Token {
  std::string written;  ///< without marks around it, as in the text
  std::u32string key;   ///< folded, without particle or plural
  std::string bare;     ///< as written, without its Korean particle
  bool names = false;   ///< whether it may stand in a phrase
  bool ends = false;    ///< whether a mark or a particle ends the phrase behind it
};

/// Splits `word` into the marks around it and what is between.
Token token_of(const std::string& word) {
  const auto points = code_points(word);
  const auto is_letter = [](char32_t point) { return is_letter_or_digit(point); };
  const auto first = std::find_if(points.begin(), points.end(), is_letter);
  const auto last = std::find_if(points.rbegin(), points.rend(), is_letter).base();
  Token token;
  token.ends = last != points.end();
  if (first >= last) {
    token.ends = true;
    return token;
  }
  for (auto point = first; point != last; ++point) {
    append_utf8(*point, token.written);
  }
  const auto words = lexical_words(token.written);
  if (words.empty()) {
    token.ends = true;
    return token;
  }
  const LexicalWord& main = words.back();
  token.bare = token.written;
  std::u32string_view key = main.letters;
  if (main.script == WordScript::hangul) {
    key = without_particle(main.letters);
    // The particle of a part of the sentence ends the phrase; 의 and the like lead on to a noun.
    const auto particle = std::u32string_view(main.letters).substr(key.size());
    token.ends = token.ends ||
                 (!particle.empty() && particle != U"의" && particle != U"와" && particle != U"과");
    for (std::size_t cut = main.letters.size() - key.size(); cut > 0; --cut) {
      token.bare.resize(token.bare.size() - last_character(token.bare).size);
    }
  } else if (main.script == WordScript::other) {
    key = without_plural(main.letters);
  }
  token.key = key;
  const bool has_letter =
      std::any_of(key.begin(), key.end(), [](char32_t point) { return !is_number(point); });
  const bool common = std::any_of(words.begin(), words.end(), [](const LexicalWord& part) {
    return is_stop_word(part) || holds(kFunctionWords, part.letters) ||
           holds(kKoreanFunctionWords, part.letters);
  });
  const bool too_short = key.size() < 2 && main.script != WordScript::ideographic;
  token.names = has_letter && !common && !too_short &&
                !(main.script == WordScript::hangul && ends_as_verb(main.letters));
  return token;
}

std::vector<Token> tokens_of(const std::string& text) {
  std::vector<Token> tokens;
  std::string word;
  const std::string composed = to_nfc(text);
  for (std::size_t i = 0; i <= composed.size(); ++i) {
    const bool at_space = i == composed.size() || composed[i] == ' ' || composed[i] == '\n' ||
                          composed[i] == '\t' || composed[i] == '\r';
    if (!at_space) {
      word += composed[i];
    } else if (!word.empty()) {
      tokens.push_back(token_of(word));
      word.clear();
    }
  }
  return tokens;
}

/// Calls `use` with every run of naming words.
template <typename Use>
void each_run(std::span<const TimedSentence> sentences, const Use& use) {
  std::vector<Token> run;
  const auto flush = [&] {
    if (!run.empty()) {
      use(run);
      run.clear();
    }
  };
  for (const TimedSentence& sentence : sentences) {
    for (Token& token : tokens_of(sentence.text)) {
      if (!token.names) {
        flush();
        continue;
      }
      const bool ends = token.ends;
      run.push_back(std::move(token));
      if (ends || run.size() == kLongestPhrase) {
        flush();
      }
    }
    flush();
  }
}

}  // namespace

void WordCounts::add_part(std::span<const TimedSentence> sentences) {
  std::set<std::u32string> words;
  each_run(sentences, [&](const std::vector<Token>& run) {
    for (const Token& token : run) {
      words.insert(token.key);
    }
  });
  for (const auto& word : words) {
    ++parts_[word];
  }
  ++total_;
}

double WordCounts::rarity(const std::u32string& word) const {
  const auto found = parts_.find(word);
  const double parts = found == parts_.end() ? 0 : static_cast<double>(found->second);
  return std::log((1 + static_cast<double>(total_)) / (0.5 + parts));
}

std::vector<KeyPhrase> key_phrases(std::span<const TimedSentence> sentences,
                                   const WordCounts& counts, std::size_t most) {
  std::map<std::u32string, double> occurrences;
  each_run(sentences, [&](const std::vector<Token>& run) {
    for (const Token& token : run) {
      ++occurrences[token.key];
    }
  });
  struct Found {
    KeyPhrase phrase;
    std::size_t order = 0;
    std::set<std::u32string> words;
  };
  std::map<std::vector<std::u32string>, Found> found;
  each_run(sentences, [&](const std::vector<Token>& run) {
    std::vector<std::u32string> key;
    std::string text;
    double weight = 0;
    for (std::size_t i = 0; i < run.size(); ++i) {
      key.push_back(run[i].key);
      text += (text.empty() ? "" : " ") + (i + 1 == run.size() ? run[i].bare : run[i].written);
      weight += std::sqrt(occurrences[run[i].key]) * counts.rarity(run[i].key);
    }
    // A longer phrase says more, but not as much more as it has words.
    weight /= std::sqrt(static_cast<double>(run.size()));
    const std::size_t order = found.size();
    found.try_emplace(key, Found{{text, weight}, order, {key.begin(), key.end()}});
  });
  std::vector<Found> ordered;
  ordered.reserve(found.size());
  for (auto& [key, phrase] : found) {
    ordered.push_back(std::move(phrase));
  }
  std::sort(ordered.begin(), ordered.end(), [](const Found& a, const Found& b) {
    return a.phrase.weight != b.phrase.weight ? a.phrase.weight > b.phrase.weight
                                              : a.order < b.order;
  });
  std::vector<KeyPhrase> phrases;
  std::set<std::u32string> told;
  for (const Found& candidate : ordered) {
    const bool says_more = std::none_of(candidate.words.begin(), candidate.words.end(),
                                        [&](const auto& word) { return told.contains(word); });
    if (phrases.size() < most && says_more) {
      told.insert(candidate.words.begin(), candidate.words.end());
      phrases.push_back(candidate.phrase);
    }
  }
  return phrases;
}

}  // namespace ogam

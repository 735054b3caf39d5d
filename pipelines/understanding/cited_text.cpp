#include "pipelines/understanding/cited_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <set>

#include "core/base/error.h"
#include "core/text/figures.h"
#include "core/text/grammar/pattern.h"
#include "core/text/lexical_tokens.h"
#include "core/text/sentences.h"
#include "core/text/unicode.h"

namespace ogam {

namespace {

constexpr std::size_t kMostNumbers = 3;      // of one sentence
constexpr double kLeastShare = 0.5;          // of a sentence's words that are in its sources
constexpr double kSureShare = 0.75;          // the same where another source is taken
constexpr std::size_t kLeastStem = 4;        // letters of words that may have other endings
constexpr std::size_t kLeastHangulStem = 2;  // syllables

/// A number in brackets at the beginning of `text`.
struct Number {
  std::size_t value = 0;
  std::size_t size = 0;  // bytes; 0 where there is none
};

Number number_at(std::string_view text) {
  if (!text.starts_with('[')) {
    return {};
  }
  Number number;
  const auto* const end = text.data() + text.size();
  const auto [behind, error] = std::from_chars(text.data() + 1, end, number.value);
  if (error != std::errc() || behind == end || *behind != ']') {
    return {};
  }
  number.size = static_cast<std::size_t>(behind - text.data()) + 1;
  return number;
}

/// Without what models put before a sentence: the time of a source ("0:09", or what a grammar left
/// of it, "09") and the numbers of lists ("1.", "2)").
std::string_view without_label(std::string_view text) {
  const auto space = text.find(' ');
  const auto label = text.substr(0, space);
  const bool is_label = space != std::string_view::npos && space > 1 && label[0] >= '0' &&
                        label[0] <= '9' &&
                        label.find_first_not_of("0123456789:.)") == std::string_view::npos;
  const bool is_number = label.back() >= '0' && label.back() <= '9' && label[0] != '0';
  const bool is_clock = label.find(':') != std::string_view::npos;
  const bool is_decimal = label.find('.') < label.size() - 1;
  return is_label && !is_decimal && (is_clock || !is_number) ? text.substr(space + 1) : text;
}

/// Without spaces around it, and marks that belong to the sentence before.
std::string trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto first = text.find_first_not_of(" \t\r\n.,;:-*");
  if (first == std::string_view::npos) {
    return "";
  }
  return std::string(without_label(text.substr(first, text.find_last_not_of(kSpace) + 1 - first)));
}

void add_sentences(std::string_view text, const std::vector<std::size_t>& numbers,
                   std::size_t count, std::vector<CitedSentence>& sentences) {
  std::vector<std::size_t> sources;
  std::string problem;
  for (const std::size_t number : numbers) {
    if (number < 1 || number > count) {
      problem = fmt::format("it cites a source {} and there are {}", number, count);
    } else if (std::find(sources.begin(), sources.end(), number - 1) == sources.end()) {
      sources.push_back(number - 1);
    }
  }
  for (Sentence& sentence : split_sentences(trimmed(text))) {
    sentences.push_back({std::move(sentence.text), sources, problem});
  }
}

bool is_figure(const LexicalWord& word) {
  return std::any_of(word.letters.begin(), word.letters.end(),
                     [](char32_t c) { return c >= U'0' && c <= U'9'; });
}

/// Whether two words are forms of the same one, as far as their letters tell.
bool is_same_word(const LexicalWord& a, const LexicalWord& b) {
  if (a.script != b.script) {
    return false;
  }
  const bool hangul = a.script == WordScript::hangul;
  const auto stem = [&](const LexicalWord& word) {
    return hangul ? without_particle(word.letters) : without_plural(word.letters);
  };
  const auto left = stem(a);
  const auto right = stem(b);
  const auto shorter = std::min(left.size(), right.size());
  const auto same = static_cast<std::size_t>(
      std::mismatch(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(shorter),
                    right.begin())
          .first -
      left.begin());
  const auto least = hangul ? kLeastHangulStem : kLeastStem;
  return left == right || (same >= least && 2 * same > shorter);
}

/// The words of several texts and the scripts that they are of.
struct SourceWords {
  explicit SourceWords(std::span<const std::string> texts) {
    for (const std::string& text : texts) {
      for (LexicalWord& word : lexical_words(text)) {
        scripts.insert(word.script);
        words.push_back(std::move(word));
      }
    }
  }
  bool has(const LexicalWord& word) const {
    return std::any_of(words.begin(), words.end(),
                       [&](const LexicalWord& other) { return is_same_word(word, other); });
  }
  bool can_compare(const LexicalWord& word) const { return scripts.contains(word.script); }

  std::vector<LexicalWord> words;
  std::set<WordScript> scripts;
};

/// The words with a capital letter, but for the first one.
std::vector<std::string> names_in(const std::string& sentence) {
  std::vector<std::string> names;
  std::string word;
  bool is_first = true;
  const auto end_word = [&] {
    if (!word.empty() && !is_first && word.front() >= 'A' && word.front() <= 'Z' && word != "I") {
      names.push_back(word);
    }
    is_first = is_first && word.empty();
    word.clear();
  };
  for (const char32_t c : code_points(repair_utf8(sentence))) {
    if (is_letter_or_digit(c)) {
      append_utf8(c, word);
    } else {
      end_word();
    }
  }
  end_word();
  return names;
}

std::string find_invented_figure(const std::string& sentence,
                                 std::span<const std::string> sources) {
  std::vector<double> known;
  for (const std::string& source : sources) {
    const auto figures = figures_in(source);
    known.insert(known.end(), figures.begin(), figures.end());
  }
  for (const double figure : figures_in(sentence)) {
    if (std::none_of(known.begin(), known.end(),
                     [&](double other) { return is_same_figure(figure, other); })) {
      return fmt::format("the number {} is not in its sources", figure);
    }
  }
  return "";
}

/// What a sentence has of its sources.
struct LookedUp {
  std::string problem;
  double share = 0;  ///< of its words; 0 where none can be compared
};

LookedUp look_up(const CitedSentence& sentence, std::span<const std::string> sources) {
  if (!sentence.problem.empty()) {
    return {sentence.problem};
  }
  if (sentence.sources.empty()) {
    return {"it names no source"};
  }
  std::vector<std::string> cited;
  for (const std::size_t source : sentence.sources) {
    cited.push_back(sources[source]);
  }
  if (auto problem = find_invented_figure(sentence.text, cited); !problem.empty()) {
    return {problem};
  }
  const SourceWords known(cited);
  for (const std::string& name : names_in(sentence.text)) {
    for (const LexicalWord& word : lexical_words(name)) {
      if (known.can_compare(word) && !is_stop_word(word) && !known.has(word)) {
        return {fmt::format("the name {} is not in its sources", name)};
      }
    }
  }
  std::size_t all = 0;
  std::size_t found = 0;
  bool compared = known.words.empty();
  for (const LexicalWord& word : lexical_words(sentence.text)) {
    compared = compared || known.can_compare(word);
    if (!is_stop_word(word) && !is_figure(word) && known.can_compare(word)) {
      ++all;
      found += known.has(word) ? 1 : 0;
    }
  }
  const double share = all == 0 ? 0 : static_cast<double>(found) / static_cast<double>(all);
  const bool enough =
      all > 0 ? share >= kLeastShare : !compared || !figures_in(sentence.text).empty();
  return {enough ? "" : "its sources say something else", share};
}

/// The one source that surely supports a sentence which its own sources do not.
std::optional<std::size_t> better_source(const CitedSentence& sentence,
                                         std::span<const std::string> sources) {
  std::optional<std::size_t> best;
  double most = kSureShare;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const auto looked_up = look_up({.text = sentence.text, .sources = {i}}, sources);
    if (looked_up.problem.empty() && looked_up.share >= most && looked_up.share > 0 &&
        (!best || looked_up.share > most)) {
      best = i;
      most = looked_up.share;
    }
  }
  return best;
}

}  // namespace

std::shared_ptr<const Grammar> cited_text_grammar(const CitedTextShape& shape) {
  require(shape.sources >= 1 && shape.most_sentences >= 1, ErrorCode::invalid_argument,
          "a cited text needs a source and a sentence, got {} and {}", shape.sources,
          shape.most_sentences);
  std::string numbers;
  for (std::size_t i = 1; i <= shape.sources; ++i) {
    numbers += fmt::format("{}{}", i == 1 ? "" : "|", i);
  }
  // Figures and capitals may stand before the first Korean syllable: 9시, KTX는.
  const std::string_view begin =
      shape.korean ? R"( ?[A-Z0-9,.]{0,10} ?[가-힣])" : R"( ?[^\[\]\s가-힣])";
  auto pattern = fmt::format(R"((?:{}[^\[\]\n]*(?:\[(?:{})\]){{1,{}}}\n?){{1,{}}})", begin, numbers,
                             kMostNumbers, shape.most_sentences);
  if (shape.may_be_nothing) {
    pattern = fmt::format("{}|{}", kNothingFound, pattern);
  }
  return compile_pattern(pattern);
}

bool says_nothing(std::string_view text) {
  return trimmed(text.substr(0, text.find('['))) == kNothingFound;
}

std::vector<CitedSentence> read_cited_text(std::string_view text, std::size_t count) {
  if (says_nothing(text)) {
    return {};
  }
  std::vector<CitedSentence> sentences;
  std::string said;
  std::vector<std::size_t> numbers;
  const auto flush = [&] {
    add_sentences(said, numbers, count, sentences);
    said.clear();
    numbers.clear();
  };
  while (!text.empty()) {
    if (const auto number = number_at(text); number.size > 0) {
      numbers.push_back(number.value);
      text.remove_prefix(number.size);
      continue;
    }
    // Spaces, and a mark that stands behind the numbers, do not begin another sentence.
    if (!numbers.empty() && std::isspace(static_cast<unsigned char>(text.front())) == 0) {
      flush();
    }
    said += text.front();
    text.remove_prefix(1);
  }
  flush();
  return sentences;
}

std::string find_problem(const CitedSentence& sentence, std::span<const std::string> sources) {
  return look_up(sentence, sources).problem;
}

void check_cited_text(std::vector<CitedSentence>& sentences, std::span<const std::string> sources) {
  std::set<std::string> said;
  for (CitedSentence& sentence : sentences) {
    auto problem = find_problem(sentence, sources);
    if (const auto better = problem.empty() ? std::nullopt : better_source(sentence, sources)) {
      sentence.sources = {*better};
      problem.clear();
    }
    sentence.problem = std::move(problem);
    if (sentence.problem.empty() && !said.insert(fold_for_matching(sentence.text)).second) {
      sentence.problem = "it was said before";
    }
  }
}

}  // namespace ogam

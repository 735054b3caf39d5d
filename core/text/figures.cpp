#include "core/text/figures.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "core/text/unicode.h"

namespace ogam {

namespace {

struct NumberWord {
  std::u32string_view word;
  double value = 0;
};

constexpr std::array<NumberWord, 28> kEnglish = {{
    {U"zero", 0},     {U"two", 2},        {U"three", 3},     {U"four", 4},      {U"five", 5},
    {U"six", 6},      {U"seven", 7},      {U"eight", 8},     {U"nine", 9},      {U"ten", 10},
    {U"eleven", 11},  {U"twelve", 12},    {U"thirteen", 13}, {U"fourteen", 14}, {U"fifteen", 15},
    {U"sixteen", 16}, {U"seventeen", 17}, {U"eighteen", 18}, {U"nineteen", 19}, {U"twenty", 20},
    {U"thirty", 30},  {U"forty", 40},     {U"fifty", 50},    {U"sixty", 60},    {U"seventy", 70},
    {U"eighty", 80},  {U"ninety", 90},    {U"dozen", 12},
}};
/// A number only within a longer one.
constexpr NumberWord kOne = {U"one", 1};
constexpr std::array<NumberWord, 5> kEnglishScales = {{{U"hundred", 1e2},
                                                       {U"thousand", 1e3},
                                                       {U"million", 1e6},
                                                       {U"billion", 1e9},
                                                       {U"trillion", 1e12}}};
/// Korea's own numbers; those of one syllable last, so that the longer ones are found first.
constexpr std::array<NumberWord, 30> kKorean = {
    {{U"다섯", 5},    {U"여섯", 6},  {U"일곱", 7},  {U"여덟", 8},  {U"아홉", 9},  {U"열한", 11},
     {U"열하나", 11}, {U"열두", 12}, {U"열둘", 12}, {U"열세", 13}, {U"열셋", 13}, {U"열네", 14},
     {U"열넷", 14},   {U"스물", 20}, {U"스무", 20}, {U"서른", 30}, {U"마흔", 40}, {U"쉰", 50},
     {U"예순", 60},   {U"일흔", 70}, {U"여든", 80}, {U"아흔", 90}, {U"하나", 1},  {U"두", 2},
     {U"둘", 2},      {U"세", 3},    {U"셋", 3},    {U"네", 4},    {U"넷", 4},    {U"열", 10}}};
/// What is counted with Korea's own numbers.
constexpr std::array<std::u32string_view, 24> kCounters = {
    U"시",   U"명", U"개", U"번", U"살", U"마리", U"가지", U"권", U"달",   U"배",   U"잔",   U"대",
    U"사람", U"곳", U"장", U"쪽", U"줄", U"병",   U"채",   U"벌", U"자루", U"그루", U"차례", U"분"};
constexpr std::u32string_view kSinoDigits = U"영일이삼사오육칠팔구";
constexpr std::array<NumberWord, 3> kSmallScales = {{{U"십", 10}, {U"백", 100}, {U"천", 1000}}};
constexpr std::array<NumberWord, 3> kLargeScales = {{{U"만", 1e4}, {U"억", 1e8}, {U"조", 1e12}}};

bool is_digit(char32_t c) { return c >= U'0' && c <= U'9'; }

/// Reads the numbers of a folded text from its beginning on.
class Reader {
 public:
  explicit Reader(std::u32string_view text) : text_(text) {}

  std::vector<double> read() {
    while (at_ < text_.size()) {
      if (is_digit(text_[at_])) {
        read_digits();
      } else if (is_letter_or_digit(text_[at_])) {
        read_word();
      } else {
        ++at_;
      }
    }
    return std::move(figures_);
  }

 private:
  std::u32string_view rest() const { return text_.substr(at_); }

  /// The word at `at_`: letters of one kind, Hangul or other.
  std::u32string_view word() const {
    const bool hangul = is_hangul_syllable(text_[at_]);
    std::size_t end = at_;
    while (end < text_.size() && is_letter_or_digit(text_[end]) && !is_digit(text_[end]) &&
           is_hangul_syllable(text_[end]) == hangul) {
      ++end;
    }
    return text_.substr(at_, end - at_);
  }

  void skip_spaces(std::u32string_view others = U"") {
    while (at_ < text_.size() &&
           (is_white_space(text_[at_]) || others.find(text_[at_]) != std::u32string_view::npos)) {
      ++at_;
    }
  }

  template <std::size_t kSize>
  static const NumberWord* find(const std::array<NumberWord, kSize>& words,
                                std::u32string_view word) {
    const auto* const found =
        std::find_if(words.begin(), words.end(), [&](const auto& row) { return row.word == word; });
    return found == words.end() ? nullptr : found;
  }

  /// Digits with commas between thousands, and decimals.
  double digits() {
    double value = 0;
    const auto whole = [&] {
      while (at_ < text_.size() && is_digit(text_[at_])) {
        value = value * 10 + (text_[at_++] - U'0');
      }
    };
    const auto thousand_follows = [&] {
      const auto next = rest();
      return next.size() >= 4 && next[0] == U',' &&
             std::all_of(next.begin() + 1, next.begin() + 4, is_digit) &&
             (next.size() == 4 || !is_digit(next[4]));
    };
    whole();
    while (thousand_follows()) {
      ++at_;
      whole();
    }
    if (rest().size() >= 2 && rest()[0] == U'.' && is_digit(rest()[1])) {
      ++at_;
      for (double place = 0.1; at_ < text_.size() && is_digit(text_[at_]); place /= 10) {
        value += place * (text_[at_++] - U'0');
      }
    }
    return value;
  }

  void read_digits() {
    const bool behind_colon = at_ > 1 && text_[at_ - 1] == U':' && is_digit(text_[at_ - 2]);
    double value = digits();
    if (at_ < text_.size() && is_korean_scale(text_[at_])) {
      value = korean(value);
    } else {
      const auto before = at_;
      skip_spaces();
      const auto* const scale =
          at_ < text_.size() && !is_digit(text_[at_]) && is_letter_or_digit(text_[at_])
              ? find(kEnglishScales, word())
              : nullptr;
      at_ = scale != nullptr ? at_ + scale->word.size() : before;
      value *= scale != nullptr ? scale->value : 1;
    }
    if (value != 0 || !behind_colon) {
      figures_.push_back(value);
    }
  }

  static bool is_korean_scale(char32_t c) {
    return find(kSmallScales, {&c, 1}) != nullptr || find(kLargeScales, {&c, 1}) != nullptr;
  }

  /// The number of which `number` is the first part, and the rest follows: 3[만 5천], 이[십오].
  double korean(double number) {
    double total = 0;
    double section = 0;
    double pending = number;  // what no scale has followed yet
    bool is_pending = true;
    while (at_ < text_.size()) {
      const char32_t c = text_[at_];
      if (const auto* const small = find(kSmallScales, {&c, 1})) {
        section += (is_pending ? pending : 1) * small->value;
        is_pending = false;
        ++at_;
      } else if (const auto* const large = find(kLargeScales, {&c, 1})) {
        const double counted = section + (is_pending ? pending : 0);
        total += (counted == 0 ? 1 : counted) * large->value;
        section = 0;
        is_pending = false;
        ++at_;
      } else if (const auto sino = kSinoDigits.find(c);
                 sino != std::u32string_view::npos && !is_pending) {
        pending = static_cast<double>(sino);
        is_pending = true;
        ++at_;
      } else if (const auto space = static_cast<std::size_t>(c == U' ');
                 !is_pending && at_ + space < text_.size() && is_digit(text_[at_ + space])) {
        at_ += space;
        pending = digits();
        is_pending = true;
      } else {
        break;
      }
    }
    return total + section + (is_pending ? pending : 0);
  }

  void read_word() {
    const auto found = word();
    if (is_hangul_syllable(found.front())) {
      read_hangul(found);
    } else if (find(kEnglish, found) != nullptr) {
      read_english();
    } else {
      at_ += found.size();
    }
  }

  /// "twenty-five thousand and three".
  void read_english() {
    double total = 0;
    double section = 0;
    double last = 100;      // what was read before; what follows a scale is added to it
    std::size_t end = at_;  // behind the last word of the number
    while (at_ < text_.size() && is_letter_or_digit(text_[at_]) && !is_digit(text_[at_])) {
      const auto next = word();
      const auto* const number = next == U"one" ? &kOne : find(kEnglish, next);
      const auto* const scale = find(kEnglishScales, next);
      // "five thirty" are two numbers, and "twenty-five" is one.
      const bool is_added = last >= 100 || (last >= 20 && number != nullptr && number->value > 0 &&
                                            number->value < 10);
      if (number != nullptr && is_added) {
        section += number->value;
        last = number->value;
      } else if (scale != nullptr) {
        section *= scale->value;
        last = scale->value;
        if (scale->value > 100) {
          total += section;
          section = 0;
        }
      } else if (next != U"and" || last < 100) {
        break;
      }
      at_ += next.size();
      end = next == U"and" ? end : at_;
      skip_spaces(U"-");
    }
    at_ = end;
    figures_.push_back(total + section);
  }

  void read_hangul(std::u32string_view found) {
    const auto end = at_ + found.size();
    if (read_sino(found)) {
      return;
    }
    const auto* const native =
        std::find_if(kKorean.begin(), kKorean.end(),
                     [&](const NumberWord& row) { return found.starts_with(row.word); });
    if (native != kKorean.end()) {
      auto behind = text_.substr(at_ + native->word.size());
      double value = native->value;
      // 스물다섯
      const auto* const unit = std::find_if(
          kKorean.begin(), kKorean.end(),
          [&](const NumberWord& row) { return row.value < 10 && behind.starts_with(row.word); });
      if (value >= 10 && std::fmod(value, 10) == 0 && unit != kKorean.end()) {
        value += unit->value;
        behind.remove_prefix(unit->word.size());
      }
      if (behind.starts_with(U' ')) {
        behind.remove_prefix(1);
      }
      const bool counts = std::any_of(kCounters.begin(), kCounters.end(),
                                      [&](auto counter) { return behind.starts_with(counter); });
      const bool is_alone = native->word.size() > 1 && native->word.size() == found.size();
      if (counts || is_alone) {
        figures_.push_back(value);
      }
    }
    at_ = end;
  }

  /// Numerals of several syllables with a scale among them, 이십오 or 삼만; others are too often
  /// parts of words.
  bool read_sino(std::u32string_view found) {
    const auto is_numeral = [](char32_t c) {
      return kSinoDigits.find(c) != std::u32string_view::npos || is_korean_scale(c);
    };
    const auto size = static_cast<std::size_t>(
        std::find_if_not(found.begin(), found.end(), is_numeral) - found.begin());
    if (size < 2 || std::none_of(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(size),
                                 is_korean_scale)) {
      return false;
    }
    // 십오: the one before a scale is not written.
    const auto first = kSinoDigits.find(text_[at_]);
    const bool begins_with_digit = first != std::u32string_view::npos;
    at_ += begins_with_digit ? 1 : 0;
    figures_.push_back(korean(begins_with_digit ? static_cast<double>(first) : 1));
    return true;
  }

  std::u32string_view text_;
  std::size_t at_ = 0;
  std::vector<double> figures_;
};

}  // namespace

std::vector<double> figures_in(std::string_view text) {
  const auto points = code_points(fold_for_matching(repair_utf8(text)));
  const std::u32string folded(points.begin(), points.end());
  return Reader(folded).read();
}

bool is_same_figure(double a, double b) {
  return std::abs(a - b) <= 1e-9 * std::max(std::abs(a), std::abs(b));
}

}  // namespace ogam

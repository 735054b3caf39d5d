#include "core/text/spoken_numbers.h"

#include <array>
#include <cstdint>
#include <optional>

namespace ogam {
namespace {

constexpr std::size_t kMaxDigits = 16;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// A number as it is written.
struct Numeral {
  std::string digits;    // of the whole part, without commas
  std::string decimals;  // empty without a point
  bool negative = false;
  bool percent = false;
  bool ordinal = false;  // "3rd"
  std::size_t size = 0;  // bytes of all of it
};

/// What a language calls numbers.
struct Speller {
  std::string (*digit)(char);
  std::string (*whole)(std::uint64_t);
  std::string (*ordinal)(const std::string& cardinal);
  std::string_view separator;  // between words
  std::string_view minus;
  std::string_view point;
  std::string_view percent;
};

constexpr std::array<std::string_view, 20> kEnglishSmall = {
    "zero",     "one",     "two",     "three",     "four",     "five",    "six",
    "seven",    "eight",   "nine",    "ten",       "eleven",   "twelve",  "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
constexpr std::array<std::string_view, 10> kEnglishTens = {
    "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"};
constexpr std::array<std::string_view, 6> kEnglishGroups = {
    "", " thousand", " million", " billion", " trillion", " quadrillion"};

std::string english_below_thousand(std::uint64_t number) {
  std::string words;
  if (number >= 100) {
    words = std::string(kEnglishSmall[number / 100]) + " hundred";
    number %= 100;
    if (number == 0) {
      return words;
    }
    words += " and ";
  }
  if (number < 20) {
    return words + std::string(kEnglishSmall[number]);
  }
  words += kEnglishTens[number / 10];
  if (number % 10 != 0) {
    words += '-';
    words += kEnglishSmall[number % 10];
  }
  return words;
}

std::string english_whole(std::uint64_t number) {
  if (number == 0) {
    return "zero";
  }
  std::string words;
  for (std::size_t group = 0; number > 0; ++group, number /= 1000) {
    if (const auto part = number % 1000; part > 0) {
      auto spelled = english_below_thousand(part);
      spelled += kEnglishGroups[group];
      spelled += words.empty() ? "" : " ";
      words.insert(0, spelled);
    }
  }
  return words;
}

std::string english_ordinal(const std::string& cardinal) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kIrregular = {{
      {"one", "first"},
      {"two", "second"},
      {"three", "third"},
      {"five", "fifth"},
      {"eight", "eighth"},
      {"nine", "ninth"},
      {"twelve", "twelfth"},
  }};
  const auto last = cardinal.find_last_of(" -") + 1;  // 0 where there is one word
  const auto word = std::string_view(cardinal).substr(last);
  for (const auto& [from, to] : kIrregular) {
    if (word == from) {
      return cardinal.substr(0, last) + std::string(to);
    }
  }
  return cardinal.back() == 'y' ? cardinal.substr(0, cardinal.size() - 1) + "ieth"
                                : cardinal + "th";
}

constexpr std::array<std::string_view, 10> kKoreanDigits = {"영", "일", "이", "삼", "사",
                                                            "오", "육", "칠", "팔", "구"};

std::string korean_below_myriad(std::uint64_t number) {
  constexpr std::array<std::string_view, 4> kUnits = {"천", "백", "십", ""};
  std::string words;
  std::uint64_t scale = 1000;
  for (const auto unit : kUnits) {
    const auto digit = number / scale % 10;
    if (digit > 1 || (digit == 1 && unit.empty())) {
      words += kKoreanDigits[digit];
    }
    words += digit > 0 ? unit : "";
    scale /= 10;
  }
  return words;
}

std::string korean_whole(std::uint64_t number) {
  constexpr std::array<std::string_view, 4> kGroups = {"", "만", "억", "조"};
  if (number == 0) {
    return std::string(kKoreanDigits[0]);
  }
  std::string words;
  for (std::size_t group = 0; number > 0; ++group, number /= 10'000) {
    if (const auto part = number % 10'000; part > 0) {
      // Ten thousand is "만" and not "일만".
      const auto spelled = group == 1 && part == 1 ? "" : korean_below_myriad(part);
      words = spelled + std::string(kGroups[group]) + words;
    }
  }
  return words;
}

const Speller* speller_of(std::string_view language) {
  static constexpr Speller kEnglish = {
      [](char c) { return std::string(kEnglishSmall[static_cast<std::size_t>(c - '0')]); },
      &english_whole,
      &english_ordinal,
      " ",
      "minus ",
      " point ",
      " percent"};
  static constexpr Speller kKorean = {
      [](char c) { return std::string(kKoreanDigits[static_cast<std::size_t>(c - '0')]); },
      &korean_whole,
      [](const std::string& cardinal) { return cardinal; },
      "",
      "마이너스 ",
      "점 ",
      " 퍼센트"};
  if (language == "en" || language == "eng") {
    return &kEnglish;
  }
  return language == "ko" || language == "kor" ? &kKorean : nullptr;
}

/// Reads digits with commas between groups of three, as far as they are that.
void read_whole(std::string_view text, Numeral& numeral) {
  std::size_t at = 0;
  while (at < text.size() && is_digit(text[at])) {
    ++at;
  }
  numeral.digits = text.substr(0, at);
  const auto group_at = [&](std::size_t comma) {
    return comma + 3 < text.size() && text[comma] == ',' && is_digit(text[comma + 1]) &&
           is_digit(text[comma + 2]) && is_digit(text[comma + 3]) &&
           (comma + 4 == text.size() || !is_digit(text[comma + 4]));
  };
  if (at <= 3) {  // else it is no number of thousands
    for (; group_at(at); at += 4) {
      numeral.digits += text.substr(at + 1, 3);
    }
  }
  numeral.size = at;
}

/// The number at the beginning of `text`; nothing where there is none.
std::optional<Numeral> read_numeral(std::string_view text, bool may_be_negative) {
  Numeral numeral;
  const std::size_t sign = may_be_negative && text.size() > 1 && text[0] == '-' ? 1 : 0;
  if (text.size() <= sign || !is_digit(text[sign])) {
    return {};
  }
  numeral.negative = sign == 1;
  read_whole(text.substr(sign), numeral);
  std::size_t at = sign + numeral.size;
  if (at + 1 < text.size() && text[at] == '.' && is_digit(text[at + 1])) {
    for (++at; at < text.size() && is_digit(text[at]); ++at) {
      numeral.decimals += text[at];
    }
  }
  const auto rest = text.substr(at);
  if (rest.starts_with('%')) {
    numeral.percent = true;
    ++at;
  } else if (numeral.decimals.empty() && (rest.starts_with("st") || rest.starts_with("nd") ||
                                          rest.starts_with("rd") || rest.starts_with("th"))) {
    const char after = rest.size() > 2 ? rest[2] : ' ';
    numeral.ordinal = !(after >= 'a' && after <= 'z');
    at += numeral.ordinal ? 2 : 0;
  }
  numeral.size = at;
  return numeral;
}

std::string spell_digits(const std::string& digits, const Speller& speller) {
  std::string words;
  for (const char digit : digits) {
    words += words.empty() ? "" : speller.separator;
    words += speller.digit(digit);
  }
  return words;
}

std::string spell(const Numeral& numeral, const Speller& speller) {
  const auto& digits = numeral.digits;
  const bool as_digits = digits.size() > kMaxDigits || (digits.size() > 1 && digits[0] == '0');
  auto words = as_digits ? spell_digits(digits, speller) : speller.whole(std::stoull(digits));
  if (numeral.ordinal && !as_digits) {
    words = speller.ordinal(words);
  }
  if (!numeral.decimals.empty()) {
    words += std::string(speller.point) + spell_digits(numeral.decimals, speller);
  }
  return (numeral.negative ? std::string(speller.minus) : "") + words +
         (numeral.percent ? std::string(speller.percent) : "");
}

}  // namespace

bool spells_numbers(std::string_view language) { return speller_of(language) != nullptr; }

std::string spell_numbers(std::string_view text, std::string_view language) {
  const Speller* const speller = speller_of(language);
  if (speller == nullptr) {
    return std::string(text);
  }
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const bool at_word = at == 0 || text[at - 1] == ' ' || text[at - 1] == '(';
    const auto numeral = read_numeral(text.substr(at), at_word);
    if (!numeral) {
      out += text[at++];
      continue;
    }
    // A letter right beside it belongs to another word: "B12" is "B twelve".
    if (!out.empty() && ((out.back() | 0x20) >= 'a' && (out.back() | 0x20) <= 'z')) {
      out += ' ';
    }
    out += spell(*numeral, *speller);
    at += numeral->size;
    if (at < text.size() && (text[at] | 0x20) >= 'a' && (text[at] | 0x20) <= 'z') {
      out += ' ';
    }
  }
  return out;
}

}  // namespace ogam

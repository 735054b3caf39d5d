#include "core/text/character_set.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <vector>

#include "core/base/error.h"

namespace ogam {

namespace {

constexpr std::string_view kWordSet = R"(\p{Alphabetic}\p{M}\p{Nd}\p{Pc})";
constexpr std::string_view kLooseWordSet =
    R"(\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\x{B2}\x{B3}\x{B9}\x{BC}-\x{BE})";

struct Row {
  std::string_view name;  // small letters, no separators
  std::string_view set;
};

constexpr std::array kSets = {
    Row{"alnum", R"(\p{Alphabetic}\p{Nd})"},
    Row{"alpha", R"(\p{Alphabetic})"},
    Row{"alphabetic", R"(\p{Alphabetic})"},
    Row{"any", R"(\p{Any})"},
    Row{"blank", R"(\p{Zs}\t)"},
    Row{"cntrl", R"(\p{Cc})"},
    Row{"digit", R"(\p{Nd})"},
    Row{"emoji", R"(\p{Emoji})"},
    Row{"emojimodifier", R"(\p{Emoji_Modifier})"},
    Row{"emojipresentation", R"(\p{Emoji_Presentation})"},
    Row{"extendedpictographic", R"(\p{Extended_Pictographic})"},
    Row{"ideographic", R"(\p{Ideographic})"},
    Row{"lower", R"(\p{Lowercase})"},
    Row{"lowercase", R"(\p{Lowercase})"},
    Row{"punct", R"(\p{P})"},
    Row{"space", R"(\p{White_Space})"},
    Row{"upper", R"(\p{Uppercase})"},
    Row{"uppercase", R"(\p{Uppercase})"},
    Row{"whitespace", R"(\p{White_Space})"},
    Row{"word", kWordSet},
    Row{"xdigit", "0-9A-Fa-f"},
    Row{"other", R"(\p{C})"},
    Row{"control", R"(\p{Cc})"},
    Row{"format", R"(\p{Cf})"},
    Row{"unassigned", R"(\p{Cn})"},
    Row{"privateuse", R"(\p{Co})"},
    Row{"letter", R"(\p{L})"},
    Row{"casedletter", R"(\p{L&})"},
    Row{"lc", R"(\p{L&})"},
    Row{"lowercaseletter", R"(\p{Ll})"},
    Row{"modifierletter", R"(\p{Lm})"},
    Row{"otherletter", R"(\p{Lo})"},
    Row{"titlecaseletter", R"(\p{Lt})"},
    Row{"uppercaseletter", R"(\p{Lu})"},
    Row{"mark", R"(\p{M})"},
    Row{"combiningmark", R"(\p{M})"},
    Row{"spacingmark", R"(\p{Mc})"},
    Row{"enclosingmark", R"(\p{Me})"},
    Row{"nonspacingmark", R"(\p{Mn})"},
    Row{"number", R"(\p{N})"},
    Row{"decimalnumber", R"(\p{Nd})"},
    Row{"letternumber", R"(\p{Nl})"},
    Row{"othernumber", R"(\p{No})"},
    Row{"punctuation", R"(\p{P})"},
    Row{"connectorpunctuation", R"(\p{Pc})"},
    Row{"dashpunctuation", R"(\p{Pd})"},
    Row{"closepunctuation", R"(\p{Pe})"},
    Row{"finalpunctuation", R"(\p{Pf})"},
    Row{"initialpunctuation", R"(\p{Pi})"},
    Row{"otherpunctuation", R"(\p{Po})"},
    Row{"openpunctuation", R"(\p{Ps})"},
    Row{"symbol", R"(\p{S})"},
    Row{"currencysymbol", R"(\p{Sc})"},
    Row{"modifiersymbol", R"(\p{Sk})"},
    Row{"mathsymbol", R"(\p{Sm})"},
    Row{"othersymbol", R"(\p{So})"},
    Row{"separator", R"(\p{Z})"},
    Row{"lineseparator", R"(\p{Zl})"},
    Row{"paragraphseparator", R"(\p{Zp})"},
    Row{"spaceseparator", R"(\p{Zs})"},
};

/// Categories by their short names: a letter, or two.
constexpr std::array<std::string_view, 36> kCategories = {
    "c",  "cc", "cf", "cn", "co", "l",  "ll", "lm", "lo", "lt", "lu", "m",
    "mc", "me", "mn", "n",  "nd", "nl", "no", "p",  "pc", "pd", "pe", "pf",
    "pi", "po", "ps", "s",  "sc", "sk", "sm", "so", "z",  "zl", "zp", "zs"};

/// What an escaped letter stands for; its capital stands for all others.
struct Shorthand {
  char letter;
  std::string_view set;
  std::string_view set_in_brackets;
};
constexpr std::array kShorthands = {
    Shorthand{'d', R"(\p{Nd})", R"(\p{Nd})"},
    Shorthand{'h', "0-9A-Fa-f", "0-9A-Fa-f"},
    Shorthand{'s', R"(\p{White_Space})", R"(\p{White_Space})"},
    Shorthand{'w', kLooseWordSet, kWordSet},
};

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

/// What `\p{name}` and `[:name:]` stand for.
std::string property_set(const PatternReader& reader, std::string_view name) {
  std::string plain;
  for (const char c : name) {
    const bool letter = std::isalpha(static_cast<unsigned char>(c)) != 0;
    if (!letter && c != ' ' && c != '_' && c != '-') {
      reader.refuse(fmt::format("the property '{}'", name));
    }
    plain += letter ? std::string(1, lower(c)) : "";
  }
  if (std::find(kCategories.begin(), kCategories.end(), plain) != kCategories.end()) {
    plain[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(plain[0])));
    return fmt::format("\\p{{{}}}", plain);
  }
  const auto* const row =
      std::find_if(kSets.begin(), kSets.end(), [&](const Row& r) { return r.name == plain; });
  // By itself, a script's name would mean its extensions too.
  return row != kSets.end() ? std::string(row->set) : fmt::format("\\p{{sc:{}}}", plain);
}

std::string hex_escape(char32_t code_point) {
  return fmt::format("\\x{{{:X}}}", static_cast<std::uint32_t>(code_point));
}

/// The characters of a set in brackets as they are read.
class Brackets {
 public:
  Brackets(PatternReader& reader, bool ignore_case) : reader_(reader), ignore_case_(ignore_case) {}

  std::string read();

 private:
  void item();
  void posix_class();
  void range(char32_t first);
  void add(const CharacterSet& set);

  PatternReader& reader_;
  bool ignore_case_;
  std::string inside_;
  std::vector<std::string> others_;  // sets of which everything else belongs to it
};

std::string Brackets::read() {
  const bool negated = reader_.take("^");
  bool first = true;
  while (first || !reader_.take("]")) {
    item();
    first = false;
  }
  if (others_.empty()) {
    return CharacterSet{inside_, negated}.text();
  }
  std::string any = inside_.empty() ? "" : fmt::format("[{}]|", inside_);
  for (const auto& other : others_) {
    any.append("[^").append(other).append("]|");
  }
  any.pop_back();
  return fmt::format(fmt::runtime(negated ? "(?:(?!{})(?s:.))" : "(?:{})"), any);
}

void Brackets::item() {
  if (reader_.take("[:")) {
    posix_class();
  } else if (reader_.take("[")) {
    reader_.refuse("a set within a set");
  } else if (reader_.take("&&")) {
    reader_.refuse("an intersection of sets");
  } else if (!reader_.take("\\")) {
    range(reader_.take_code_point());
  } else if (reader_.take("b")) {
    range(0x08);
  } else if (const auto set = take_class(reader_, true)) {
    add(*set);
  } else if (const auto code_point = reader_.take_escaped()) {
    range(*code_point);
  } else {
    reader_.refuse(fmt::format("'\\{}' within brackets", reader_.peek()));
  }
}

void Brackets::posix_class() {
  const bool negated = reader_.take("^");
  const auto name = reader_.take_until(":]");
  if (!name) {
    reader_.refuse("a set within a set");
  }
  // As a property, the same name leaves symbols out.
  add({*name == "punct" ? R"(\p{P}\p{S})" : property_set(reader_, *name), negated});
}

/// A character, or the range that it begins.
void Brackets::range(char32_t first) {
  char32_t last = first;
  const bool is_range = reader_.peek() == '-' && !reader_.rest().starts_with("-]");
  if (is_range) {
    reader_.take("-");
    const bool escaped = reader_.take("\\");
    const auto end = escaped ? reader_.take_escaped() : reader_.take_code_point();
    if (!end || (!escaped && *end == '[') || *end < first) {
      reader_.refuse("a range that ends with a set or before it begins");
    }
    last = *end;
  }
  if (last >= 0x80 && ignore_case_) {
    reader_.refuse("ignoring the case of letters beyond ASCII");
  }
  inside_ += hex_escape(first) + (is_range ? "-" : "") + (is_range ? hex_escape(last) : "");
}

void Brackets::add(const CharacterSet& set) {
  if (ignore_case_ && is_cased(set)) {
    reader_.refuse("a property of case where case is ignored");
  }
  const bool single =
      set.inside.starts_with("\\p") && set.inside.find('}') + 1 == set.inside.size();
  if (!set.negated) {
    inside_ += set.inside;
  } else if (single) {
    inside_.append("\\P").append(set.inside, 2, std::string::npos);
  } else {
    others_.push_back(set.inside);
  }
}

}  // namespace

std::optional<CharacterSet> take_class(PatternReader& reader, bool in_brackets) {
  const char letter = reader.peek();
  if (lower(letter) == 'p') {
    reader.take_byte();
    if (!reader.take("{")) {
      reader.refuse("a property without braces");
    }
    const bool inverted = reader.take("^");
    const auto name = reader.take_until("}");
    if (!name) {
      reader.refuse("a property without its '}'");
    }
    return CharacterSet{property_set(reader, *name), (letter == 'P') != inverted};
  }
  const auto* const row =
      std::find_if(kShorthands.begin(), kShorthands.end(),
                   [&](const Shorthand& s) { return s.letter == lower(letter); });
  if (row == kShorthands.end()) {
    return std::nullopt;
  }
  reader.take_byte();
  return CharacterSet{std::string(in_brackets ? row->set_in_brackets : row->set),
                      letter != row->letter};
}

std::string take_brackets(PatternReader& reader, bool ignore_case) {
  return Brackets(reader, ignore_case).read();
}

bool is_cased(const CharacterSet& set) {
  constexpr std::array<std::string_view, 5> kCased = {R"(\p{Ll})", R"(\p{Lt})", R"(\p{Lu})",
                                                      R"(\p{Lowercase})", R"(\p{Uppercase})"};
  return std::find(kCased.begin(), kCased.end(), set.inside) != kCased.end();
}

}  // namespace ogam

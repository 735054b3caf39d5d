#include "core/text/oniguruma.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/text/character_set.h"
#include "core/text/pattern_reader.h"

namespace ogam {

namespace {

bool is_alphanumeric(char32_t c) { return c < 0x80 && std::isalnum(static_cast<int>(c)) != 0; }

class Translator {
 public:
  explicit Translator(std::string_view pattern) : reader_(pattern) {}

  std::string translate();

 private:
  struct Group {
    std::size_t begin = 0;  // in out_
    bool ignore_case = false;
    std::size_t options = 0;  // groups opened by options within this one
  };

  /// Appends what a quantifier may repeat.
  void atom(std::string_view text) {
    atom_ = out_.size();
    out_ += text;
  }
  /// Appends what no quantifier repeats.
  void anchor(std::string_view text) {
    atom_.reset();
    out_ += text;
  }
  void step();
  void open_group();
  void set_options();
  void close_group();
  void quantifier();
  bool interval();
  void repeat(const std::string& times);
  void escape();
  void literal(char32_t code_point, char letter_before);

  PatternReader reader_;
  std::string out_;
  std::vector<Group> groups_ = {{}};
  std::optional<std::size_t> atom_;  // where in out_ begins what a quantifier repeats
  char previous_letter_ = 0;         // the literal just before, where case is ignored
};

std::string Translator::translate() {
  while (!reader_.at_end()) {
    step();
  }
  if (groups_.size() != 1) {
    reader_.refuse("a group that is not closed");
  }
  out_.append(groups_.back().options, ')');
  return std::move(out_);
}

void Translator::step() {
  const char letter_before = std::exchange(previous_letter_, 0);
  if (reader_.take("\\")) {
    escape();
  } else if (reader_.take("[")) {
    atom(take_brackets(reader_, groups_.back().ignore_case));
  } else if (reader_.take("(")) {
    open_group();
  } else if (reader_.take(")")) {
    close_group();
  } else if (reader_.peek() == '*' || reader_.peek() == '+' || reader_.peek() == '?') {
    quantifier();
  } else if (reader_.peek() == '{' && interval()) {
    return;
  } else if (reader_.peek() == '|' || reader_.peek() == '^' || reader_.peek() == '$') {
    anchor(std::string(1, reader_.take_byte()));
  } else if (reader_.take(".")) {
    atom(".");
  } else {
    literal(reader_.take_code_point(), letter_before);
  }
}

void Translator::open_group() {
  constexpr std::array<std::string_view, 6> kOpenings = {"?:", "?=", "?!", "?>", "?<=", "?<!"};
  if (reader_.take("?#")) {
    if (!reader_.take_until(")")) {
      reader_.refuse("a comment that is not closed");
    }
    return;
  }
  const Group group{.begin = out_.size(), .ignore_case = groups_.back().ignore_case};
  const auto* const opening = std::find_if(kOpenings.begin(), kOpenings.end(),
                                           [&](auto text) { return reader_.take(text); });
  if (opening != kOpenings.end()) {
    anchor(fmt::format("({}", *opening));
  } else if (reader_.peek() != '?') {
    anchor("(?:");
  } else if (reader_.take("?<")) {
    if (!reader_.take_until(">")) {  // a name; nothing refers to it
      reader_.refuse("a name that is not closed");
    }
    anchor("(?:");
  } else {
    set_options();
    return;
  }
  groups_.push_back(group);
}

/// `(?i-m)` to the end of the group around it, alternatives included, or `(?i-m:` and a group.
void Translator::set_options() {
  Group group{.begin = out_.size(), .ignore_case = groups_.back().ignore_case};
  reader_.take("?");
  std::string options;
  bool on = true;
  char c = reader_.take_byte();
  for (; c != ')' && c != ':'; c = reader_.take_byte()) {
    if (c == 'i') {
      group.ignore_case = on;
      options += 'i';
    } else if (c == 'm') {
      options += 's';  // the dot takes line ends too
    } else if (c == '-' && on) {
      on = false;
      options += '-';
    } else {
      reader_.refuse(fmt::format("the option '{}'", c));
    }
  }
  anchor(fmt::format("(?{}:", options));
  if (c == ':') {
    groups_.push_back(group);
  } else {
    groups_.back().ignore_case = group.ignore_case;
    ++groups_.back().options;
  }
}

void Translator::close_group() {
  if (groups_.size() == 1) {
    reader_.refuse("a ')' without its '('");
  }
  out_.append(groups_.back().options + 1, ')');
  atom_ = groups_.back().begin;
  groups_.pop_back();
}

void Translator::quantifier() {
  std::string times(1, reader_.take_byte());
  if (reader_.peek() == '?' || reader_.peek() == '+') {
    times += reader_.take_byte();
  }
  repeat(times);
}

/// Takes `{n}`, `{n,}`, `{,m}` or `{n,m}`; what is written otherwise stands for itself.
bool Translator::interval() {
  constexpr std::size_t kMaxDigits = 5;
  const auto text = reader_.rest();
  const auto inside = text.substr(1, std::min(text.find('}'), text.size()) - 1);
  const auto comma = std::min(inside.find(','), inside.size());
  const bool fixed = comma == inside.size();
  const auto least = inside.substr(0, comma);
  const auto most = fixed ? least : inside.substr(comma + 1);
  const auto is_number = [](std::string_view digits) {
    return digits.size() <= kMaxDigits &&
           std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  if (inside.size() + 1 == text.size() || !is_number(least) || !is_number(most) ||
      (least.empty() && most.empty())) {
    return false;
  }
  if (!least.empty() && !most.empty() &&
      std::stoi(std::string(least)) > std::stoi(std::string(most))) {
    reader_.refuse("an interval that ends before it begins");
  }
  reader_.take_until("}");
  auto times = fixed ? fmt::format("{{{}}}", least)
                     : fmt::format("{{{},{}}}", least.empty() ? "0" : least, most);
  const bool lazy = !fixed && reader_.take("?");
  if (!lazy && atom_ && (reader_.peek() == '+' || reader_.peek() == '?')) {
    // Not possessive and not lazy: what is repeated so often occurs often itself, or may be absent.
    out_.insert(*atom_, "(?:");
    times += ')';
    times += reader_.take_byte();
  }
  repeat(times + (lazy ? "?" : ""));
  return true;
}

void Translator::repeat(const std::string& times) {
  if (!atom_) {
    reader_.refuse("a quantifier with nothing to repeat");
  }
  anchor(times);
  constexpr std::string_view kQuantifiers = "*+?{";
  if (!reader_.at_end() && kQuantifiers.find(reader_.peek()) != std::string_view::npos) {
    reader_.refuse("a quantifier of a quantifier");
  }
}

void Translator::escape() {
  const char c = reader_.peek();
  if (const auto set = take_class(reader_, false)) {
    if (groups_.back().ignore_case && is_cased(*set)) {
      reader_.refuse("a property of case where case is ignored");
    }
    atom(set->text());
  } else if (const auto code_point = reader_.take_escaped()) {
    literal(*code_point, 0);
  } else if (reader_.take("b") || reader_.take("B")) {
    PatternReader word("w");
    anchor(fmt::format("(?:(?<={0})(?{1}{0})|(?<!{0})(?{2}{0}))", take_class(word, false)->text(),
                       c == 'b' ? "!" : "=", c == 'b' ? "=" : "!"));
  } else if (reader_.take("A") || reader_.take("z") || reader_.take("Z")) {
    anchor(fmt::format("\\{}", c));
  } else if (reader_.take("R") || reader_.take("N")) {
    atom(fmt::format("\\{}", c));
  } else if (reader_.take("O")) {
    atom("(?s:.)");
  } else {
    reader_.refuse(fmt::format("'\\{}'", c));
  }
}

void Translator::literal(char32_t code_point, char letter_before) {
  if (groups_.back().ignore_case) {
    // One character may fold to several of them, which PCRE2 does not do.
    constexpr std::array<std::string_view, 5> kLigatures = {"ff", "fi", "fl", "ss", "st"};
    previous_letter_ =
        code_point < 0x80 ? static_cast<char>(std::tolower(static_cast<int>(code_point))) : '\0';
    const std::array<char, 2> pair = {letter_before, previous_letter_};
    if (code_point >= 0x80 || std::find(kLigatures.begin(), kLigatures.end(),
                                        std::string_view(pair.data(), 2)) != kLigatures.end()) {
      reader_.refuse("ignoring the case of letters beyond ASCII, or of ff, fi, fl, ss and st");
    }
  }
  atom(is_alphanumeric(code_point)
           ? std::string(1, static_cast<char>(code_point))
           : fmt::format("\\x{{{:X}}}", static_cast<std::uint32_t>(code_point)));
}

}  // namespace

std::string oniguruma_to_pcre(std::string_view pattern) { return Translator(pattern).translate(); }

}  // namespace ogam

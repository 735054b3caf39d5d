#include "core/text/pre_tokenizers.h"

#include <array>
#include <memory>
#include <utility>

#include "core/base/error.h"
#include "core/text/byte_alphabet.h"
#include "core/text/component_json.h"
#include "core/text/oniguruma.h"
#include "core/text/unicode.h"
#include "core/text/word_splitting.h"

namespace ogam {

namespace {

using Step = PreTokenizer::Step;

/// GPT-2's split into words, each with the space before it. Source: Radford et al. 2019.
constexpr const char* kWordPattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

Step step_of(SplitRule rule) {
  return [rule = std::move(rule)](SplitText& text) { split_words(text, rule); };
}

SplitRule rule_of(Regex regex, SplitBehavior behavior, bool invert) {
  const auto shared = std::make_shared<const Regex>(std::move(regex));
  return {[shared](std::string_view word) { return shared->find_all(word); }, behavior, invert};
}

/// Every character of a kind is a match.
template <typename IsKind>
SplitRule rule_of_characters(IsKind is_kind, SplitBehavior behavior) {
  const auto find = [is_kind](std::string_view word) {
    std::vector<Regex::Match> matches;
    for (std::size_t begin = 0; begin < word.size();) {
      const auto character = first_character(word.substr(begin));
      if (is_kind(character.code_point)) {
        matches.push_back({begin, begin + character.size});
      }
      begin += character.size;
    }
    return matches;
  };
  return {find, behavior, false};
}

/// Runs of word characters, and runs of what is neither these nor white space.
std::vector<Regex::Match> find_runs(std::string_view word) {
  enum class Kind { space, letter, other };
  std::vector<Regex::Match> runs;
  auto previous = Kind::space;
  for (std::size_t begin = 0; begin < word.size();) {
    const auto [c, size] = first_character(word.substr(begin));
    const auto kind = is_word_character(c) ? Kind::letter
                      : is_white_space(c)  ? Kind::space
                                           : Kind::other;
    if (kind != Kind::space && kind == previous) {
      runs.back().end += size;
    } else if (kind != Kind::space) {
      runs.push_back({begin, begin + size});
    }
    previous = kind;
    begin += size;
  }
  return runs;
}

Step read_byte_level(ComponentJson& json) {
  json.ignore({"trim_offsets"});
  const bool add_prefix_space = json.value<bool>("add_prefix_space");
  const auto split =
      json.value_or<bool>("use_regex", true)
          ? step_of(rule_of(Regex(oniguruma_to_pcre(kWordPattern)), SplitBehavior::isolated, false))
          : Step([](SplitText&) {});
  return [=](SplitText& text) {
    if (add_prefix_space) {
      rewrite_words(
          text, [](std::string_view word, bool) { return word.starts_with(' ') ? "" : " "; },
          [](std::string_view character, std::string& out) { out += character; });
    }
    split(text);
    rewrite_words(
        text, [](std::string_view, bool) { return ""; }, &append_byte_symbols);
  };
}

Step read_whitespace(ComponentJson&) { return step_of({&find_runs, SplitBehavior::removed, true}); }

Step read_whitespace_split(ComponentJson&) {
  return step_of(rule_of_characters(&is_white_space, SplitBehavior::removed));
}

Step read_bert(ComponentJson&) {
  const auto spaces = step_of(rule_of_characters(&is_white_space, SplitBehavior::removed));
  const auto signs = step_of(rule_of_characters(&is_punctuation, SplitBehavior::isolated));
  return [=](SplitText& text) {
    spaces(text);
    signs(text);
  };
}

enum class PrependScheme { first, never, always };

PrependScheme read_prepend_scheme(ComponentJson& json) {
  const auto name = json.value_or<std::string>("prepend_scheme", "always");
  // Older files say whether; newer ones say where.
  const bool prepends = json.value_or<bool>("add_prefix_space", true);
  require(name == "first" || name == "never" || name == "always", ErrorCode::unsupported,
          "{}: the prepend_scheme '{}' is not implemented", json.origin(), name);
  require(prepends || name == "never" || json.part("prepend_scheme").is_null(),
          ErrorCode::corrupt_data, "{}: add_prefix_space is false, and prepend_scheme is '{}'",
          json.origin(), name);
  return !prepends || name == "never" ? PrependScheme::never
         : name == "first"            ? PrependScheme::first
                                      : PrependScheme::always;
}

Step read_metaspace(ComponentJson& json) {
  json.ignore({"str_rep"});
  const char32_t mark = json.character("replacement");
  std::string replacement;
  append_utf8(mark, replacement);
  const auto scheme = read_prepend_scheme(json);
  const auto split = json.value_or<bool>("split", true)
                         ? step_of(rule_of_characters([mark](char32_t c) { return c == mark; },
                                                      SplitBehavior::merged_with_next))
                         : Step([](SplitText&) {});
  return [=](SplitText& text) {
    rewrite_words(
        text,
        [&](std::string_view word, bool first) {
          const bool wanted =
              scheme == PrependScheme::always || (scheme == PrependScheme::first && first);
          const bool there = word.starts_with(' ') || word.starts_with(replacement);
          return wanted && !there ? replacement : std::string();
        },
        [&](std::string_view character, std::string& out) {
          out += character == " " ? replacement : character;
        });
    split(text);
  };
}

Step read_split(ComponentJson& json) {
  auto regex = json.pattern("pattern");
  const auto behavior = parse_split_behavior(json.value<std::string>("behavior"), json.origin());
  return step_of(rule_of(std::move(regex), behavior, json.value<bool>("invert")));
}

Step read_punctuation(ComponentJson& json) {
  const auto behavior =
      parse_split_behavior(json.value_or<std::string>("behavior", "Isolated"), json.origin());
  return step_of(rule_of_characters(&is_punctuation, behavior));
}

Step read_digits(ComponentJson& json) {
  const bool individual = json.value<bool>("individual_digits");
  return step_of(rule_of_characters(
      &is_number, individual ? SplitBehavior::isolated : SplitBehavior::contiguous));
}

Step read_char_delimiter(ComponentJson& json) {
  const char32_t delimiter = json.character("delimiter");
  return step_of(rule_of_characters([delimiter](char32_t c) { return c == delimiter; },
                                    SplitBehavior::removed));
}

constexpr std::array kPreTokenizers = {
    ComponentRow<Step>{"BertPreTokenizer", &read_bert},
    ComponentRow<Step>{"ByteLevel", &read_byte_level},
    ComponentRow<Step>{"CharDelimiterSplit", &read_char_delimiter},
    ComponentRow<Step>{"Digits", &read_digits},
    ComponentRow<Step>{"Metaspace", &read_metaspace},
    ComponentRow<Step>{"Punctuation", &read_punctuation},
    ComponentRow<Step>{"Split", &read_split},
    ComponentRow<Step>{"Whitespace", &read_whitespace},
    ComponentRow<Step>{"WhitespaceSplit", &read_whitespace_split},
};

}  // namespace

PreTokenizer::PreTokenizer(const SortedJson& json, const std::string& origin) {
  if (!json.is_null()) {
    ComponentJson component(json, "pre-tokenizer", origin);
    steps_ = read_components<Step>(component, "pretokenizers", kPreTokenizers);
  }
}

SplitText PreTokenizer::split(NormalizedText text) const {
  SplitText result{std::move(text), {}};
  if (!result.whole.text.empty()) {
    result.words.push_back({0, result.whole.text.size()});
  }
  for (const auto& step : steps_) {
    step(result);
  }
  return result;
}

}  // namespace ogam

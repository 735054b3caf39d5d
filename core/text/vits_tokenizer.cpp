#include "core/text/vits_tokenizer.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/text/hangul_romanization.h"
#include "core/text/unicode.h"

namespace ogam {
namespace {

constexpr std::int64_t kBlank = 0;

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x80; });
}

/// Romanian is trained with the cedilla where people write the comma.
std::string with_trained_letters(std::string text, const std::string& language) {
  constexpr std::string_view kComma = "ț";
  constexpr std::string_view kCedilla = "ţ";
  for (auto at = text.find(kComma); language == "ron" && at != std::string::npos;
       at = text.find(kComma, at + kCedilla.size())) {
    text.replace(at, kComma.size(), kCedilla);
  }
  return text;
}

bool is_space(char32_t c) { return is_white_space(c); }

}  // namespace

VitsTokenizer::VitsTokenizer(const std::filesystem::path& folder)
    : symbols_(folder / "vocab.json") {
  const auto file = folder / "tokenizer_config.json";
  const auto origin = display_path(file);
  const auto config = read_json_file(file);
  const auto kind = json_value_or<std::string>(config, "tokenizer_class", origin, "VitsTokenizer");
  require(kind == "VitsTokenizer", ErrorCode::unsupported,
          "{}: \"tokenizer_class\" is '{}', expected VitsTokenizer", origin, display_path(kind));
  language_ = json_value_or<std::string>(config, "language", origin, "");
  add_blank_ = json_value_or<bool>(config, "add_blank", origin, true);
  romanizes_ = json_value_or<bool>(config, "is_uroman", origin, false);
  require(json_value_or<bool>(config, "normalize", origin, true), ErrorCode::unsupported,
          "{}: \"normalize\" is false; only voices that take normalised text are implemented",
          origin);
  require(!json_value_or<bool>(config, "phonemize", origin, true), ErrorCode::unsupported,
          "{}: \"phonemize\" is true; of voices that take phonemes only Piper's are implemented",
          origin);
  require(!romanizes_ || language_ == "kor" || language_.empty(), ErrorCode::unsupported,
          "{}: this voice needs its language '{}' romanised with uroman, of which only Hangul is "
          "implemented; take a voice whose tokenizer_config.json has \"is_uroman\": false",
          origin, display_path(language_));
  // The pad token is split off before blanks are set, so none stands before or behind it.
  const auto pad = json_value_or<std::string>(config, "pad_token", origin, "<pad>");
  if (is_valid_utf8(pad) && code_points(pad).size() == 1) {
    pad_ = code_points(pad)[0];
  }
}

bool VitsTokenizer::knows_digits() const { return symbols_.contains(U'1'); }

/// In lower case where the voice does not know the capital.
std::string VitsTokenizer::lower_case(std::string_view text) const {
  std::string lower;
  for (const auto c : code_points(text)) {
    if (symbols_.contains(c)) {
      append_utf8(c, lower);
    } else {
      append_lower_case(c, lower);
    }
  }
  return lower;
}

SpokenIds VitsTokenizer::encode(std::string_view text) const {
  auto prepared = with_trained_letters(lower_case(repair_utf8(text)), language_);
  if (romanizes_ && !is_ascii(prepared)) {
    prepared = romanize_hangul(prepared);
  }
  SpokenIds spoken;
  std::vector<char32_t> known;
  for (const auto c : code_points(prepared)) {
    if (symbols_.contains(c)) {
      known.push_back(c);
    } else if (is_letter_or_digit(c)) {
      note_left_out(c, spoken);
    }
  }
  const auto first = std::find_if_not(known.begin(), known.end(), is_space);
  const auto last = std::find_if_not(known.rbegin(), std::make_reverse_iterator(first), is_space);
  bool blank_before = false;  // whether a blank stands at the end of what is there
  for (auto c = first; c != last.base(); ++c) {
    const bool plain = add_blank_ && *c != pad_;
    if (plain && !blank_before) {
      spoken.ids.push_back(kBlank);
    }
    spoken.ids.push_back(*symbols_.find(*c));
    if (plain) {
      spoken.ids.push_back(kBlank);
    }
    blank_before = plain;
  }
  return spoken;
}

}  // namespace ogam

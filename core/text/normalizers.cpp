#include "core/text/normalizers.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "core/base/error.h"
#include "core/text/byte_alphabet.h"
#include "core/text/component_json.h"
#include "core/text/precompiled_charsmap.h"
#include "core/text/text_limits.h"
#include "core/text/unicode.h"

namespace ogam {

namespace {

using Step = Normalizer::Step;

/// Rewrites each character by itself: `rewrite(code point, bytes, out)` appends what becomes of it.
template <typename Rewrite>
void rewrite_characters(NormalizedText& text, const Rewrite& rewrite) {
  std::string out;
  out.reserve(text.text.size());
  std::size_t head = 0;
  const std::string_view all = text.text;
  for (std::size_t begin = 0; begin < all.size();) {
    const auto character = first_character(all.substr(begin));
    rewrite(character.code_point, all.substr(begin, character.size), out);
    head = begin < text.head ? out.size() : head;
    begin += character.size;
  }
  text = {std::move(out), head};
}

template <typename Keep>
void keep_characters(NormalizedText& text, const Keep& keep) {
  rewrite_characters(text, [&](char32_t c, std::string_view bytes, std::string& out) {
    if (keep(c)) {
      out += bytes;
    }
  });
}

void lower_case(NormalizedText& text) {
  rewrite_characters(
      text, [](char32_t c, std::string_view, std::string& out) { append_lower_case(c, out); });
}

void normalize_to(NormalizedText& text, NormalizationForm form) {
  auto normalized = normalize(text.text, form);
  // The first character may have taken marks in: they are part of it now.
  auto head = std::min(normalize(text.text.substr(0, text.head), form).size(), normalized.size());
  while (head < normalized.size() &&
         (static_cast<unsigned char>(normalized[head]) & 0xC0) == 0x80) {
    ++head;
  }
  text = {std::move(normalized), head};
}

template <NormalizationForm form>
Step read_form(ComponentJson&) {
  return [](NormalizedText& text) { normalize_to(text, form); };
}

Step read_lower_case(ComponentJson&) { return &lower_case; }

Step read_strip(ComponentJson& json) {
  const bool left = json.value<bool>("strip_left");
  const bool right = json.value<bool>("strip_right");
  return [=](NormalizedText& text) {
    std::string_view rest = text.text;
    while (left && !rest.empty() && is_white_space(first_character(rest).code_point)) {
      rest.remove_prefix(first_character(rest).size);
    }
    const auto removed = text.text.size() - rest.size();
    while (right && !rest.empty() && is_white_space(last_character(rest).code_point)) {
      rest.remove_suffix(last_character(rest).size);
    }
    const auto head = text.head - std::min(text.head, removed);
    text = {std::string(rest), std::min(head, rest.size())};
  };
}

Step read_strip_accents(ComponentJson&) {
  return
      [](NormalizedText& text) { keep_characters(text, [](char32_t c) { return !is_mark(c); }); };
}

/// BERT's idea of a Chinese character: most blocks of CJK ideographs.
bool is_chinese(char32_t c) {
  constexpr std::array<std::pair<char32_t, char32_t>, 8> kRanges = {{{0x4E00, 0x9FFF},
                                                                     {0x3400, 0x4DBF},
                                                                     {0x20000, 0x2A6DF},
                                                                     {0x2A700, 0x2B73F},
                                                                     {0x2B740, 0x2B81F},
                                                                     {0x2B920, 0x2CEAF},
                                                                     {0xF900, 0xFAFF},
                                                                     {0x2F800, 0x2FA1F}}};
  return std::any_of(kRanges.begin(), kRanges.end(),
                     [c](const auto& range) { return c >= range.first && c <= range.second; });
}

void clean_text(NormalizedText& text) {
  constexpr char32_t kReplacementCharacter = 0xFFFD;
  rewrite_characters(text, [](char32_t c, std::string_view bytes, std::string& out) {
    const bool line_space = c == '\t' || c == '\n' || c == '\r';
    if (line_space || (is_white_space(c) && !is_control(c))) {
      out += ' ';
    } else if (c != kReplacementCharacter && !is_control(c)) {
      out += bytes;
    }
  });
}

Step read_bert(ComponentJson& json) {
  const bool clean = json.value<bool>("clean_text");
  const bool chinese = json.value<bool>("handle_chinese_chars");
  const bool lower = json.value<bool>("lowercase");
  const bool accents = json.value_or<bool>("strip_accents", lower);
  return [=](NormalizedText& text) {
    if (clean) {
      clean_text(text);
    }
    if (chinese) {
      rewrite_characters(text, [](char32_t c, std::string_view bytes, std::string& out) {
        const char* const around = is_chinese(c) ? " " : "";
        out.append(around).append(bytes).append(around);
      });
    }
    if (accents) {
      normalize_to(text, NormalizationForm::nfd);
      keep_characters(text, [](char32_t c) { return !is_nonspacing_mark(c); });
    }
    if (lower) {
      lower_case(text);
    }
  };
}

Step read_replace(ComponentJson& json) {
  const auto regex = std::make_shared<const Regex>(json.pattern("pattern"));
  return [regex, content = json.value<std::string>("content")](NormalizedText& text) {
    if (text.text.empty()) {
      return;
    }
    std::string out;
    std::size_t done = 0;
    std::size_t head = 0;
    const auto keep = [&](std::size_t end) {
      out.append(text.text, done, end - done);
      head += std::min(end, text.head) - std::min(done, text.head);
    };
    for (const auto& match : regex->find_all(text.text)) {
      keep(match.begin);
      out += content;
      require_text_fits(out.size());
      // What is put in stems from the last character that is taken out.
      const bool in_head = match.end == 0 ? text.head > 0 : match.end <= text.head;
      head += in_head ? content.size() : 0;
      done = match.end;
    }
    keep(text.text.size());
    text = {std::move(out), head};
  };
}

Step read_prepend(ComponentJson& json) {
  return [prefix = json.value<std::string>("prepend")](NormalizedText& text) {
    if (!text.text.empty()) {
      text.text.insert(0, prefix);
      text.head += text.head > 0 ? prefix.size() : 0;
    }
  };
}

Step read_precompiled(ComponentJson& json) {
  const auto charsmap = std::make_shared<const PrecompiledCharsmap>(
      json.value<std::string>("precompiled_charsmap"), json.origin());
  return [charsmap](NormalizedText& text) { charsmap->apply(text); };
}

/// SentencePiece's rules for machine translation: control characters go, odd spaces become plain.
Step read_nmt(ComponentJson&) {
  return [](NormalizedText& text) {
    rewrite_characters(text, [](char32_t c, std::string_view bytes, std::string& out) {
      const bool removed = (c >= 0x01 && c <= 0x08) || c == 0x0B || (c >= 0x0E && c <= 0x1F) ||
                           c == 0x7F || c == 0x8F || c == 0x9F;
      const bool space = c == 0x09 || c == 0x0A || c == 0x0C || c == 0x0D || c == 0x1680 ||
                         (c >= 0x200B && c <= 0x200F) || c == 0x2028 || c == 0x2029 ||
                         c == 0x2581 || c == 0xFEFF || c == 0xFFFD;
      if (!removed) {
        out += space ? " " : bytes;
      }
    });
  };
}

Step read_byte_level(ComponentJson&) {
  return [](NormalizedText& text) {
    rewrite_characters(text, [](char32_t, std::string_view bytes, std::string& out) {
      append_byte_symbols(bytes, out);
    });
  };
}

constexpr std::array kNormalizers = {
    ComponentRow<Step>{"BertNormalizer", &read_bert},
    ComponentRow<Step>{"ByteLevel", &read_byte_level},
    ComponentRow<Step>{"Lowercase", &read_lower_case},
    ComponentRow<Step>{"NFC", &read_form<NormalizationForm::nfc>},
    ComponentRow<Step>{"NFD", &read_form<NormalizationForm::nfd>},
    ComponentRow<Step>{"NFKC", &read_form<NormalizationForm::nfkc>},
    ComponentRow<Step>{"NFKD", &read_form<NormalizationForm::nfkd>},
    ComponentRow<Step>{"Nmt", &read_nmt},
    ComponentRow<Step>{"Precompiled", &read_precompiled},
    ComponentRow<Step>{"Prepend", &read_prepend},
    ComponentRow<Step>{"Replace", &read_replace},
    ComponentRow<Step>{"Strip", &read_strip},
    ComponentRow<Step>{"StripAccents", &read_strip_accents},
};

}  // namespace

Normalizer::Normalizer(const SortedJson& json, const std::string& origin) {
  if (!json.is_null()) {
    ComponentJson component(json, "normalizer", origin);
    steps_ = read_components<Step>(component, "normalizers", kNormalizers);
  }
}

void Normalizer::apply(NormalizedText& text) const {
  for (const auto& step : steps_) {
    step(text);
    require_text_fits(text.text.size());
  }
}

}  // namespace ogam

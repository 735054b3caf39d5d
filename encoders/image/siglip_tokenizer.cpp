#include "encoders/image/siglip_tokenizer.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/text/unicode.h"

namespace ogam {

namespace {

/// What a tokenizer class of the reference takes for granted where its file is silent.
struct Kind {
  std::string_view tokenizer_class;
  bool is_sentencepiece;
  bool lowers;  // letters of a text
  const char* pad_token;
  const char* padding_side;
};

constexpr std::array kKinds = {
    Kind{"SiglipTokenizer", true, true, "</s>", "right"},
    Kind{"Siglip2Tokenizer", false, true, "<pad>", "left"},
    Kind{"GemmaTokenizer", false, false, "<pad>", "left"},
};

/// The row of a class; older files name the same classes with "Fast" at the end.
const Kind& find_kind(std::string name, const std::string& origin) {
  constexpr std::string_view kFast = "Fast";
  if (name.ends_with(kFast)) {
    name.resize(name.size() - kFast.size());
  }
  const auto* const kind = std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& candidate) {
    return candidate.tokenizer_class == name;
  });
  std::array<std::string_view, kKinds.size()> known;
  std::transform(kKinds.begin(), kKinds.end(), known.begin(),
                 [](const Kind& candidate) { return candidate.tokenizer_class; });
  require(kind != kKinds.end(), ErrorCode::unsupported,
          "{}: \"tokenizer_class\" is {}; there are: {}", origin, name, fmt::join(known, ", "));
  return *kind;
}

/// A special token is written as its text, or as an object that holds it.
std::string token_text(const Json& config, const std::string& key, const std::string& origin,
                       const char* fallback) {
  const auto found = config.find(key);
  return found != config.end() && found->is_object()
             ? json_value<std::string>(*found, "content", origin)
             : json_value_or<std::string>(config, key, origin, fallback);
}

/// White space as Python's str.isspace sees it, which counts the separators of ASCII.
bool is_space(char32_t code_point) {
  constexpr char32_t kFirstSeparator = 0x1c;
  constexpr char32_t kLastSeparator = 0x1f;
  return is_white_space(code_point) ||
         (code_point >= kFirstSeparator && code_point <= kLastSeparator);
}

bool is_ascii_punctuation(char32_t code_point) {
  constexpr char32_t kAsciiEnd = 0x80;
  return code_point < kAsciiEnd && std::ispunct(static_cast<int>(code_point)) != 0;
}

std::string in_lower_case(std::string_view text) {
  std::string lower;
  for (const auto code_point : code_points(text)) {
    append_lower_case(code_point, lower);
  }
  return lower;
}

}  // namespace

std::string canonical_text(std::string_view text, bool lower_case) {
  constexpr char32_t kBlankOfPieces = U'\u2581';  // as SentencePiece writes a blank
  std::string canonical;
  bool blank = false;
  for (const auto code_point : code_points(text)) {
    if (is_space(code_point) || code_point == kBlankOfPieces) {
      blank = true;
    } else if (!is_ascii_punctuation(code_point)) {
      if (blank && !canonical.empty()) {
        canonical.push_back(' ');
      }
      blank = false;
      append_utf8(code_point, canonical);
    }
  }
  return lower_case ? in_lower_case(canonical) : canonical;
}

SiglipTokenizer::SiglipTokenizer(const std::filesystem::path& folder,
                                 const std::string& model_type) {
  const auto path = folder / "tokenizer_config.json";
  const auto origin = display_path(path);
  const auto config = read_json_file(path);
  require(config.is_object(), ErrorCode::corrupt_data, "{} must hold an object", origin);
  const auto& kind = model_type == "siglip2"
                         ? find_kind("Siglip2Tokenizer", origin)
                         : find_kind(json_value_or<std::string>(config, "tokenizer_class", origin,
                                                                "SiglipTokenizer"),
                                     origin);
  if (kind.is_sentencepiece) {
    pieces_.emplace(folder / "spiece.model");
    lower_case_ = json_value_or(config, "do_lower_case", origin, kind.lowers);
    end_id_ = token_id(token_text(config, "eos_token", origin, "</s>"));
  } else {
    words_.emplace(folder);
    // A file that lowers letters itself knows which tokens to leave alone while it does.
    const std::string capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    lower_case_ =
        kind.lowers && words_->encode(capitals) != words_->encode(in_lower_case(capitals));
  }
  const auto side = json_value_or<std::string>(config, "padding_side", origin, kind.padding_side);
  require(side == "left" || side == "right", ErrorCode::corrupt_data,
          "{}: \"padding_side\" is '{}', expected left or right", origin, side);
  pads_left_ = side == "left";
  pad_id_ = token_id(token_text(config, "pad_token", origin, kind.pad_token));
}

std::int32_t SiglipTokenizer::token_id(const std::string& token) const {
  const auto id = pieces_ ? pieces_->token_id(token) : words_->token_id(token);
  require(id.has_value(), ErrorCode::corrupt_data, "the tokenizer has no token '{}'", token);
  return *id;
}

std::vector<std::int32_t> SiglipTokenizer::unpadded(std::string_view text,
                                                    std::size_t length) const {
  const auto repaired = repair_utf8(text);
  if (words_) {
    return words_->encode(lower_case_ ? in_lower_case(repaired) : repaired, {.max_tokens = length});
  }
  auto ids = pieces_->encode(canonical_text(repaired, lower_case_));
  ids.resize(std::min(ids.size(), length - 1));
  ids.push_back(end_id_);
  return ids;
}

std::vector<std::int64_t> SiglipTokenizer::encode(std::string_view text, std::size_t length) const {
  const auto ids = unpadded(text, length);
  std::vector<std::int64_t> padded(length, pad_id_);
  std::copy(ids.begin(), ids.end(), padded.begin() + (pads_left_ ? length - ids.size() : 0));
  return padded;
}

}  // namespace ogam

#include "core/text/tokenizer_decoders.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>

#include "core/base/error.h"
#include "core/text/byte_alphabet.h"
#include "core/text/component_json.h"
#include "core/text/text_limits.h"
#include "core/text/unicode.h"

namespace ogam {

namespace {

using Tokens = std::vector<std::string>;
using Step = DecoderChain::Step;

std::string join(const Tokens& tokens, std::string_view separator) {
  std::string text;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    text.append(i > 0 ? separator : "").append(tokens[i]);
    require_text_fits(text.size());
  }
  return text;
}

std::size_t bytes_of(const Tokens& tokens) {
  return std::accumulate(tokens.begin(), tokens.end(), std::size_t{0},
                         [](std::size_t sum, const auto& token) { return sum + token.size(); });
}

/// `text` with every `old` replaced, from left to right; an empty `old` replaces nothing.
std::string replace_all(std::string_view text, std::string_view old, std::string_view with) {
  std::string out;
  while (!old.empty()) {
    const auto found = text.find(old);
    if (found == std::string_view::npos) {
      break;
    }
    out.append(text.substr(0, found)).append(with);
    text.remove_prefix(found + old.size());
  }
  return out.append(text);
}

Step read_byte_level(ComponentJson& json) {
  json.ignore({"add_prefix_space", "trim_offsets", "use_regex"});
  return [](Tokens& tokens) {
    std::string bytes;
    for (const auto& token : tokens) {
      bytes += bytes_of_token(token).value_or(token);
    }
    tokens = {std::move(bytes)};
  };
}

/// Takes away the spaces that English is written without.
std::string clean_up(std::string text) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kRules = {
      {{" .", "."},
       {" ?", "?"},
       {" !", "!"},
       {" ,", ","},
       {" ' ", "'"},
       {" n't", "n't"},
       {" 'm", "'m"},
       {" do not", " don't"},
       {" 's", "'s"},
       {" 've", "'ve"},
       {" 're", "'re"}}};
  for (const auto& [spaced, plain] : kRules) {
    text = replace_all(text, spaced, plain);
  }
  return text;
}

Step read_word_piece(ComponentJson& json) {
  const auto prefix = json.value<std::string>("prefix");
  const bool cleanup = json.value<bool>("cleanup");
  return [=](Tokens& tokens) {
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      auto& token = tokens[i];
      if (i > 0) {
        token = token.starts_with(prefix) ? token.substr(prefix.size()) : fmt::format(" {}", token);
      }
      token = cleanup ? clean_up(std::move(token)) : std::move(token);
    }
  };
}

Step read_metaspace(ComponentJson& json) {
  json.ignore({"str_rep", "split"});
  std::string mark;
  append_utf8(json.character("replacement"), mark);
  const bool prepended = json.value_or<std::string>("prepend_scheme", "always") != "never" &&
                         json.value_or<bool>("add_prefix_space", true);
  return [=](Tokens& tokens) {
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      tokens[i] = replace_all(tokens[i], mark, i == 0 && prepended ? "" : " ");
    }
  };
}

Step read_bpe(ComponentJson& json) {
  const auto suffix = json.value<std::string>("suffix");
  return [=](Tokens& tokens) {
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      tokens[i] = replace_all(tokens[i], suffix, i + 1 == tokens.size() ? "" : " ");
    }
  };
}

/// The byte that a token <0x0A> stands for.
std::optional<char> byte_of(const std::string& token) {
  constexpr std::size_t kLength = 6;
  constexpr int kHexadecimal = 16;
  const auto is_digit = [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; };
  if (token.size() != kLength || !token.starts_with("<0x") || token.back() != '>' ||
      !is_digit(token[3]) || !is_digit(token[4])) {
    return std::nullopt;
  }
  return static_cast<char>(std::stoi(token.substr(3, 2), nullptr, kHexadecimal));
}

Step read_byte_fallback(ComponentJson&) {
  return [](Tokens& tokens) {
    Tokens out;
    std::string bytes;
    const auto flush = [&] {
      if (!bytes.empty() && is_valid_utf8(bytes)) {
        out.push_back(bytes);
      } else {
        out.insert(out.end(), bytes.size(), "\xEF\xBF\xBD");  // U+FFFD
      }
      bytes.clear();
    };
    for (auto& token : tokens) {
      if (const auto byte = byte_of(token)) {
        bytes += *byte;
        continue;
      }
      flush();
      out.push_back(std::move(token));
    }
    flush();
    tokens = std::move(out);
  };
}

Step read_fuse(ComponentJson&) {
  return [](Tokens& tokens) { tokens = {join(tokens, "")}; };
}

Step read_strip(ComponentJson& json) {
  std::string content;
  append_utf8(json.character("content"), content);
  const auto start = json.value<std::size_t>("start");
  const auto stop = json.value<std::size_t>("stop");
  return [=](Tokens& tokens) {
    for (auto& token : tokens) {
      std::string_view rest = token;
      for (std::size_t i = 0; i < start && rest.starts_with(content); ++i) {
        rest.remove_prefix(content.size());
      }
      for (std::size_t i = 0; i < stop && rest.ends_with(content); ++i) {
        rest.remove_suffix(content.size());
      }
      token = std::string(rest);
    }
  };
}

Step read_replace(ComponentJson& json) {
  const auto regex = std::make_shared<const Regex>(json.pattern("pattern"));
  return [regex, content = json.value<std::string>("content")](Tokens& tokens) {
    for (auto& token : tokens) {
      std::string out;
      std::size_t done = 0;
      const auto matches = token.empty() ? std::vector<Regex::Match>() : regex->find_all(token);
      for (const auto& match : matches) {
        out.append(token, done, match.begin - done).append(content);
        require_text_fits(out.size());
        done = match.end;
      }
      token = out.append(token, done, std::string::npos);
    }
  };
}

constexpr std::array kDecoders = {
    ComponentRow<Step>{"BPEDecoder", &read_bpe},
    ComponentRow<Step>{"ByteFallback", &read_byte_fallback},
    ComponentRow<Step>{"ByteLevel", &read_byte_level},
    ComponentRow<Step>{"Fuse", &read_fuse},
    ComponentRow<Step>{"Metaspace", &read_metaspace},
    ComponentRow<Step>{"Replace", &read_replace},
    ComponentRow<Step>{"Strip", &read_strip},
    ComponentRow<Step>{"WordPiece", &read_word_piece},
};

}  // namespace

DecoderChain::DecoderChain(const SortedJson& json, const std::string& origin) {
  if (!json.is_null()) {
    ComponentJson component(json, "decoder", origin);
    steps_ = read_components<Step>(component, "decoders", kDecoders);
    present_ = true;
  }
}

std::string DecoderChain::decode(std::vector<std::string> tokens) const {
  if (!present_) {
    return join(tokens, " ");
  }
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    if (i > 0) {
      // Bytes that make no character are not for the next step to see.
      std::transform(tokens.begin(), tokens.end(), tokens.begin(), &repair_utf8);
    }
    steps_[i](tokens);
    require_text_fits(bytes_of(tokens));
  }
  return join(tokens, "");
}

}  // namespace ogam

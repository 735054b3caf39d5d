#include "decoders/text/text_stream.h"

#include <algorithm>
#include <span>
#include <utility>

#include "core/base/error.h"
#include "core/text/unicode.h"

namespace ogam {

namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

/// Whether further bytes may complete the last character of `text`.
bool ends_within_character(std::string_view text) {
  constexpr std::size_t kLongest = 4;
  for (std::size_t back = 1; back <= std::min(kLongest, text.size()); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if (byte >= 0xc0) {  // begins a character of two bytes, of three, of four
      return back < (byte >= 0xf0 ? 4U : byte >= 0xe0 ? 3U : 2U);
    }
    if (byte < 0x80) {
      return false;
    }
  }
  return false;
}

/// How many of the last bytes of `text` begin `string` and are not all of it.
std::size_t overlap(std::string_view text, std::string_view string) {
  for (auto size = std::min(text.size(), string.size() - 1); size > 0; --size) {
    if (text.substr(text.size() - size) == string.substr(0, size)) {
      return size;
    }
  }
  return 0;
}

}  // namespace

std::string TokenText::added() const {
  const DecodeOptions options = {.skip_special_tokens = true, .repair = false};
  const auto before = tokenizer_->decode(std::span(tokens_).first(context_), options);
  const auto all = tokenizer_->decode(tokens_, options);
  return all.substr(std::min(before.size(), all.size()));
}

std::string TokenText::push(std::int32_t token) {
  // Decoders of single bytes put U+FFFD in the place of each until they are a character: after more
  // of them than any character has, it is there to stay.
  constexpr std::size_t kMostUnderWay = 8;
  tokens_.push_back(token);
  const auto text = added();
  const bool may_change =
      ends_within_character(text) ||
      (text.ends_with(kReplacement) && tokens_.size() - context_ < kMostUnderWay);
  if (may_change) {
    return {};
  }
  if (!text.empty()) {  // the first text of all may lose a space: tokens without any do not count
    tokens_.erase(tokens_.begin(), tokens_.begin() + static_cast<std::ptrdiff_t>(context_));
  }
  context_ = tokens_.size();
  return repair_utf8(text);
}

std::string TokenText::finish() {
  auto text = repair_utf8(added());
  tokens_.clear();
  context_ = 0;
  return text;
}

StopStrings::StopStrings(std::vector<std::string> strings) : strings_(std::move(strings)) {
  for (const auto& string : strings_) {
    require(!string.empty() && is_valid_utf8(string), ErrorCode::invalid_argument,
            "a stop string is {}; expected text", string.empty() ? "empty" : "not UTF-8");
  }
}

std::string StopStrings::push(std::string_view piece) {
  if (found_) {
    return {};
  }
  held_ += piece;
  auto end = std::string::npos;
  std::size_t held = 0;
  for (const auto& string : strings_) {
    end = std::min(end, held_.find(string));
    held = std::max(held, overlap(held_, string));
  }
  found_ = end != std::string::npos;
  auto free = held_.substr(0, found_ ? end : held_.size() - held);
  held_ = found_ ? std::string() : held_.substr(free.size());
  return free;
}

std::string StopStrings::finish() { return std::exchange(held_, {}); }

}  // namespace ogam

#include "core/text/precompiled_charsmap.h"

#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/text/text_limits.h"
#include "core/text/unicode.h"

namespace ogam {

namespace {

/// Clusters at least as long are replaced character by character.
constexpr std::size_t kLongCluster = 6;

std::optional<std::uint32_t> base64_digit(char c) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto digit = kDigits.find(c);
  return digit == std::string_view::npos ? std::nullopt
                                         : std::optional(static_cast<std::uint32_t>(digit));
}

std::string decode_base64(std::string_view text, const std::string& origin) {
  while (text.ends_with('=')) {
    text.remove_suffix(1);
  }
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const auto digit = base64_digit(c);
    require(digit.has_value(), ErrorCode::corrupt_data,
            "{}: precompiled_charsmap must be base64, got byte {:#04x}", origin,
            static_cast<unsigned char>(c));
    bits = bits << 6 | *digit;
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes += static_cast<char>(bits >> count & 0xFF);
    }
  }
  return bytes;
}

std::uint32_t read_little_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < sizeof(value); ++i) {
    value |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  }
  return value;
}

// The fields of a unit of the trie.
bool has_value(std::uint32_t unit) { return (unit >> 8 & 1) != 0; }
std::uint32_t value_of(std::uint32_t unit) { return unit & 0x7FFFFFFF; }
std::uint32_t label_of(std::uint32_t unit) { return unit & 0x800000FF; }
std::uint32_t offset_of(std::uint32_t unit) { return unit >> 10 << ((unit & 0x200) >> 6); }

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
  }));
}

/// Gathers the new text, and which of its bytes stem from the head. Characters that are put in
/// stem from those that they replace, one by one, and any more from the last of these.
class Rewriter {
 public:
  explicit Rewriter(const NormalizedText& old) : old_(old) {}

  void replace(std::string_view part, std::string_view with) {
    // Where nothing precedes what is removed, the library counts on as if it were still there.
    const bool shifted = with.empty() && out_.empty();
    const std::size_t left = count_characters(part);
    const std::size_t inserted = count_characters(with);
    for (std::size_t i = 0; i < inserted; ++i) {
      const auto character = first_character(with);
      if (i < left) {
        last_in_head_ = source_ < old_.head;
        skip(1);
      }
      out_ += with.substr(0, character.size);
      head_ = last_in_head_ ? out_.size() : head_;
      with.remove_prefix(character.size);
    }
    require_text_fits(out_.size());
    skip(shifted || left <= inserted ? 0 : left - inserted);
  }

  NormalizedText take() { return {std::move(out_), head_}; }

 private:
  void skip(std::size_t characters) {
    for (; characters > 0 && source_ < old_.text.size(); --characters) {
      source_ += first_character(std::string_view(old_.text).substr(source_)).size;
    }
  }

  const NormalizedText& old_;
  std::string out_;
  std::size_t head_ = 0;
  std::size_t source_ = 0;  // byte of the old text
  bool last_in_head_ = false;
};

}  // namespace

PrecompiledCharsmap::PrecompiledCharsmap(std::string_view base64, const std::string& origin) {
  const auto bytes = decode_base64(base64, origin);
  const std::uint64_t size = bytes.size() < sizeof(std::uint32_t) ? 0 : read_little_endian(bytes);
  require(size >= sizeof(std::uint32_t) && size % sizeof(std::uint32_t) == 0 &&
              size <= bytes.size() - sizeof(std::uint32_t),
          ErrorCode::corrupt_data,
          "{}: precompiled_charsmap has {} bytes, of which {} are to be a trie", origin,
          bytes.size(), size);
  const auto trie = std::string_view(bytes).substr(sizeof(std::uint32_t), size);
  for (std::size_t i = 0; i < trie.size(); i += sizeof(std::uint32_t)) {
    units_.push_back(read_little_endian(trie.substr(i)));
  }
  replacements_ = bytes.substr(sizeof(std::uint32_t) + size);
  require(is_valid_utf8(replacements_), ErrorCode::corrupt_data,
          "{}: the replacements of precompiled_charsmap must be UTF-8", origin);
}

std::optional<std::string_view> PrecompiledCharsmap::find(std::string_view text) const {
  std::size_t node = offset_of(units_[0]);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    node ^= byte;
    if (byte == 0 || node >= units_.size() || label_of(units_[node]) != byte) {
      return std::nullopt;
    }
    const auto unit = units_[node];
    node ^= offset_of(unit);
    if (has_value(unit) && node < units_.size()) {
      const std::size_t begin = value_of(units_[node]);
      const auto end = begin < replacements_.size() ? replacements_.find('\0', begin) : begin;
      // A damaged map may point into the middle of a character.
      const auto found = std::string_view(replacements_)
                             .substr(std::min(begin, replacements_.size()), end - begin);
      return is_valid_utf8(found) ? std::optional(found) : std::nullopt;
    }
  }
  return std::nullopt;
}

void PrecompiledCharsmap::apply(NormalizedText& text) const {
  Rewriter rewriter(text);
  std::string_view rest = text.text;
  while (!rest.empty()) {
    auto cluster = rest.substr(0, grapheme_size(rest));
    rest.remove_prefix(cluster.size());
    const auto whole = cluster.size() < kLongCluster ? find(cluster) : std::nullopt;
    if (whole) {
      rewriter.replace(cluster, *whole);
      continue;
    }
    while (!cluster.empty()) {
      const auto character = cluster.substr(0, first_character(cluster).size);
      rewriter.replace(character, find(character).value_or(character));
      cluster.remove_prefix(character.size());
    }
  }
  text = rewriter.take();
}

}  // namespace ogam

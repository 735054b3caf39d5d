#include "core/media/text_file.h"

#include <iconv.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"

namespace ogam {

namespace {

constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";
constexpr std::string_view kUtf16LittleMark = "\xFF\xFE";
constexpr std::string_view kUtf16BigMark = "\xFE\xFF";

/// The length a UTF-8 sequence has by its first byte; 0 when no sequence starts so.
std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) {
    return 1;
  }
  if (lead < 0xC2 || lead > 0xF4) {
    return 0;
  }
  return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

/// The second byte's range keeps out overlong forms, surrogates, and what lies beyond U+10FFFF.
bool second_byte_fits(unsigned char lead, unsigned char second) {
  const unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  return second >= low && second <= high;
}

bool is_text_control(unsigned char byte) { return byte >= '\t' && byte <= '\r'; }

struct ConverterDeleter {
  void operator()(iconv_t converter) const { ::iconv_close(converter); }
};

/// Bytes of an encoding whose characters beyond ASCII take two bytes or four, in UTF-8; nothing
/// when they are not valid in it or the C library does not know it.
std::optional<std::string> convert_text(std::string_view bytes, const char* encoding,
                                        bool cut_off) {
  const iconv_t opened = ::iconv_open("UTF-8", encoding);
  if (reinterpret_cast<std::intptr_t>(opened) == -1) {
    return std::nullopt;
  }
  const std::unique_ptr<void, ConverterDeleter> converter(opened);
  std::string text(bytes.size() * 2 + 4, '\0');  // two bytes become three at most
  char* from = const_cast<char*>(bytes.data());  // iconv only reads there
  std::size_t from_left = bytes.size();
  char* to = text.data();
  std::size_t to_left = text.size();
  const std::size_t status = ::iconv(converter.get(), &from, &from_left, &to, &to_left);
  const bool failed = status == static_cast<std::size_t>(-1);
  const bool ends_inside = failed && errno == EINVAL;
  if (failed && !(ends_inside && cut_off)) {
    return std::nullopt;
  }
  text.resize(text.size() - to_left);
  return text;
}

/// Whether four fifths of the two-byte characters are Hangul syllables of KS X 1001.
bool is_mostly_hangul(std::string_view bytes) {
  std::size_t wide = 0;
  std::size_t hangul = 0;
  for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
    const auto lead = static_cast<unsigned char>(bytes[i]);
    if (lead < 0x80) {
      continue;
    }
    ++i;
    const auto trail = static_cast<unsigned char>(bytes[i]);
    ++wide;
    hangul += lead >= 0xB0 && lead <= 0xC8 && trail >= 0xA1 ? 1 : 0;
  }
  return wide > 0 && hangul * 5 >= wide * 4;
}

/// The encoding, other than UTF-8, that `bytes` seem to have, and the size of its mark; nullptr
/// when they are like none.
std::pair<const char*, std::size_t> encoding_of(std::string_view bytes) {
  if (bytes.starts_with(kUtf16LittleMark)) {
    return {"UTF-16LE", kUtf16LittleMark.size()};
  }
  if (bytes.starts_with(kUtf16BigMark)) {
    return {"UTF-16BE", kUtf16BigMark.size()};
  }
  return {is_mostly_hangul(bytes) ? "CP949" : nullptr, 0};
}

}  // namespace

bool looks_like_text(std::string_view bytes, bool cut_off) {
  for (std::size_t i = 0; i < bytes.size();) {
    const auto lead = static_cast<unsigned char>(bytes[i]);
    if ((lead < 0x20 && !is_text_control(lead)) || lead == 0x7F) {
      return false;
    }
    const std::size_t length = sequence_length(lead);
    if (length == 0) {
      return false;
    }
    for (std::size_t k = 1; k < length; ++k) {
      if (i + k >= bytes.size()) {
        return cut_off;
      }
      const auto byte = static_cast<unsigned char>(bytes[i + k]);
      if (k == 1 ? !second_byte_fits(lead, byte) : (byte & 0xC0) != 0x80) {
        return false;
      }
    }
    i += length;
  }
  return true;
}

std::optional<std::string> decode_text(std::string_view bytes, bool cut_off) {
  if (looks_like_text(bytes, cut_off)) {
    return std::string(bytes.substr(bytes.starts_with(kUtf8Mark) ? kUtf8Mark.size() : 0));
  }
  const auto [encoding, mark_size] = encoding_of(bytes);
  if (encoding == nullptr) {
    return std::nullopt;
  }
  auto text = convert_text(bytes.substr(mark_size), encoding, cut_off);
  if (!text || !looks_like_text(*text)) {
    return std::nullopt;
  }
  return text;
}

std::string read_text_file(const std::filesystem::path& path, const MediaLimits& limits) {
  std::optional<std::string> text = decode_text(read_file(path, limits.max_text_bytes));
  require(text.has_value(), ErrorCode::unsupported, "{} {}", display_path(path), kNotText);
  return std::move(*text);
}

}  // namespace ogam

#include "core/media/text_file.h"

#include <cstddef>
#include <optional>

#include "core/base/error.h"
#include "core/base/files.h"

namespace ogam {

namespace {

constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";

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

bool has_utf16_mark(std::string_view bytes) {
  return bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF");
}

std::string read_text_file(const std::filesystem::path& path, const MediaLimits& limits) {
  std::string text = read_file(path, limits.max_text_bytes);
  require(!has_utf16_mark(text), ErrorCode::unsupported,
          "{} is UTF-16 text; convert it with `iconv -f UTF-16 -t UTF-8`", display_path(path));
  require(
      looks_like_text(text), ErrorCode::unsupported,
      "{} is not UTF-8 text; if it is older Korean text, convert it with `iconv -f CP949 -t UTF-8`",
      display_path(path));
  if (text.starts_with(kUtf8Mark)) {
    text.erase(0, kUtf8Mark.size());
  }
  return text;
}

}  // namespace ogam

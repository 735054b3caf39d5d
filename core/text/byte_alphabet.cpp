#include "core/text/byte_alphabet.h"

#include <array>
#include <unordered_map>

#include "core/text/unicode.h"

namespace ogam {

namespace {

constexpr bool is_printable(unsigned byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte != 0xAD);
}

constexpr std::array<char32_t, 256> make_alphabet() {
  std::array<char32_t, 256> alphabet{};
  char32_t next = 0x100;
  for (unsigned byte = 0; byte < alphabet.size(); ++byte) {
    alphabet[byte] = is_printable(byte) ? static_cast<char32_t>(byte) : next++;
  }
  return alphabet;
}

constexpr auto kAlphabet = make_alphabet();

}  // namespace

std::string byte_symbol(unsigned char byte) {
  std::string symbol;
  append_utf8(kAlphabet[byte], symbol);
  return symbol;
}

void append_byte_symbols(std::string_view bytes, std::string& out) {
  for (const char byte : bytes) {
    append_utf8(kAlphabet[static_cast<unsigned char>(byte)], out);
  }
}

std::optional<std::string> bytes_of_token(std::string_view token) {
  static const auto kBytes = [] {
    std::unordered_map<char32_t, char> bytes;
    for (std::size_t byte = 0; byte < kAlphabet.size(); ++byte) {
      bytes[kAlphabet[byte]] = static_cast<char>(byte);
    }
    return bytes;
  }();
  std::string text;
  for (const char32_t symbol : code_points(token)) {
    const auto byte = kBytes.find(symbol);
    if (byte == kBytes.end()) {
      return std::nullopt;
    }
    text.push_back(byte->second);
  }
  return text;
}

}  // namespace ogam

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ogam {

/// The alphabet of byte-level BPE: each byte is written as one printable character, so that a
/// vocabulary is text. Printable bytes stand for themselves, the others for U+0100 and up. Source:
/// Radford et al. 2019, section 2.2.
std::string byte_symbol(unsigned char byte);
/// Appends the symbols of `bytes`.
void append_byte_symbols(std::string_view bytes, std::string& out);

/// The bytes that `token` stands for; nothing when one of its characters is not in the alphabet.
std::optional<std::string> bytes_of_token(std::string_view token);

}  // namespace ogam

#include "apps/ogam/input_text.h"

#include <iostream>

#include "core/base/error.h"
#include "core/base/files.h"

namespace ogam {

namespace {

constexpr std::size_t kMaxText = 16u << 20;

std::string read_stdin() {
  std::string text;
  std::string piece(1 << 16, '\0');
  while (std::cin.read(piece.data(), static_cast<std::streamsize>(piece.size())) ||
         std::cin.gcount() > 0) {
    text.append(piece, 0, static_cast<std::size_t>(std::cin.gcount()));
    require(text.size() <= kMaxText, ErrorCode::resource_exhausted,
            "the text on stdin is longer than {}; give it in parts", format_bytes(kMaxText));
  }
  return text;
}

}  // namespace

std::string read_input_text(const std::string& file) {
  return file == "-" ? read_stdin() : read_file(file, kMaxText);
}

}  // namespace ogam

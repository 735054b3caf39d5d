#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/base/error.h"
#include "core/text/tokenizer.h"
#include "core/text/unicode.h"

/// Whatever the bytes, an accepted tokenizer gives ids of its vocabulary, and text for them.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::string_view kText =
      " Hello  <|ko|> 안녕 a\u0301ab 12½ <unk>\n[MASK] 中\U0001F600!";
  try {
    const auto tokenizer =
        ogam::Tokenizer::parse({reinterpret_cast<const char*>(data), size}, "input");
    for (const auto& ids : {tokenizer.encode(kText), tokenizer.encode_pair(kText, "ab")}) {
      const bool known = std::all_of(ids.begin(), ids.end(), [&](auto id) {
        return id >= 0 && id < tokenizer.vocabulary_size();
      });
      if (!known || !ogam::is_valid_utf8(tokenizer.decode(ids))) {
        std::abort();
      }
    }
  } catch (const ogam::Error&) {
    return 0;
  }
  return 0;
}

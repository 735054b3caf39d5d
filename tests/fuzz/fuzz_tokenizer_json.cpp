#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/text/added_tokens.h"
#include "core/text/bpe_model.h"
#include "core/text/tokenizer_json.h"

/// Whatever the bytes, an accepted tokenizer splits a text without loss.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::string_view kText = "Hello  <|ko|> 안녕 <unk>\n";
  try {
    auto json = ogam::parse_tokenizer_json({reinterpret_cast<const char*>(data), size}, "input");
    std::size_t split = 0;
    for (const auto& part : ogam::AddedTokenMatcher(json.added_tokens).split(kText)) {
      split += part.text.size();
    }
    if (split < kText.size()) {
      std::abort();
    }
    const ogam::BpeModel model(std::move(json.model));
    std::vector<std::int32_t> ids;
    model.encode(kText, ids);
    if (ids.empty() || ids.size() > kText.size()) {
      std::abort();
    }
  } catch (const ogam::Error&) {
    return 0;
  }
  return 0;
}

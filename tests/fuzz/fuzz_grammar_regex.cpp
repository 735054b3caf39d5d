#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/text/grammar/automaton.h"
#include "core/text/grammar/pattern.h"
#include "core/text/unicode.h"

/// Whatever the bytes, an accepted pattern has a shortest text, which is UTF-8 and matches.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    ogam::GrammarAutomaton automaton(
        ogam::compile_pattern({reinterpret_cast<const char*>(data), size}));
    const auto text = automaton.completion(automaton.start());
    auto state = automaton.start();
    for (const char byte : text) {
      state = automaton.next(state, static_cast<unsigned char>(byte));
    }
    if (!ogam::is_valid_utf8(text) || !automaton.complete(state)) {
      std::abort();
    }
  } catch (const ogam::Error& error) {
    if (error.code() == ogam::ErrorCode::internal) {
      std::abort();
    }
  }
  return 0;
}

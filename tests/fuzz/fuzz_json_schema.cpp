#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/text/grammar/automaton.h"
#include "core/text/grammar/json_schema.h"

/// Whatever the bytes, an accepted schema has a shortest text, which is JSON, and can be walked.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto schema = ogam::parse_json({reinterpret_cast<const char*>(data), size}, "input");
    ogam::GrammarAutomaton automaton(
        ogam::compile_json_schema(schema, "input", {.span = ogam::TimeSpan{0, 3'723'400'000}}));
    const auto text = automaton.completion(automaton.start());
    if (text.size() != automaton.distance(automaton.start()) || !ogam::Json::accept(text)) {
      std::abort();
    }
    // Any living way on, the last one each time, stays within reach of the end.
    auto state = automaton.start();
    for (int step = 0; step < 64 && !automaton.exhausted(state); ++step) {
      for (int byte = 255; byte >= 0; --byte) {
        const auto next = automaton.next(state, static_cast<unsigned char>(byte));
        if (next != ogam::GrammarAutomaton::kDead) {
          state = next;
          break;
        }
      }
    }
    if (automaton.completion(state).size() != automaton.distance(state)) {
      std::abort();
    }
  } catch (const ogam::Error& error) {
    if (error.code() == ogam::ErrorCode::internal) {
      std::abort();
    }
  }
  return 0;
}

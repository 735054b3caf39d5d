#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/base/error.h"
#include "core/text/chat_template.h"
#include "core/text/unicode.h"

/// Whatever the bytes, a template gives UTF-8 or one error.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const ogam::Json messages = ogam::Json::parse(
      R"([{"role": "system", "content": "친절히"}, {"role": "user", "content": " a <b> "},
          {"role": "assistant", "content": "<think>x</think>y", "tool_calls":
           [{"type": "function", "function": {"name": "f", "arguments": {"a": [1, 2.5, null]}}}]},
          {"role": "user", "content": [{"type": "text", "text": "c"}, {"type": "image"}]}])");
  static const ogam::Json tools = ogam::Json::parse(
      R"([{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}])");
  ogam::ChatOptions options;
  options.variables = {{"bos_token", "<s>"}, {"eos_token", "</s>"}};
  options.now = std::chrono::system_clock::from_time_t(0);
  try {
    const auto chat =
        ogam::ChatTemplate::parse({reinterpret_cast<const char*>(data), size}, "input");
    if (!ogam::is_valid_utf8(chat.render(messages, tools, options))) {
      std::abort();
    }
  } catch (const ogam::Error& error) {
    if (error.code() == ogam::ErrorCode::internal) {
      std::abort();
    }
  }
  return 0;
}

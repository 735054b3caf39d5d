#include <chrono>
#include <exception>
#include <iostream>
#include <string>

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/text/chat_template.h"

namespace ogam {
namespace {

std::string render(const Json& request) {
  ChatOptions options;
  options.add_generation_prompt =
      json_value_or<bool>(request, "add_generation_prompt", "stdin", false);
  if (request.contains("enable_thinking")) {
    options.enable_thinking = json_value<bool>(request, "enable_thinking", "stdin");
  }
  options.documents = request.value("documents", Json());
  options.variables = request.value("variables", Json::object());
  options.now = std::chrono::system_clock::from_time_t(
      json_value_or<std::int64_t>(request, "now", "stdin", 0));
  return ChatTemplate::parse(json_value<std::string>(request, "template", "stdin"), "template")
      .render(request.at("messages"), request.value("tools", Json()), options);
}

/// Answers each JSON line on stdin, {"template", "messages", "tools"?, "documents"?,
/// "add_generation_prompt"?, "enable_thinking"?, "variables"?, "now"?}, with one line {"text"} or
/// {"error": {"code", "message"}}.
void answer_lines() {
  std::string line;
  while (std::getline(std::cin, line)) {
    const auto request = parse_json(line, "stdin");
    try {
      std::cout << dump_json({{"text", render(request)}}) << '\n';
    } catch (const Error& error) {
      std::cout << dump_json(
                       {{"error",
                         {{"code", error_code_name(error.code())}, {"message", error.what()}}}})
                << '\n';
    }
  }
}

}  // namespace
}  // namespace ogam

int main() {
  try {
    ogam::answer_lines();
  } catch (const std::exception& error) {
    std::cerr << ogam::describe(error) << '\n';
    return 1;
  }
  return 0;
}

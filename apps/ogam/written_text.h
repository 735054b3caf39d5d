#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "apps/ogam/command_line.h"
#include "core/base/json.h"
#include "pipelines/text_writer.h"

namespace ogam {

/// Shows a text while it is written and says how it went.
class WrittenText {
 public:
  WrittenText(const CommandLine& line, const TextWriter& writer) : line_(line), writer_(writer) {}

  /// Writes a piece to stdout at once, unless the answer is to be JSON.
  void show(std::string_view piece);

  /// What was shown or held back so far.
  const std::string& text() const { return text_; }

  /// Ends the text: a line's end, notes on stderr, or one line of JSON.
  /// @param extra members of the JSON document.
  void finish(const GeneratedText& made, const Json& extra = Json::object()) const;

 private:
  const CommandLine& line_;
  const TextWriter& writer_;
  std::string text_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace ogam

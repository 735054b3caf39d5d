#pragma once

#include <memory>
#include <vector>

#include "apps/ogam/command_line.h"
#include "pipelines/text_writer.h"

namespace ogam {

/// A conversation on the terminal: every line of stdin is a turn. Ctrl-C ends the answer that is
/// being written and keeps what there is of it; while a line is awaited it ends the conversation,
/// as the end of stdin does.
class ChatSession {
 public:
  /// @param turns what goes before: nothing, or a system turn.
  /// @param request how every answer is written.
  ChatSession(const CommandLine& line, TextWriter& writer, std::vector<ChatTurn> turns,
              WritingRequest request);

  /// @return the exit status.
  int run();

 private:
  void answer(const std::string& text);
  void make_room();

  const CommandLine& line_;
  TextWriter& writer_;
  const std::size_t first_;  // the turns before the conversation
  WritingRequest request_;
};

}  // namespace ogam

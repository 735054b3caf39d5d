#include "apps/ogam/chat_session.h"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "apps/ogam/console.h"
#include "apps/ogam/run_verb.h"
#include "apps/ogam/written_text.h"
#include "core/base/error.h"

namespace ogam {

namespace {

/// A line of stdin without its end; nothing at the end of stdin and when a signal came.
class LineReader {
 public:
  LineReader() = default;
  ~LineReader() { std::free(line_); }  // NOLINT: getline's
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  bool next(std::string& text) {
    // std::getline would go on reading when a signal comes.
    const auto size = ::getline(&line_, &capacity_, stdin);
    if (size < 0) {
      return false;
    }
    text.assign(line_, static_cast<std::size_t>(size));
    while (text.ends_with('\n') || text.ends_with('\r')) {
      text.pop_back();
    }
    return true;
  }

 private:
  char* line_ = nullptr;
  std::size_t capacity_ = 0;
};

}  // namespace

ChatSession::ChatSession(const CommandLine& line, TextWriter& writer, std::vector<ChatTurn> turns,
                         WritingRequest request)
    : line_(line), writer_(writer), first_(turns.size()), request_(std::move(request)) {
  request_.turns = std::move(turns);
}

int ChatSession::run() {
  auto& stop = request_.generation.cancellation;
  std::signal(SIGTERM, SIG_DFL);  // it ends the conversation, not an answer
  const bool asks = ::isatty(STDIN_FILENO) == 1 && !line_.common().quiet;
  LineReader reader;
  std::string text;
  while (true) {
    if (asks) {
      fmt::print(stderr, "> ");
    }
    if (!reader.next(text)) {
      break;
    }
    if (text.find_first_not_of(" \t") != std::string::npos) {
      answer(text);
      stop.withdraw();
    }
  }
  if (asks) {
    fmt::print(stderr, "\n");
  }
  return stop.requested() ? kInterrupted : kDone;
}

/// Forgets the earliest turns until there is room for an answer.
void ChatSession::make_room() {
  auto& turns = request_.turns;
  const auto room = writer_.context_length() - request_.generation.max_tokens;
  bool forgot = false;
  while (turns.size() > first_ + 1 && writer_.count_tokens(turns) > room) {
    const auto begin = turns.begin() + static_cast<std::ptrdiff_t>(first_);
    turns.erase(begin, begin + 2);
    forgot = true;
  }
  if (forgot && !line_.common().quiet) {
    fmt::print(stderr,
               "The conversation is longer than the model's context of {} tokens; its "
               "beginning was forgotten.\n",
               writer_.context_length());
  }
}

void ChatSession::answer(const std::string& text) {
  auto& turns = request_.turns;
  turns.push_back({"user", text});
  WrittenText written(line_, writer_);
  request_.generation.on_text = [&](std::string_view piece) { written.show(piece); };
  try {
    make_room();
    const auto made = writer_.write(request_);
    written.finish(made);
    turns.push_back({"assistant", made.text});
  } catch (const Cancelled&) {
    if (line_.common().json) {
      print_json({{"model", writer_.name()}, {"text", written.text()}, {"finish", "stopped"}});
    } else {
      fmt::print("\n");
      std::fflush(stdout);
    }
    turns.push_back({"assistant", written.text()});
  } catch (const Error& error) {
    if (error.code() != ErrorCode::invalid_argument) {
      throw;
    }
    // A turn that is too long is refused; the conversation goes on without it.
    turns.pop_back();
    fmt::print(stderr, "ogam generate: {}\n", printable(describe(error)));
    if (line_.common().json) {
      print_json({{"error", error_json(error_code_name(error.code()), describe(error))}});
    }
  }
}

}  // namespace ogam

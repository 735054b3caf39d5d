#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "core/base/cancellation.h"
#include "core/base/json.h"

namespace ogam {

/// Exit statuses of the command.
enum ExitStatus : int {
  kDone = 0,
  kSomeFailed = 1,
  kUsage = 2,
  kInputUnreadable = 3,
  kModelMissing = 4,
  kInternal = 5,
  kInterrupted = 130,
};

/// A verb of the command.
struct Verb {
  std::string_view name;
  std::string_view summary;
  int (*run)(std::span<const std::string> arguments);  ///< without the program and the verb
};

/// Runs a verb and turns what it throws, and output that could not be written, into a message on
/// stderr (with --json also a document on stdout) and an exit status.
int run_verb(const Verb& verb, std::span<const std::string> arguments);

/// A token that Ctrl-C and SIGTERM request; a second Ctrl-C ends the process at once.
CancellationToken cancellation_by_signals();

/// Writes one line of JSON to stdout at once.
void print_json(const Json& value);

/// {"code", "message"} of an error.
Json error_json(const char* code, const std::string& message);

}  // namespace ogam

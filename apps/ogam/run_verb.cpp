#include "apps/ogam/run_verb.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <new>

#include "apps/ogam/console.h"
#include "core/base/error.h"

namespace ogam {

namespace {

int exit_status(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
      return kUsage;
    case ErrorCode::not_found:
    case ErrorCode::unsupported:
    case ErrorCode::corrupt_data:
    case ErrorCode::resource_exhausted:
    case ErrorCode::inaccessible:
      return kInputUnreadable;
    case ErrorCode::unavailable:
      return kModelMissing;
    case ErrorCode::internal:
      return kInternal;
  }
  return kInternal;
}

CancellationToken& signal_token() {
  static CancellationToken token;
  return token;
}

void on_signal(int number) {
  if (signal_token().requested()) {
    ::_exit(128 + number);
  }
  signal_token().request();
}

}  // namespace

int run_verb(const Verb& verb, std::span<const std::string> arguments) {
  const bool json = std::find(arguments.begin(), arguments.end(), "--json") != arguments.end();
  const auto report = [&](const char* code, const std::string& message, int status) {
    // fmt::print would throw where stderr cannot be written to either.
    std::fputs(fmt::format("ogam {}: {}\n", verb.name, printable(message)).c_str(), stderr);
    if (status == kUsage) {
      std::fputs(fmt::format("Try 'ogam {} --help'.\n", verb.name).c_str(), stderr);
    }
    if (json && std::ferror(stdout) == 0) {
      print_json({{"error", error_json(code, message)}});
    }
    return status;
  };
  const auto report_output = [&] {
    return report("resource_exhausted",
                  "cannot write to stdout; free some space, or look at what reads it",
                  kInputUnreadable);
  };
  try {
    const int status = verb.run(arguments);
    const bool written = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
    return status == kDone && !written ? report_output() : status;
  } catch (const Error& error) {
    return report(error_code_name(error.code()), describe(error), exit_status(error.code()));
  } catch (const Cancelled&) {
    std::fputs(fmt::format("ogam {}: stopped; nothing was written\n", verb.name).c_str(), stderr);
    return kInterrupted;
  } catch (const std::bad_alloc&) {
    return report("resource_exhausted", "out of memory", kInternal);
  } catch (const std::exception& error) {
    return std::ferror(stdout) != 0 ? report_output()
                                    : report("internal", describe(error), kInternal);
  }
}

CancellationToken cancellation_by_signals() {
  signal_token();  // made before a signal can ask for it
  struct sigaction action {};
  action.sa_handler = &on_signal;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  return signal_token();
}

void print_json(const Json& value) {
  fmt::print("{}\n", dump_json(value));
  std::fflush(stdout);
}

Json error_json(const char* code, const std::string& message) {
  return {{"code", code}, {"message", message}};
}

}  // namespace ogam

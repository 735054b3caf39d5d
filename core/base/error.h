#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace ogam {

/// What kind of thing went wrong; the command and the Python module map it to exit statuses and
/// exceptions.
enum class ErrorCode {
  invalid_argument,    ///< the caller asked for something that makes no sense
  not_found,           ///< a file, asset or name does not exist
  unsupported,         ///< well-formed, but of a kind this build cannot handle
  corrupt_data,        ///< damaged or hostile content
  resource_exhausted,  ///< a limit, memory or the disk is used up
  inaccessible,        ///< a place may not be read or written, or another process holds it
  unavailable,         ///< a model, pack or device is not there
  internal,            ///< a fault in ogam itself
};

/// "invalid_argument", "not_found", ...: the names used in JSON.
[[gnu::visibility("default")]] const char* error_code_name(ErrorCode code);

/// The one exception of the project. The message says what was expected, what was seen and what to
/// do.
class [[gnu::visibility("default")]] Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ErrorCode code() const { return code_; }

 private:
  ErrorCode code_;
};

/// Thrown where a cancellation request is honoured; not an error of the work itself.
class [[gnu::visibility("default")]] Cancelled : public std::runtime_error {
 public:
  Cancelled();
};

/// Throws `Error{code}` with a formatted message.
template <typename... Args>
[[noreturn]] void fail(ErrorCode code, fmt::format_string<Args...> format, Args&&... args) {
  throw Error(code, fmt::format(format, std::forward<Args>(args)...));
}

/// Throws `Error{code}` with a formatted message unless `condition` holds.
template <typename... Args>
void require(bool condition, ErrorCode code, fmt::format_string<Args...> format, Args&&... args) {
  if (!condition) [[unlikely]] {
    throw Error(code, fmt::format(format, std::forward<Args>(args)...));
  }
}

/// The message of `error` followed by those of the exceptions nested in it, joined by ": ".
[[gnu::visibility("default")]] std::string describe(const std::exception& error);

}  // namespace ogam

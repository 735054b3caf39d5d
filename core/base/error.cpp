#include "core/base/error.h"

namespace ogam {

Cancelled::Cancelled() : std::runtime_error("stopped on request") {}

const char* error_code_name(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
      return "invalid_argument";
    case ErrorCode::not_found:
      return "not_found";
    case ErrorCode::unsupported:
      return "unsupported";
    case ErrorCode::corrupt_data:
      return "corrupt_data";
    case ErrorCode::resource_exhausted:
      return "resource_exhausted";
    case ErrorCode::inaccessible:
      return "inaccessible";
    case ErrorCode::unavailable:
      return "unavailable";
    case ErrorCode::internal:
      return "internal";
  }
  return "internal";
}

std::string describe(const std::exception& error) {
  std::string message = error.what();
  try {
    std::rethrow_if_nested(error);
  } catch (const std::exception& cause) {
    message += ": " + describe(cause);
  }
  return message;
}

}  // namespace ogam

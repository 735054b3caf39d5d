#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>

namespace ogam {

enum class LogLevel { debug, info, warning, error, off };

/// Sets what is written to stderr; `warning` is the default.
void set_log_level(LogLevel level);

/// Writes one line to stderr through the shared logger; safe from any thread.
void log_line(LogLevel level, const std::string& message);

template <typename... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::info, fmt::format(format, std::forward<Args>(args)...));
}

template <typename... Args>
void log_warning(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::warning, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace ogam

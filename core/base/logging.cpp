#include "core/base/logging.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <memory>

namespace ogam {

namespace {

constexpr std::array kLevels = {spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                                spdlog::level::err, spdlog::level::off};

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = [] {
    auto created =
        std::make_shared<spdlog::logger>("ogam", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    created->set_pattern("ogam: %l: %v");
    created->set_level(spdlog::level::warn);
    created->flush_on(spdlog::level::debug);
    return created;
  }();
  return *instance;
}

}  // namespace

void set_log_level(LogLevel level) { logger().set_level(kLevels[static_cast<std::size_t>(level)]); }

void log_line(LogLevel level, const std::string& message) {
  logger().log(kLevels[static_cast<std::size_t>(level)], message);
}

}  // namespace ogam

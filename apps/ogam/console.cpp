#include "apps/ogam/console.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "core/text/unicode.h"

namespace ogam {

namespace {

bool in_colour() {
  const char* const no_colour = std::getenv("NO_COLOR");
  return stdout_is_terminal() && (no_colour == nullptr || *no_colour == '\0');
}

std::string styled(std::string_view text, int style) {
  return in_colour() ? fmt::format("\033[{}m{}\033[0m", style, text) : std::string(text);
}

std::string padded(const std::string& text, int width) {
  return text +
         std::string(static_cast<std::size_t>(std::max(0, width - display_width(text))), ' ');
}

}  // namespace

bool stdout_is_terminal() { return ::isatty(STDOUT_FILENO) == 1; }
bool stderr_is_terminal() { return ::isatty(STDERR_FILENO) == 1; }

int terminal_width() {
  constexpr int kDefault = 100;
  constexpr int kNarrowest = 40;
  if (const char* columns = std::getenv("COLUMNS"); columns != nullptr) {
    if (const int width = std::atoi(columns); width > 0) {
      return std::max(width, kNarrowest);
    }
  }
  winsize size{};
  for (const int terminal : {STDOUT_FILENO, STDERR_FILENO}) {
    if (::ioctl(terminal, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
      return std::max<int>(size.ws_col, kNarrowest);
    }
  }
  return kDefault;
}

std::string bold(std::string_view text) { return styled(text, 1); }
std::string dim(std::string_view text) { return styled(text, 2); }

std::string fit(std::string_view text, int width) {
  std::string line;
  for (const char32_t point : code_points(repair_utf8(text))) {
    append_utf8(point < 0x20 || point == 0x7F ? U' ' : point, line);
  }
  if (display_width(line) <= width) {
    return line;
  }
  std::string shortened;
  int used = 1;  // the ellipsis
  for (const char32_t point : code_points(line)) {
    std::string character;
    append_utf8(point, character);
    used += display_width(character);
    if (used > width) {
      break;
    }
    shortened += character;
  }
  return shortened + "…";
}

Table::Table(std::vector<std::string> header) { rows_.push_back(std::move(header)); }

void Table::add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }

std::string Table::text() const {
  const std::size_t columns = rows_.front().size();
  std::vector<int> widths(columns, 0);
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < columns; ++i) {
      widths[i] = std::max(widths[i], display_width(row[i]));
    }
  }
  int before_last = 0;
  for (std::size_t i = 0; i + 1 < columns; ++i) {
    before_last += widths[i] + 2;
  }
  const int last = std::max(10, terminal_width() - before_last);
  std::string text;
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    std::string line;
    for (std::size_t i = 0; i + 1 < columns; ++i) {
      line += padded(rows_[r][i], widths[i]) + "  ";
    }
    line += stdout_is_terminal() ? fit(rows_[r].back(), last) : rows_[r].back();
    text += (r == 0 ? bold(line) : line) + "\n";
  }
  return text;
}

}  // namespace ogam

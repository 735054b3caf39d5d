#include "apps/ogam/console.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

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

std::string on_one_line(std::string_view text) {
  std::string line = printable(text);
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

/// As many of the characters, taken in their order, as fit into `width` columns.
std::vector<std::string> fitting(const std::vector<char32_t>& points, int width) {
  std::vector<std::string> characters;
  for (const char32_t point : points) {
    std::string character;
    append_utf8(point, character);
    width -= display_width(character);
    if (width < 0) {
      break;
    }
    characters.push_back(std::move(character));
  }
  return characters;
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

std::string printable(std::string_view text) {
  const auto gives_orders = [](char32_t point) {
    return (point < 0x20 && point != U'\n') || (point >= 0x7F && point < 0xA0);
  };
  std::string shown;
  for (const char32_t point : code_points(repair_utf8(text))) {
    append_utf8(gives_orders(point) ? U' ' : point, shown);
  }
  return shown;
}

std::string fit(std::string_view text, int width) {
  std::string line = on_one_line(text);
  if (display_width(line) <= width) {
    return line;
  }
  return fmt::format("{}…", fmt::join(fitting(code_points(line), width - 1), ""));
}

std::string fit_path(std::string_view path, int width) {
  std::string line = on_one_line(path);
  if (display_width(line) <= width) {
    return line;
  }
  std::vector<char32_t> points = code_points(line);
  std::reverse(points.begin(), points.end());
  std::vector<std::string> end = fitting(points, width - 1);
  std::reverse(end.begin(), end.end());
  return fmt::format("…{}", fmt::join(end, ""));
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

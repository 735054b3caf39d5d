#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ogam {

/// Whether stdout (or stderr) is a terminal that a person looks at.
bool stdout_is_terminal();
bool stderr_is_terminal();

/// Columns of the terminal: COLUMNS, what the terminal says, or 100.
int terminal_width();

/// `text` in bold or dim where stdout is a terminal and NO_COLOR is not set.
std::string bold(std::string_view text);
std::string dim(std::string_view text);

/// `text` without what could give orders to the terminal: control characters other than the end of
/// a line become spaces. For messages that quote files.
std::string printable(std::string_view text);

/// `text` on one line and cut to `width` columns, with an ellipsis where something is left out.
/// Control characters become spaces, so that no text can give orders to the terminal.
std::string fit(std::string_view text, int width);

/// The same for paths: their end tells most, so the beginning is left out.
std::string fit_path(std::string_view path, int width);

/// A table whose columns are as wide as their content; on a terminal the last one is cut to fit.
class Table {
 public:
  explicit Table(std::vector<std::string> header);
  void add(std::vector<std::string> row);
  std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace ogam

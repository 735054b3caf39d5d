#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "apps/ogam/command_line.h"

namespace ogam {

/// Where a verb writes its document: the file of `--out`, else stdout.
class OutputFile {
 public:
  /// Adds `--out`.
  static void add_option(boost::program_options::options_description& options);

  /// Looks at the place before any work is done: an hour of it must not end at a folder that is not
  /// there.
  /// @throws Error{invalid_argument} when it cannot be written to.
  explicit OutputFile(const CommandLine& line);

  /// The document's format: "json" with `--json`, else that of `--format`, else the extension of
  /// `--out`, else `fallback`.
  std::string format(std::string_view fallback) const;

  void write(std::string_view document) const;

 private:
  const CommandLine& line_;
  std::filesystem::path path_;  // empty for stdout
};

}  // namespace ogam

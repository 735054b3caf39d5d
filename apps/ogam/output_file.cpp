#include "apps/ogam/output_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "apps/ogam/output_path.h"
#include "core/base/error.h"
#include "core/base/files.h"

namespace ogam {

void OutputFile::add_option(boost::program_options::options_description& options) {
  options.add_options()("out,o", boost::program_options::value<std::string>()->value_name("FILE"),
                        "write there; its extension gives the format");
}

OutputFile::OutputFile(const CommandLine& line)
    : line_(line), path_(line.get_or<std::string>("out", "")) {
  if (!line.has("out")) {
    return;
  }
  require(!path_.empty(), ErrorCode::invalid_argument, "--out needs the name of a file");
  check_out(path_);
}

std::string OutputFile::format(std::string_view fallback) const {
  if (line_.common().json) {
    return "json";
  }
  if (line_.has("format")) {
    return line_.get<std::string>("format");
  }
  std::string extension = path_.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension.empty() ? std::string(fallback) : extension.substr(1);
}

void OutputFile::write(std::string_view document) const {
  if (path_.empty()) {
    fmt::print("{}", document);
  } else {
    write_file_atomically(path_, document);
  }
}

}  // namespace ogam

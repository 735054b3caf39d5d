#pragma once

#include <boost/program_options.hpp>
#include <memory>

#include "apps/ogam/command_line.h"
#include "pipelines/text_writer.h"

namespace ogam {

/// `--writer`: which language model writes.
void add_writer_option(boost::program_options::options_description& options);

/// The language model of a command line, with as many threads as it allows; null where none is
/// wanted or installed.
/// @throws as open_writer.
std::unique_ptr<TextWriter> writer_of(const CommandLine& line);

/// The same where nothing can be done without one.
/// @param what needs it, for the error: "--schema".
/// @throws Error{unavailable} naming the command that builds one.
std::unique_ptr<TextWriter> needed_writer_of(const CommandLine& line, std::string_view what);

}  // namespace ogam

#pragma once

#include <boost/program_options.hpp>

#include "apps/ogam/command_line.h"

namespace ogam {

/// The options of `models pull`.
boost::program_options::options_description pull_options();

/// Whether the line has any of them.
bool has_pull_options(const CommandLine& line);

/// `models pull ID[@REVISION]`: brings a model of the Hugging Face hub into the cache.
int pull_model(const CommandLine& line);

}  // namespace ogam

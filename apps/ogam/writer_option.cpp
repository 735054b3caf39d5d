#include "apps/ogam/writer_option.h"

#include <ATen/Parallel.h>

#include "core/base/error.h"
#include "core/base/thread_budget.h"
#include "core/pack/manifest.h"

namespace ogam {

namespace po = boost::program_options;

void add_writer_option(po::options_description& options) {
  options.add_options()  //
      ("writer", po::value<std::string>()->value_name("NAME|DIR|FILE"),
       "the language model: a pack, a folder, a GGUF file or what 'ogam models pull' brought; "
       "'none' does without (default: the pack writer, else writer-small, where installed)");
}

std::unique_ptr<TextWriter> writer_of(const CommandLine& line) {
  at::set_num_threads(ThreadBudget(line.common().threads).size());
  return open_writer(line.get_or<std::string>("writer", ""));
}

std::unique_ptr<TextWriter> needed_writer_of(const CommandLine& line, std::string_view what) {
  auto writer = writer_of(line);
  require(writer != nullptr, ErrorCode::unavailable,
          "{} needs a language model; build one with: {}, or name one: --writer NAME", what,
          pack_building_command("writer"));
  return writer;
}

}  // namespace ogam

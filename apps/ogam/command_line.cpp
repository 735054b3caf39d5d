#include "apps/ogam/command_line.h"

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <sstream>

#include "apps/ogam/console.h"
#include "apps/ogam/nearest_word.h"
#include "core/base/error.h"
#include "core/base/logging.h"
#include "core/base/version.h"

namespace ogam {

namespace po = boost::program_options;

namespace {

std::string default_archive() {
  const char* const archive = std::getenv("OGAM_ARCHIVE");
  return archive != nullptr && *archive != '\0' ? archive : "ogam-archive";
}

// A path is taken as text: Boost would read a std::filesystem::path only up to its first space.
po::options_description common_description(CommonOptions& common, std::string& device) {
  po::options_description options("Common options", static_cast<unsigned>(terminal_width()));
  options.add_options()  //
      ("archive", po::value<std::string>()->value_name("DIR"),
       "the archive (default ./ogam-archive, or OGAM_ARCHIVE)")  //
      ("pack",
       po::value<std::string>(&common.pack)->value_name("NAME|DIR")->default_value("starter"),
       "the models")  //
      ("device", po::value<std::string>(&device)->value_name("cpu|cuda")->default_value("cpu"),
       "where models run")  //
      ("threads", po::value<int>(&common.threads)->value_name("N")->default_value(0),
       "cores to use; 0: all")                                                                    //
      ("json", po::bool_switch(&common.json), "machine-readable output on stdout, nothing else")  //
      ("quiet,q", po::bool_switch(&common.quiet), "no progress, no summary")                      //
      ("verbose,v", po::bool_switch(&common.verbose), "say more")                                 //
      ("help,h", "this text")                                                                     //
      ("version", "the release of ogam");
  return options;
}

std::string suggestion(const po::unknown_option& error, const po::options_description& known) {
  std::vector<std::string> names;
  for (const auto& option : known.options()) {
    names.push_back(option->long_name());
  }
  std::string word = error.get_option_name();  // as written: "--lans" or "--lans=visual"
  word.erase(0, word.find_first_not_of('-'));
  word = word.substr(0, word.find('='));
  const std::string nearest = nearest_word(word, names);
  return nearest.empty() ? "" : fmt::format("; did you mean --{}?", nearest);
}

}  // namespace

CommandLine::CommandLine(const VerbUsage& usage, const po::options_description& own,
                         std::span<const std::string> arguments) {
  std::string device;
  const po::options_description common = common_description(common_, device);
  po::options_description hidden;
  hidden.add_options()("word", po::value<std::vector<std::string>>());
  po::options_description known;
  known.add(own).add(common);
  po::options_description all;
  all.add(known).add(hidden);
  po::positional_options_description positional;
  positional.add("word", -1);
  try {
    po::store(
        po::command_line_parser({arguments.begin(), arguments.end()})
            .options(all)
            .positional(positional)
            .style(po::command_line_style::unix_style & ~po::command_line_style::allow_guessing)
            .run(),
        values_);
    if (has("help")) {
      std::ostringstream text;
      text << "Usage: ogam " << usage.synopsis << "\n\n" << usage.description << "\n\n";
      if (!own.options().empty()) {
        text << own << "\n";
      }
      text << common;
      if (!usage.examples.empty()) {
        text << "\nExamples:\n" << usage.examples << "\n";
      }
      std::cout << text.str();
      helped_ = true;
      return;
    }
    if (has("version")) {
      std::cout << "ogam " << kVersion << "\n";
      helped_ = true;
      return;
    }
    po::notify(values_);
  } catch (const po::unknown_option& error) {
    fail(ErrorCode::invalid_argument, "{}{}", error.what(), suggestion(error, known));
  } catch (const po::error& error) {
    fail(ErrorCode::invalid_argument, "{}", error.what());
  }
  if (has("word")) {
    words_ = get<std::vector<std::string>>("word");
  }
  require(usage.positionals < 0 || static_cast<int>(words_.size()) <= usage.positionals,
          ErrorCode::invalid_argument, "too many words: '{}'; write: ogam {}",
          words_.empty() ? "" : words_.back(), usage.synopsis);
  require(device == "cpu" || device == "cuda", ErrorCode::invalid_argument,
          "'{}' is not a device; write cpu or cuda", device);
  require(device == "cpu", ErrorCode::unsupported,
          "this build runs models on the CPU only; leave --device out");
  require(common_.threads >= 0 && common_.threads <= 1024, ErrorCode::invalid_argument,
          "--threads takes a number from 0 to 1024, got {}", common_.threads);
  common_.archive = get_or<std::string>("archive", "");
  if (common_.archive.empty()) {
    common_.archive = default_archive();
  }
  set_log_level(common_.quiet     ? LogLevel::error
                : common_.verbose ? LogLevel::info
                                  : LogLevel::warning);
}

std::vector<std::pair<std::string, std::string>> parse_pairs(const std::vector<std::string>& texts,
                                                             const std::string& option) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string& text : texts) {
    const auto equals = text.find('=');
    require(equals != std::string::npos && equals > 0, ErrorCode::invalid_argument,
            "--{} takes NAME=VALUE, got '{}'", option, text);
    pairs.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return pairs;
}

}  // namespace ogam

#pragma once

#include <boost/program_options.hpp>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ogam {

/// What every verb understands.
struct CommonOptions {
  std::filesystem::path archive;
  std::string pack;
  int threads = 0;
  bool json = false;
  bool quiet = false;
  bool verbose = false;
};

/// What a verb's help says and its command line may hold.
struct VerbUsage {
  std::string synopsis;     ///< "index PATH..."
  std::string description;  ///< sentences under it
  std::string examples;     ///< lines under the options
  int positionals = 0;      ///< how many words may follow; -1: any number
};

/// The words of a verb's command line, parsed.
class CommandLine {
 public:
  /// Prints what --help or --version ask for; `wants_nothing_more` then holds.
  /// @param arguments without the program and the verb.
  /// @throws Error{invalid_argument} for unknown options, naming the one that was probably meant,
  ///     missing values and too many words; Error{unsupported} for a device this build lacks.
  CommandLine(const VerbUsage& usage, const boost::program_options::options_description& own,
              std::span<const std::string> arguments);

  bool wants_nothing_more() const { return helped_; }
  const CommonOptions& common() const { return common_; }
  const std::vector<std::string>& words() const { return words_; }

  bool has(const std::string& name) const { return values_.count(name) > 0; }
  template <typename T>
  T get(const std::string& name) const {
    return values_[name].as<T>();
  }
  template <typename T>
  T get_or(const std::string& name, T fallback) const {
    return has(name) ? get<T>(name) : fallback;
  }

 private:
  bool helped_ = false;
  CommonOptions common_;
  std::vector<std::string> words_;
  boost::program_options::variables_map values_;
};

/// "key=value" pairs, as in --tag and --weight.
/// @throws Error{invalid_argument} naming the option when there is no '='.
std::vector<std::pair<std::string, std::string>> parse_pairs(const std::vector<std::string>& texts,
                                                             const std::string& option);

}  // namespace ogam

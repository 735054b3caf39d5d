#pragma once

#include <string>
#include <vector>

namespace ogam::hub {

/// Which files of a model are wanted, by shell patterns over their paths, in which '*' stands for
/// slashes too.
struct FileSelection {
  std::vector<std::string> include;  ///< empty: what ogam can use, see default_patterns
  std::vector<std::string> exclude;

  bool wants(const std::string& path) const;
};

/// Configurations, safetensors, tokenizers, licence texts and the model's card, which names the
/// licence: what is fetched when nothing is asked for.
const std::vector<std::string>& default_patterns();

/// Whether `path` matches the pattern.
bool matches(const std::string& pattern, const std::string& path);

}  // namespace ogam::hub

#include "core/hub/file_selection.h"

#include <fnmatch.h>

#include <algorithm>

namespace ogam::hub {

namespace {

bool any_matches(const std::vector<std::string>& patterns, const std::string& path) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return matches(pattern, path); });
}

/// Weights that some repositories hold a second time, in their authors' own layout.
const std::vector<std::string>& second_copies() {
  static const std::vector<std::string> patterns = {"original/*", "consolidated*.safetensors"};
  return patterns;
}

}  // namespace

const std::vector<std::string>& default_patterns() {
  static const std::vector<std::string> patterns = {
      "*.json",  "*.safetensors", "*.model",  "*.spm",   "*.tiktoken", "*.txt",
      "*.jinja", "LICENSE*",      "LICENCE*", "NOTICE*", "README.md",
  };
  return patterns;
}

bool matches(const std::string& pattern, const std::string& path) {
  return ::fnmatch(pattern.c_str(), path.c_str(), 0) == 0;
}

bool FileSelection::wants(const std::string& path) const {
  const bool included =
      include.empty() ? any_matches(default_patterns(), path) && !any_matches(second_copies(), path)
                      : any_matches(include, path);
  return included && !any_matches(exclude, path);
}

}  // namespace ogam::hub

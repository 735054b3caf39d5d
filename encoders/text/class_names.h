#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ogam {

/// Names of the classes of a classifier, in several languages, with names of wider kinds.
///
/// As JSON: {"classes": [{"id": "n02123045", "names": {"en": ["tabby", ...], "ko": [...]},
/// "hypernyms": [{"depth": 1, "en": ["cat", ...], "ko": [...]}, ...]}, ...], "penalty": 0.03,
/// "certainty": {"none": 0.45, "full": 0.6}, "glossary": {"가마솥": "cauldron", ...},
/// "particles": ["에서", "이", ...]}; the last three may be missing.
struct ClassNames {
  /// `name` stands for `class_index`, `depth` levels above it.
  struct Entry {
    std::int64_t class_index = 0;
    std::int64_t name_index = 0;
    int depth = 0;
  };

  std::vector<std::string> ids;    ///< of the classes, in the classifier's order
  std::vector<std::string> names;  ///< distinct, sorted
  std::vector<Entry> entries;      ///< at least one for every class
  double penalty = 0;              ///< taken from the similarity for each level of depth
  double similarity_of_none = -2;  ///< a query no more similar than this is about no class
  double similarity_of_full = -1;  ///< one at least this similar surely is about one
  std::map<std::string, std::string, std::less<>> glossary;  ///< words that are replaced in queries
  std::vector<std::string> particles;  ///< endings that a word of the glossary may have

  /// @throws Error{not_found, corrupt_data} naming the file and what is wrong.
  static ClassNames read(const std::filesystem::path& path);

  /// `query` with every word of the glossary, alone or with a particle, replaced.
  std::string apply_glossary(std::string_view query) const;
};

}  // namespace ogam

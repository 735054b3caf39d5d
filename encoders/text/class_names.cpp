#include "encoders/text/class_names.h"

#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/text/unicode.h"

namespace ogam {

namespace {

constexpr std::size_t kMaxBytes = 64u << 20;
constexpr int kMaxDepth = 16;

/// Gathers the entries with the names themselves; numbers are given to names when all are known.
class Collector {
 public:
  explicit Collector(std::string origin) : origin_(std::move(origin)) {}

  /// Every list of names in `by_language`, an object such as {"en": ["cat"], "ko": ["고양이"]}.
  void add(const SortedJson& by_language, std::int64_t class_index, int depth) {
    require(by_language.is_object(), ErrorCode::corrupt_data,
            "{}: class {}: names must be an object of lists by language", origin_, class_index);
    for (const auto& [language, list] : by_language.items()) {
      if (language == "depth") {
        continue;
      }
      for (const auto& name :
           json_value<std::vector<std::string>>(by_language, language, origin_)) {
        require(!name.empty(), ErrorCode::corrupt_data, "{}: class {} has an empty name", origin_,
                class_index);
        found_[to_nfc(name)].push_back({.class_index = class_index, .depth = depth});
      }
    }
  }

  void finish(ClassNames& names) const {
    for (const auto& [name, entries] : found_) {
      const auto name_index = static_cast<std::int64_t>(names.names.size());
      names.names.push_back(name);
      for (auto entry : entries) {
        entry.name_index = name_index;
        names.entries.push_back(entry);
      }
    }
  }

 private:
  std::string origin_;
  std::map<std::string, std::vector<ClassNames::Entry>> found_;
};

void check_every_class_is_named(const ClassNames& names, const std::string& origin) {
  std::vector<bool> named(names.ids.size(), false);
  for (const auto& entry : names.entries) {
    named[static_cast<std::size_t>(entry.class_index)] = true;
  }
  const auto nameless = std::find(named.begin(), named.end(), false);
  require(!names.ids.empty() && nameless == named.end(), ErrorCode::corrupt_data,
          "{}: there are no classes, or class {} has no name", origin, nameless - named.begin());
}

}  // namespace

ClassNames ClassNames::read(const std::filesystem::path& path) {
  const auto origin = display_path(path);
  const auto json = parse_sorted_json(read_file(path, kMaxBytes), origin);
  ClassNames names;
  Collector collector(origin);
  for (const auto& entry : json_value<std::vector<SortedJson>>(json, "classes", origin)) {
    const auto class_index = static_cast<std::int64_t>(names.ids.size());
    names.ids.push_back(json_value<std::string>(entry, "id", origin));
    collector.add(json_value<SortedJson>(entry, "names", origin), class_index, 0);
    for (const auto& kind :
         json_value_or<std::vector<SortedJson>>(entry, "hypernyms", origin, {})) {
      const auto depth = json_value<int>(kind, "depth", origin);
      require(depth >= 1 && depth <= kMaxDepth, ErrorCode::corrupt_data,
              "{}: class {}: depth must be from 1 to {}, got {}", origin, names.ids.back(),
              kMaxDepth, depth);
      collector.add(kind, class_index, depth);
    }
  }
  collector.finish(names);
  check_every_class_is_named(names, origin);
  names.penalty = json_value<double>(json, "penalty", origin);
  require(names.penalty >= 0 && names.penalty <= 1, ErrorCode::corrupt_data,
          "{}: penalty must be from 0 to 1, got {}", origin, names.penalty);
  if (json.contains("certainty")) {
    const auto certainty = json_value<SortedJson>(json, "certainty", origin);
    names.similarity_of_none = json_value<double>(certainty, "none", origin);
    names.similarity_of_full = json_value<double>(certainty, "full", origin);
    require(names.similarity_of_none < names.similarity_of_full, ErrorCode::corrupt_data,
            "{}: certainty must grow from none to full, got {} and {}", origin,
            names.similarity_of_none, names.similarity_of_full);
  }
  for (const auto& [word, replacement] :
       json_value_or<std::map<std::string, std::string>>(json, "glossary", origin, {})) {
    names.glossary.emplace(to_nfc(word), replacement);
  }
  names.particles = json_value_or<std::vector<std::string>>(json, "particles", origin, {});
  return names;
}

std::string ClassNames::apply_glossary(std::string_view query) const {
  const auto read_word = [&](std::string_view word) -> std::string_view {
    if (const auto found = glossary.find(word); found != glossary.end()) {
      return found->second;
    }
    for (const auto& particle : particles) {
      if (word.size() > particle.size() && word.ends_with(particle)) {
        const auto found = glossary.find(word.substr(0, word.size() - particle.size()));
        if (found != glossary.end()) {
          return found->second;
        }
      }
    }
    return word;
  };
  constexpr std::string_view kSpaces = " \t\r\n";
  const auto composed = to_nfc(query);
  std::string read;
  for (std::size_t begin = 0; begin < composed.size();) {
    const auto word_begin = std::min(composed.find_first_not_of(kSpaces, begin), composed.size());
    const auto word_end = std::min(composed.find_first_of(kSpaces, word_begin), composed.size());
    read.append(composed, begin, word_begin - begin);
    read += read_word(std::string_view(composed).substr(word_begin, word_end - word_begin));
    begin = word_end;
  }
  return read;
}

}  // namespace ogam

#pragma once

#include <string>

#include "apps/ogam/command_line.h"
#include "core/base/json.h"
#include "pipelines/understanding/grounded_writing.h"

namespace ogam {

/// How what a language model wrote from sources is made, as JSON names it.
constexpr const char* kWritten = "written";

/// A place in an asset as people read it: "0:00:09-0:00:11", behind the file's name where that is
/// asked for or there is no time.
std::string place_text(const Citation& citation, bool with_name);

/// The members of a citation: "asset", "path", "start", "end", "lane", "text", "score".
Json citation_json(const Citation& citation);

/// A text that was written from sources, as the verbs print it.
class GroundedOutput {
 public:
  /// @param with_names whether file names stand before the times.
  GroundedOutput(const TextWriter& writer, const Sources& sources, const SourceBudget& budget,
                 const GroundedText& text, bool with_names)
      : writer_(writer), sources_(sources), budget_(budget), text_(text), with_names_(with_names) {}

  /// Each sentence on a line, with the places that it is from.
  std::string lines() const;

  /// "method", "model", "sentences" with the indices of their "citations", "dropped", "context".
  Json json() const;

  /// Says on stderr what was left out and, with --verbose, how much was read.
  void note(const CommonOptions& common) const;

 private:
  const TextWriter& writer_;
  const Sources& sources_;
  const SourceBudget& budget_;
  const GroundedText& text_;
  bool with_names_;
};

}  // namespace ogam

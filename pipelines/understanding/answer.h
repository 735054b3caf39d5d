#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "archive/archive.h"
#include "core/base/cancellation.h"
#include "pipelines/pack.h"

namespace ogam {

/// What is less likely than this to be meant is no answer; see docs/calibration.md.
constexpr double kAnswerMinScore = 0.25;

struct Question {
  std::string text;
  std::vector<std::string> assets;  ///< ids; empty: the whole archive
  double min_score = kAnswerMinScore;
  std::size_t most = 3;  ///< citations
};

/// A place in a source that answers, and what is said, written, seen or heard there.
struct Citation {
  std::string asset;
  std::filesystem::path path;
  TimeSpan span;  ///< within the asset; empty for pictures and texts
  Lane lane = Lane::speech;
  std::string text;  ///< the sentence or the line; of pictures and sounds, names of classes
  double score = 0;  ///< calibrated probability that this is meant
};

/// Answers by quoting: searches for the question, and for its words without those that only ask,
/// and cites what was found, best first. Nothing reaches the least score: the answer is not there.
/// @throws Error{invalid_argument} for an empty question or too many assets, and as `Searcher` and
///     `read_material`.
std::vector<Citation> answer_by_quoting(const Archive& archive, const Pack& pack,
                                        const Question& question,
                                        const CancellationToken& cancellation = {});

/// A question without the words that only ask: "When does the library open?" is "library open".
/// The same text when nothing would stay.
std::string without_asking_words(const std::string& question);

}  // namespace ogam

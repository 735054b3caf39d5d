#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/lane.h"
#include "core/base/time.h"

namespace ogam {

/// How a space's raw scores become probabilities; from the pack, see docs/calibration.md.
///   p = 1 / (1 + exp(-(intercept + slope * z))), z = (score - background mean) / background
///   deviation
struct Calibration {
  double intercept = -6;
  double slope = 1.5;
};

/// A query as one vector of one space.
struct VectorQuery {
  std::string space;          ///< Space::id
  std::vector<float> values;  ///< L2-normalised, or shorter when the query hardly fits the space
  Calibration calibration;
  bool negative = false;  ///< moments that it matches more likely than not are held back (`--not`)
  /// Raw scores are compared with those of the archive's own vectors among one another, not with
  /// those of its background queries.
  bool own_background = false;
};

enum class MatchMode {
  any,  ///< lanes add up: a moment may match in one lane alone
  all,  ///< every lane that was asked for must agree
};

enum class GroupBy { moment, asset };

struct ArchiveQuery {
  std::vector<VectorQuery> vectors{};
  std::string words{};      ///< looked up in the lexical index of the speech and text lanes
  std::string words_not{};  ///< lexical part of `--not`
  std::vector<Lane> lanes = Lane::all();
  std::map<Lane::Value, double> weights{};  ///< 1 where missing; 0 leaves a lane out
  MatchMode mode = MatchMode::any;
  GroupBy group_by = GroupBy::moment;
  std::string filter{};  ///< see docs/search.md; empty: everything
  double min_score = 0;
  std::size_t limit = 10;
  std::string page{};  ///< token of an earlier result; empty: the first page
};

/// Why a moment was found, as one lane saw it.
struct Evidence {
  double score = 0;                ///< calibrated probability of this lane alone
  Time time = 0;                   ///< where in the moment it was seen or heard
  std::string text;                ///< speech and text lanes: the utterance or line
  std::vector<std::string> words;  ///< the query's words that occur in it
};

/// A search result: a span of an asset, and why.
struct Moment {
  std::size_t rank = 0;  ///< from 1
  double score = 0;      ///< calibrated probability that this is a true match
  std::string asset;
  std::filesystem::path path;
  std::string kind;
  TimeSpan span;
  std::map<Lane::Value, Evidence> lanes;
};

struct SearchResult {
  std::vector<Moment> moments;
  std::size_t total = 0;  ///< moments that reach the minimum score, over all pages
  std::optional<std::string> next_page;
};

}  // namespace ogam

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "archive/background.h"
#include "archive/query.h"
#include "archive/snapshot.h"

namespace ogam {

/// The probability that a raw score means a match; see docs/calibration.md. At most 0.999.
double calibrated_probability(const Calibration& calibration, const Background& background,
                              double score);

/// What one lane says of each segment; empty when the query has no way into the lane.
struct LaneOpinion {
  double weight = 1;
  std::vector<float> probabilities;  ///< [segments]; 0 where the lane has nothing
};

/// In mode `all`, what every lane that was asked must reach.
constexpr double kAgreementFloor = 0.1;

/// The probability that a segment is a true match.
///   any: 1 - product over lanes of (1 - p)^weight (independent chances to be right)
///   all: the least p of the lanes, 0 when one of them is below kAgreementFloor
double fuse_lanes(const std::vector<LaneOpinion>& lanes, std::size_t segment, MatchMode mode);

/// A segment with its score.
struct Candidate {
  double score = 0;
  std::size_t segment = 0;  ///< as the snapshot numbers them
};

/// Best score first; of equals by asset id and time. Keeps the best one of each asset when asked
/// to. Only the first `count` are in order.
void order_candidates(std::vector<Candidate>& candidates, const Snapshot& snapshot,
                      GroupBy group_by, std::size_t count);

/// A token for the page that begins at `offset`, good for this query only.
std::string make_page_token(const ArchiveQuery& query, std::size_t offset);

/// @return where the page begins; 0 without a token.
/// @throws Error{invalid_argument} when the token is of another query or of no query at all.
std::size_t read_page_token(const ArchiveQuery& query);

}  // namespace ogam

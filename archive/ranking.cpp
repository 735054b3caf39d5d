#include "archive/ranking.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/base/error.h"
#include "core/base/hash.h"

namespace ogam {

namespace {

/// Feeds the parts of a query into a hash, each with its length, so that no two queries look alike.
class QueryDigest {
 public:
  void add(std::string_view text) {
    add_bytes(text.size());
    hash_.update(std::as_bytes(std::span(text.data(), text.size())));
  }

  template <typename T>
  requires std::is_arithmetic_v<T>
  void add_bytes(const T& value) { hash_.update(std::as_bytes(std::span(&value, 1))); }

  void add_values(const std::vector<float>& values) {
    add_bytes(values.size());
    hash_.update(std::as_bytes(std::span(values)));
  }

  std::string hex() const {
    std::string text;
    const auto digest = hash_.finish();
    for (std::size_t i = 0; i < 8; ++i) {
      text += fmt::format("{:02x}", digest[i]);
    }
    return text;
  }

 private:
  Blake3 hash_;
};

/// Everything that decides which moments come in which order; not the page and its length.
std::string digest_of(const ArchiveQuery& query) {
  QueryDigest digest;
  digest.add_bytes(query.vectors.size());
  for (const VectorQuery& vector : query.vectors) {
    digest.add(vector.space);
    digest.add_values(vector.values);
    digest.add_bytes(vector.calibration.intercept);
    digest.add_bytes(vector.calibration.slope);
    digest.add_bytes(vector.negative);
    digest.add_bytes(vector.own_background);
  }
  digest.add(query.words);
  digest.add(query.words_not);
  digest.add_bytes(query.lanes.size());
  for (const Lane lane : query.lanes) {
    digest.add(lane.name());
  }
  digest.add_bytes(query.weights.size());
  for (const auto& [lane, weight] : query.weights) {
    digest.add(Lane(lane).name());
    digest.add_bytes(weight);
  }
  digest.add_bytes(static_cast<int>(query.mode));
  digest.add_bytes(static_cast<int>(query.group_by));
  digest.add(query.filter);
  digest.add_bytes(query.min_score);
  return digest.hex();
}

}  // namespace

double calibrated_probability(const Calibration& calibration, const Background& background,
                              double score) {
  if (score <= 0) {
    return 0;  // nothing in common, however low the background lies
  }
  const double z = (score - background.mean) / background.deviation;
  const double p = 1 / (1 + std::exp(-(calibration.intercept + calibration.slope * z)));
  // Never quite certain; and where the curve is flat, better scores still come first.
  constexpr double kDoubt = 0.001;
  constexpr double kFarOut = 100;
  return (1 - kDoubt) * p + kDoubt * std::max(z, 0.0) / (std::max(z, 0.0) + kFarOut);
}

double fuse_lanes(const std::vector<LaneOpinion>& lanes, std::size_t segment, MatchMode mode) {
  double missed = 1;
  double least = 1;
  for (const LaneOpinion& lane : lanes) {
    if (lane.probabilities.empty()) {
      continue;
    }
    const double p = lane.probabilities[segment];
    missed *= lane.weight == 1 ? 1 - p : std::pow(1 - p, lane.weight);
    least = std::min(least, p);
  }
  if (mode == MatchMode::any) {
    return 1 - missed;
  }
  return least >= kAgreementFloor ? least : 0;
}

void order_candidates(std::vector<Candidate>& candidates, const Snapshot& snapshot,
                      GroupBy group_by, std::size_t count) {
  const auto before = [&](const Candidate& a, const Candidate& b) {
    if (a.score != b.score) {
      return a.score > b.score;
    }
    const Snapshot::Asset& first = snapshot.asset_of(a.segment);
    const Snapshot::Asset& second = snapshot.asset_of(b.segment);
    return first.row != second.row ? first.id < second.id : a.segment < b.segment;
  };
  if (group_by == GroupBy::asset) {
    std::map<std::int64_t, Candidate> best;
    for (const Candidate& candidate : candidates) {
      const auto [kept, added] = best.emplace(snapshot.asset_of(candidate.segment).row, candidate);
      if (!added && before(candidate, kept->second)) {
        kept->second = candidate;
      }
    }
    candidates.clear();
    for (const auto& [row, candidate] : best) {
      candidates.push_back(candidate);
    }
  }
  const auto end =
      candidates.begin() + static_cast<std::ptrdiff_t>(std::min(count, candidates.size()));
  std::partial_sort(candidates.begin(), end, candidates.end(), before);
}

std::string make_page_token(const ArchiveQuery& query, std::size_t offset) {
  return fmt::format("{}-{}", digest_of(query), offset);
}

std::size_t read_page_token(const ArchiveQuery& query) {
  if (query.page.empty()) {
    return 0;
  }
  constexpr std::size_t kFurthest = std::size_t{1} << 40;
  const std::string prefix = digest_of(query) + "-";
  std::size_t offset = 0;
  bool sound = query.page.starts_with(prefix);
  if (sound) {
    const char* const end = query.page.data() + query.page.size();
    const auto [stop, error] = std::from_chars(query.page.data() + prefix.size(), end, offset);
    sound = error == std::errc() && stop == end && offset <= kFurthest;
  }
  require(sound, ErrorCode::invalid_argument,
          "the page token '{}' belongs to another query; pass the next_page of this one, with "
          "nothing else changed",
          query.page.substr(0, 64));
  return offset;
}

}  // namespace ogam

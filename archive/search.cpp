#include "archive/search.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "archive/filter.h"
#include "archive/lexical.h"
#include "archive/ranking.h"
#include "archive/vector_scan.h"
#include "core/base/error.h"
#include "core/text/unicode.h"

namespace ogam {

namespace {

constexpr double kLargestWeight = 100;
constexpr double kHeldBackFrom = 0.5;      // a negative query that is more likely true than not
constexpr double kWorthMentioning = 0.01;  // lanes below say nothing about why a moment was found

const SpaceRow* find_space(const std::vector<SpaceRow>& spaces, const std::string& id) {
  const auto found = std::find_if(spaces.begin(), spaces.end(),
                                  [&](const SpaceRow& space) { return space.space.id == id; });
  return found == spaces.end() ? nullptr : &*found;
}

bool has_words(Lane lane) { return lane == Lane::speech || lane == Lane::text; }

/// Why a lane finds a segment: a vector, a line of text, or both.
struct Finding {
  const SpaceContent::Block* block = nullptr;  // of the best vector
  std::uint32_t row = 0;
  double vector_probability = 0;
  std::int64_t words_row = 0;  // of the best line
  double lexical_probability = 0;
};

/// A lane that takes part in a search.
struct AskedLane {
  Lane lane = Lane::visual;
  std::unordered_map<std::size_t, Finding> findings;  // by segment, those that are worth a mention
};

/// Everything one search works on.
class SearchRun {
 public:
  SearchRun(const ArchiveQuery& query, ArchiveState& state)
      : query_(query),
        state_(state),
        snapshot_(state.current_snapshot()),
        words_(query.words),
        words_not_(query.words_not) {}

  SearchResult run() {
    const std::size_t offset = read_page_token(query_);
    select_assets();
    select_lanes();
    ask_lanes();
    hold_back();
    std::vector<Candidate> candidates = collect();
    order_candidates(candidates, snapshot_, query_.group_by, offset + query_.limit);
    SearchResult result;
    result.total = candidates.size();
    for (std::size_t i = offset; i < candidates.size() && i - offset < query_.limit; ++i) {
      result.moments.push_back(describe(candidates[i], i + 1));
    }
    const std::size_t behind = offset + result.moments.size();
    if (behind < candidates.size() && !result.moments.empty()) {
      result.next_page = make_page_token(query_, behind);
    }
    return result;
  }

 private:
  void select_assets() {
    allowed_.assign(snapshot_.assets.size(), query_.filter.empty());
    if (query_.filter.empty()) {
      return;
    }
    const CompiledFilter filter = compile_filter(query_.filter);
    Rows rows = state_.database.query("SELECT assets.id FROM assets WHERE " + filter.sql);
    for (std::size_t i = 0; i < filter.parameters.size(); ++i) {
      std::visit(
          [&](const auto& value) {
            using Value = std::decay_t<decltype(value)>;
            if constexpr (std::is_same_v<Value, double>) {
              rows.bind(static_cast<int>(i) + 1, value);
            } else {
              rows.bind(static_cast<int>(i) + 1, std::string_view(value));
            }
          },
          filter.parameters[i]);
    }
    while (rows.next()) {
      if (const auto asset = snapshot_.find_row(rows.integer(0))) {
        allowed_[*asset] = true;
      }
    }
  }

  double weight_of(Lane lane) const {
    const auto found = query_.weights.find(lane);
    return found == query_.weights.end() ? 1 : found->second;
  }

  void select_lanes() {
    for (const Lane lane : Lane::all()) {
      const bool named =
          std::find(query_.lanes.begin(), query_.lanes.end(), lane) != query_.lanes.end();
      if (named && weight_of(lane) > 0) {
        lanes_.push_back(lane);
      }
    }
  }

  bool is_wanted(Lane lane) const {
    return std::find(lanes_.begin(), lanes_.end(), lane) != lanes_.end();
  }

  /// Fills `opinions_` and `asked_`, one of each for a wanted lane.
  void ask_lanes() {
    const auto lines = find_words(state_.database, snapshot_, words_, {lanes_, allowed_});
    for (const Lane lane : lanes_) {
      AskedLane asked{lane, {}};
      LaneOpinion opinion{weight_of(lane), {}};
      for (const VectorQuery& vector : query_.vectors) {
        const SpaceRow& space = *find_space(snapshot_.spaces, vector.space);
        if (!vector.negative && space.space.lane == lane) {
          opinion.probabilities.resize(snapshot_.segments);
          ask_vectors(vector, space, opinion, asked);
        }
      }
      if (has_words(lane) && !words_.empty()) {
        opinion.probabilities.resize(snapshot_.segments);
        for (const LexicalHit& line : lines) {
          if (line.lane == lane) {
            Finding& finding = asked.findings[line.segment];
            finding.words_row = line.words_row;
            finding.lexical_probability = line.probability;
            raise(opinion.probabilities[line.segment], line.probability);
          }
        }
      }
      opinions_.push_back(std::move(opinion));
      asked_.push_back(std::move(asked));
    }
  }

  void ask_vectors(const VectorQuery& vector, const SpaceRow& space, LaneOpinion& opinion,
                   AskedLane& asked) {
    const SpaceContent& content = content_of(snapshot_, space, state_.database, state_.store);
    const Background& background = background_of(vector, space);
    const auto hits = scan_space(snapshot_, content, vector.values, allowed_);
    for (std::size_t segment = 0; segment < hits.size(); ++segment) {
      const SegmentHit& hit = hits[segment];
      if (!hit.found()) {
        continue;
      }
      const double p = calibrated_probability(vector.calibration, background, hit.score);
      raise(opinion.probabilities[segment], p);
      if (p < kWorthMentioning) {
        continue;
      }
      Finding& finding = asked.findings[segment];
      if (p > finding.vector_probability) {
        finding.block = &content.blocks[hit.block];
        finding.row = hit.row;
        finding.vector_probability = p;
      }
    }
  }

  const Background& background_of(const VectorQuery& vector, const SpaceRow& space) {
    return vector.own_background ? state_.own_background_of(space) : state_.background_of(space);
  }

  static void raise(float& probability, double p) {
    probability = std::max(probability, static_cast<float>(p));
  }

  /// Marks the segments that a negative query matches in one of the wanted lanes.
  void hold_back() {
    held_.assign(snapshot_.segments, false);
    for (const VectorQuery& vector : query_.vectors) {
      const SpaceRow& space = *find_space(snapshot_.spaces, vector.space);
      if (!vector.negative || !is_wanted(space.space.lane)) {
        continue;
      }
      const SpaceContent& content = content_of(snapshot_, space, state_.database, state_.store);
      const Background& background = background_of(vector, space);
      const auto hits = scan_space(snapshot_, content, vector.values, allowed_);
      for (std::size_t segment = 0; segment < hits.size(); ++segment) {
        if (hits[segment].found() && calibrated_probability(vector.calibration, background,
                                                            hits[segment].score) >= kHeldBackFrom) {
          held_[segment] = true;
        }
      }
    }
    for (const LexicalHit& line :
         find_words(state_.database, snapshot_, words_not_, {lanes_, allowed_})) {
      if (line.probability >= kHeldBackFrom) {
        held_[line.segment] = true;
      }
    }
  }

  std::vector<Candidate> collect() const {
    std::vector<Candidate> candidates;
    const bool asked = std::any_of(opinions_.begin(), opinions_.end(), [](const auto& opinion) {
      return !opinion.probabilities.empty();
    });
    for (std::size_t segment = 0; asked && segment < snapshot_.segments; ++segment) {
      const double score = held_[segment] ? 0 : fuse_lanes(opinions_, segment, query_.mode);
      if (score > 0 && score >= query_.min_score) {
        candidates.push_back({score, segment});
      }
    }
    return candidates;
  }

  Moment describe(const Candidate& candidate, std::size_t rank) const {
    const Snapshot::Asset& asset = snapshot_.asset_of(candidate.segment);
    Moment moment;
    moment.rank = rank;
    moment.score = candidate.score;
    moment.asset = asset.id;
    Rows rows = state_.database.query(
        "SELECT assets.path, assets.kind, segments.start, segments.end FROM assets "
        "JOIN segments ON segments.asset = assets.id WHERE assets.id = ? AND segments.ordinal = ?",
        asset.row, candidate.segment - asset.first_segment);
    require(rows.next(), ErrorCode::corrupt_data,
            "the catalog is damaged: segment {} of {} is missing",
            candidate.segment - asset.first_segment, asset.id);
    moment.path = path_from_blob(rows.blob(0));
    moment.kind = rows.text(1);
    moment.span = {rows.integer(2), rows.integer(3)};
    for (const AskedLane& asked : asked_) {
      if (const auto found = asked.findings.find(candidate.segment);
          found != asked.findings.end()) {
        moment.lanes.emplace(asked.lane, evidence(found->second, asset.row, moment.span));
      }
    }
    return moment;
  }

  Evidence evidence(const Finding& finding, std::int64_t asset, const TimeSpan& span) const {
    Evidence evidence;
    evidence.score = std::max(finding.vector_probability, finding.lexical_probability);
    evidence.time = span.start;
    const bool by_words = finding.lexical_probability >= finding.vector_probability;
    if (by_words) {
      add_line(evidence, "id = ?1 AND ?2 = 0", finding.words_row, 0);
    } else {
      const VectorRow& row = finding.block->vectors.rows[finding.row];
      if (row.words != VectorRow::kNoWords) {
        add_line(evidence, "asset = ?1 AND ordinal = ?2", asset, row.words);
      }
      evidence.time = row.time;
    }
    return evidence;
  }

  /// Text, time and the query's words of the line that `condition` names.
  void add_line(Evidence& evidence, std::string_view condition, std::int64_t first,
                std::int64_t second) const {
    Rows rows = state_.database.query(
        fmt::format("SELECT start, text, timed FROM words WHERE {}", condition), first, second);
    require(rows.next(), ErrorCode::corrupt_data,
            "the catalog is damaged: the words of a moment are missing");
    evidence.text = rows.text(1);
    evidence.words = words_.matched_words(words_.match(evidence.text));
    evidence.time = words_.first_time(decode_timed_words(rows.text(2))).value_or(rows.integer(0));
  }

  const ArchiveQuery& query_;
  ArchiveState& state_;
  Snapshot& snapshot_;
  WordsQuery words_;
  WordsQuery words_not_;
  std::vector<bool> allowed_;  // by asset
  std::vector<Lane> lanes_;    // that were asked for and count
  std::vector<bool> held_;     // by segment
  std::vector<LaneOpinion> opinions_;
  std::vector<AskedLane> asked_;
};

}  // namespace

void check_query(const ArchiveQuery& query, const std::vector<SpaceRow>& spaces) {
  bool positive = !query.words.empty();
  for (const VectorQuery& vector : query.vectors) {
    const SpaceRow* const space = find_space(spaces, vector.space);
    if (space == nullptr) {
      std::vector<std::string> known;
      known.reserve(spaces.size());
      for (const SpaceRow& row : spaces) {
        known.push_back(describe_space(row.space));
      }
      fail(ErrorCode::invalid_argument,
           "the query is of the space {}, this archive holds {}; search with the pack it was made "
           "with",
           vector.space.substr(0, 12),
           known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", ")));
    }
    require(vector.values.size() == static_cast<std::size_t>(space->space.dimension),
            ErrorCode::invalid_argument, "a query of {} has {} values, got {}",
            describe_space(space->space), space->space.dimension, vector.values.size());
    require(are_usable(vector.values), ErrorCode::invalid_argument,
            "a query of {} has values that are not finite", describe_space(space->space));
    require(std::isfinite(vector.calibration.intercept) &&
                std::isfinite(vector.calibration.slope) && vector.calibration.slope > 0,
            ErrorCode::invalid_argument,
            "the calibration of {} needs a positive slope, got {} and intercept {}",
            describe_space(space->space), vector.calibration.slope, vector.calibration.intercept);
    positive = positive || !vector.negative;
  }
  require(positive, ErrorCode::invalid_argument,
          "a search needs something to look for, not only what to leave out");
  require(query.limit >= 1 && query.limit <= 100'000, ErrorCode::invalid_argument,
          "a page has 1 to 100000 moments, got {}", query.limit);
  require(query.min_score >= 0 && query.min_score <= 1, ErrorCode::invalid_argument,
          "the least score is a probability from 0 to 1, got {}", query.min_score);
  for (const auto& [lane, weight] : query.weights) {
    require(weight >= 0 && weight <= kLargestWeight, ErrorCode::invalid_argument,
            "a weight is 0 to {}, got {} for {}", kLargestWeight, weight, Lane(lane).name());
  }
}

SearchResult run_search(const ArchiveQuery& query, ArchiveState& state) {
  return SearchRun(query, state).run();
}

}  // namespace ogam

#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "archive/archive.h"
#include "pipelines/pack.h"

namespace ogam {

/// What is less likely than this is not shown unless asked for; see docs/calibration.md.
constexpr double kDefaultMinScore = 0.15;

/// A question to an archive. Text, picture, sound and clip may be given together.
struct SearchRequest {
  std::string text;
  std::filesystem::path image;
  std::filesystem::path audio;
  std::filesystem::path video;
  std::optional<TimeSpan> span;  ///< of the clip, or of the sound when there is no clip
  std::string text_not;          ///< moments that match this are held back
  std::vector<Lane> lanes = Lane::all();
  MatchMode mode = MatchMode::any;
  std::map<Lane::Value, double> weights;
  std::string filter;
  double min_score = kDefaultMinScore;
  GroupBy group_by = GroupBy::moment;
  std::size_t limit = 10;
  std::string page;
};

/// Searches one archive many times with the models loaded once.
class [[gnu::visibility("default")]] Searcher {
 public:
  /// @throws Error{invalid_argument} naming both spaces when the archive was made with other models
  /// than the pack's.
  Searcher(const Archive& archive, const Pack& pack);
  ~Searcher();

  /// @throws Error{invalid_argument} for an empty or contradictory request, errors of reading query
  /// media.
  SearchResult search(const SearchRequest& request);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// One search; see `Searcher`.
[[gnu::visibility("default")]] SearchResult search(const Archive& archive, const Pack& pack,
                                                   const SearchRequest& request);

}  // namespace ogam

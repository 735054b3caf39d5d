#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "archive/query.h"
#include "core/base/thread_budget.h"
#include "pipelines/pack.h"

namespace ogam {

/// What is looked for; several kinds together ask for moments that match any of them.
struct QueryMedia {
  std::string text;
  std::filesystem::path image;
  std::filesystem::path audio;
  std::filesystem::path video;
  std::optional<TimeSpan> span;  ///< of the video, or of the audio without one; else the whole
};

/// Brings queries into the spaces of a pack's lanes, each by the route that the pack names for it.
class QueryEncoder {
 public:
  explicit QueryEncoder(Pack pack) : pack_(std::move(pack)) {}

  /// One vector for every space of `lanes` that a part of the query has a route into.
  /// @throws Error{unsupported} when a part has no route into any of the lanes, naming the lanes
  /// that have one;
  ///     errors of reading the media files.
  std::vector<VectorQuery> encode(const QueryMedia& query, const std::vector<Lane>& lanes);

  /// One vector of a space for each text, as `encode` makes them; for the archive's background.
  /// Nothing when texts have no route into the space.
  std::vector<std::vector<float>> encode_texts(const PackLane& lane, const PackSpace& space,
                                               const std::vector<std::string>& texts);

 private:
  std::vector<std::vector<float>> encode_texts(const PackLane& lane, const PackSpace& space,
                                               const PackQueryRoute& route,
                                               const std::vector<std::string>& texts);

  Pack pack_;
};

}  // namespace ogam

#include "pipelines/search.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/text/unicode.h"
#include "pipelines/query_encoder.h"

namespace ogam {

struct Searcher::State {
  const Archive& archive;
  QueryEncoder encoder;
  std::vector<Lane> lanes;  // that the archive has vectors for
};

Searcher::Searcher(const Archive& archive, const Pack& pack)
    : state_(new State{archive, QueryEncoder(pack), {}}) {
  const std::vector<Space> known = pack.spaces();
  for (const Space& stored : archive.spaces()) {
    const auto same = std::find(known.begin(), known.end(), stored);
    require(same != known.end(), ErrorCode::invalid_argument,
            "the archive {} holds vectors of the space {} ({}), which the pack {} does not have; "
            "search with the "
            "pack that it was indexed with, or index again into a new archive",
            archive.info().folder.string(), stored.name, stored.id, pack.manifest().name);
    if (std::find(state_->lanes.begin(), state_->lanes.end(), stored.lane) == state_->lanes.end()) {
      state_->lanes.push_back(stored.lane);
    }
  }
}

Searcher::~Searcher() = default;

SearchResult Searcher::search(const SearchRequest& request) {
  const bool empty = request.text.empty() && request.image.empty() && request.audio.empty() &&
                     request.video.empty();
  require(!empty, ErrorCode::invalid_argument,
          "nothing to look for; give a text, a picture, a sound or a clip");
  require(request.limit > 0, ErrorCode::invalid_argument, "the limit must be 1 at least, got {}",
          request.limit);
  require(request.min_score >= 0 && request.min_score <= 1, ErrorCode::invalid_argument,
          "the minimum score lies between 0 and 1, got {}", request.min_score);

  std::vector<Lane> lanes;
  for (const Lane lane : request.lanes) {
    if (std::find(state_->lanes.begin(), state_->lanes.end(), lane) != state_->lanes.end()) {
      lanes.push_back(lane);
    }
  }
  require(!lanes.empty(), ErrorCode::invalid_argument,
          "this archive holds nothing of the lanes that were asked for; index with --lanes, or "
          "search in others");
  ArchiveQuery query;
  query.vectors = state_->encoder.encode({.text = calm_capitals(to_nfc(request.text)),
                                          .image = request.image,
                                          .audio = request.audio,
                                          .video = request.video,
                                          .span = request.span},
                                         lanes);
  if (!request.text_not.empty()) {
    QueryMedia unwanted_media;
    unwanted_media.text = calm_capitals(to_nfc(request.text_not));
    for (VectorQuery& unwanted : state_->encoder.encode(unwanted_media, lanes)) {
      unwanted.negative = true;
      query.vectors.push_back(std::move(unwanted));
    }
  }
  query.words = to_nfc(request.text);
  query.words_not = to_nfc(request.text_not);
  query.lanes = request.lanes;
  query.weights = request.weights;
  query.mode = request.mode;
  query.group_by = request.group_by;
  query.filter = request.filter;
  query.min_score = request.min_score;
  query.limit = request.limit;
  query.page = request.page;
  return state_->archive.search(query);
}

SearchResult search(const Archive& archive, const Pack& pack, const SearchRequest& request) {
  return Searcher(archive, pack).search(request);
}

}  // namespace ogam

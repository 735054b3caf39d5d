#include "pipelines/search.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/base/logging.h"
#include "core/text/unicode.h"
#include "pipelines/archive_lanes.h"
#include "pipelines/query_encoder.h"

namespace ogam {

namespace {

/// Whether there is nothing in a text but white space.
bool is_blank(std::string_view text) {
  const auto letters = code_points(repair_utf8(text));
  return std::all_of(letters.begin(), letters.end(), &is_white_space);
}

/// The lanes of `asked` that the archive has, in that order. What is fused of other lanes would
/// count their evidence twice, so it speaks when it is asked for by name, or is alone.
std::vector<Lane> lanes_in(const std::vector<Lane>& asked, const std::vector<Lane>& there) {
  const bool by_name = asked.size() < Lane::all().size();  // asking for everything names no lane
  std::vector<Lane> lanes;
  for (const Lane lane : asked) {
    if (lane == Lane::fused && !by_name && there.size() > 1) {
      continue;
    }
    if (std::find(there.begin(), there.end(), lane) != there.end()) {
      lanes.push_back(lane);
    } else if (by_name) {
      log_warning("this archive holds nothing of the lane {}; it is left out", lane.name());
    }
  }
  require(!lanes.empty(), ErrorCode::invalid_argument,
          "this archive holds nothing of the lanes that were asked for; index with --lanes, or "
          "search in others");
  return lanes;
}

}  // namespace

struct Searcher::State {
  const Archive& archive;
  QueryEncoder encoder;
  std::vector<Lane> lanes;  // that the archive has vectors for
};

Searcher::Searcher(const Archive& archive, const Pack& pack)
    : state_(new State{archive, QueryEncoder(pack), lanes_of(archive, pack)}) {}

Searcher::~Searcher() = default;

SearchResult Searcher::search(const SearchRequest& request) {
  const bool empty = is_blank(request.text) && request.image.empty() && request.audio.empty() &&
                     request.video.empty();
  require(!empty, ErrorCode::invalid_argument,
          "nothing to look for; give a text, a picture, a sound or a clip");
  require(request.limit > 0, ErrorCode::invalid_argument, "the limit must be 1 at least, got {}",
          request.limit);
  require(request.min_score >= 0 && request.min_score <= 1, ErrorCode::invalid_argument,
          "the minimum score lies between 0 and 1, got {}", request.min_score);

  const std::vector<Lane> lanes = lanes_in(request.lanes, state_->lanes);
  ArchiveQuery query;
  query.vectors = state_->encoder.encode({.text = calm_capitals(to_nfc(request.text)),
                                          .image = request.image,
                                          .audio = request.audio,
                                          .video = request.video,
                                          .span = request.span},
                                         lanes);
  if (!is_blank(request.text_not)) {
    QueryMedia unwanted_media;
    unwanted_media.text = calm_capitals(to_nfc(request.text_not));
    for (VectorQuery& unwanted : state_->encoder.encode(unwanted_media, lanes)) {
      unwanted.negative = true;
      query.vectors.push_back(std::move(unwanted));
    }
  }
  query.words = to_nfc(request.text);
  query.words_not = to_nfc(request.text_not);
  query.lanes = lanes;  // in mode all, a lane that the archive lacks could never agree
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

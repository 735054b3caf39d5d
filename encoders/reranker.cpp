#include "encoders/reranker.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "core/base/error.h"
#include "core/base/files.h"
#include "encoders/video/qwen3_vl_reranker.h"

namespace ogam {

namespace {

/// How the checkpoints of one `model_type` become rerankers.
struct RerankerRow {
  std::string_view model_type;
  std::unique_ptr<Reranker> (*make)(Checkpoint&);
};

constexpr std::array kRerankers = {
    RerankerRow{"qwen3_vl", &make_qwen3_vl_reranker},
};

}  // namespace

std::unique_ptr<Reranker> make_reranker(Checkpoint& checkpoint) {
  const auto model_type = checkpoint.model_type();
  const auto* const row = std::find_if(
      kRerankers.begin(), kRerankers.end(),
      [&](const RerankerRow& candidate) { return candidate.model_type == model_type; });
  require(row != kRerankers.end(), ErrorCode::unsupported,
          "{}: there is no reranker of model_type '{}'; there are: {}",
          display_path(checkpoint.folder()), model_type, fmt::join(reranker_model_types(), ", "));
  auto reranker = row->make(checkpoint);
  checkpoint.finish();
  return reranker;
}

std::vector<std::string_view> reranker_model_types() {
  std::vector<std::string_view> types;
  types.reserve(kRerankers.size());
  for (const RerankerRow& row : kRerankers) {
    types.push_back(row.model_type);
  }
  return types;
}

}  // namespace ogam

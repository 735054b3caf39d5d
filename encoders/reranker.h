#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/media/image.h"
#include "core/tensor/checkpoint.h"
#include "encoders/encoder.h"

namespace ogam {

/// What is looked for.
struct RerankQuery {
  std::string text;
  std::string instruction = {};  ///< what makes a candidate a good one; empty for the model's own
};

/// What may answer a query.
using RerankCandidate = std::variant<std::string, Image, VideoClip>;

/// Judges how well candidates answer a query, reading both at once: slower than comparing vectors,
/// and better. For the few that a search has found.
class Reranker {
 public:
  virtual ~Reranker() = default;

  /// Which frames of a clip it wants.
  virtual VideoSampling sampling() const = 0;

  /// The probability, 0 to 1, that each candidate answers the query; it does not depend on the
  /// other candidates.
  virtual std::vector<double> score(const RerankQuery& query,
                                    std::span<const RerankCandidate> candidates) const = 0;
};

/// Builds the reranker that the checkpoint's `model_type` names and checks that every tensor of the
/// checkpoint has found its place.
/// @throws Error{unsupported} listing the model types when it is none of them, Error{corrupt_data}
///     when the weights do not fit.
std::unique_ptr<Reranker> make_reranker(Checkpoint& checkpoint);

/// The values of `model_type` that make_reranker knows, in alphabetical order.
std::vector<std::string_view> reranker_model_types();

}  // namespace ogam

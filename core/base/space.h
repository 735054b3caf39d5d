#pragma once

#include <string>

#include "core/base/lane.h"

namespace ogam {

/// The identity of a vector space. Vectors meet only inside one space.
struct Space {
  std::string id;    ///< hash over model weights, preprocessing, prompt and dimension: equal ids,
                     ///< equal spaces
  std::string name;  ///< for people: "efficientnet-lite2/posterior"
  Lane lane = Lane::visual;
  int dimension = 0;

  friend bool operator==(const Space& a, const Space& b) { return a.id == b.id; }
};

}  // namespace ogam

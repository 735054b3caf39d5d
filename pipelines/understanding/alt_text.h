#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipelines/understanding/material.h"

namespace ogam {

/// A text in place of a picture, or of a span of a video: names of classes and words that are read
/// there, no sentence.
struct AltText {
  TimeSpan span;
  std::string text;             ///< "Picture: monarch; words: ..."
  std::vector<Label> pictures;  ///< all that the archive knows, likeliest first
  std::vector<Label> sounds;
  std::vector<std::string> words;  ///< what is written there
};

/// Texts for a picture, for each segment of a video, or for the `span` of it together.
///
/// The text names up to three classes that are as likely as `kSureEnough`; a classifier that knows
/// none of what it sees names nothing, or something wrong.
/// @param language of the few words around the names: "ko", else English.
/// @throws Error{invalid_argument} for a span that is not within the asset.
std::vector<AltText> alt_texts(const AssetMaterial& material, const std::optional<TimeSpan>& span,
                               std::string_view language);

/// Labels of one kind over all segments that `span` touches, by how long each lies in it.
std::vector<Label> labels_in(const AssetMaterial& material, const TimeSpan& span,
                             std::vector<Label> SegmentMaterial::*labels);

constexpr float kSureEnough = 0.2F;

}  // namespace ogam

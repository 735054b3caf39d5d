#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipelines/understanding/boundaries.h"
#include "pipelines/understanding/material.h"

namespace ogam {

/// What a title was made of.
enum class TitleSource { screen, phrases, sentence, labels, number, writer };

/// "screen", "phrases", "sentence", "labels", "number" or "writer": a language model.
std::string_view title_source_name(TitleSource source);

/// A part of an asset that is about one thing.
struct Chapter {
  TimeSpan span;
  std::string title;  ///< one line
  TitleSource title_source = TitleSource::number;
  std::vector<std::string> phrases{};  ///< what it is about, best first
  std::optional<Boundary> boundary{};  ///< why it begins here; nothing for the first
};

struct ChapterOptions {
  Time min_length = 0;  ///< 0: a thirtieth of the asset, from 10 s to 3 minutes
  Time max_length = 0;  ///< 0: a third of the asset, 3 minutes at least
};

/// Divides an asset into chapters that cover it without gaps, and names them, by extraction:
/// nothing is written anew.
///
/// A title is what stands on screen when the chapter begins, else its key phrases, else the
/// beginning of its first sentence, else what is seen or heard most, else its number.
/// @throws Error{invalid_argument} for an asset without time, and for lengths that make no sense.
std::vector<Chapter> find_chapters(const AssetMaterial& material,
                                   const ChapterOptions& options = {});

/// The sentences of `sentences`, which are in order of time, that begin in `span`.
std::span<const TimedSentence> sentences_in(const std::vector<TimedSentence>& sentences,
                                            const TimeSpan& span);

}  // namespace ogam

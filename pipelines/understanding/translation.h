#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/cancellation.h"
#include "core/base/timed_text.h"
#include "pipelines/text_writer.h"

namespace ogam {

struct TranslatedTexts {
  std::vector<TimedText> texts;  ///< with the spans of the originals and without words
  /// How many stand as they were, since their translation named other numbers than they do.
  std::size_t kept = 0;
};

/// Translates texts one by one, each on a line. A language model may say something else than what
/// was said; only that the numbers are the same is looked after.
/// @param language of the translation: one that language_name knows.
/// @throws Error{invalid_argument} for another one, Error{unsupported} when the model takes no
///     instructions, as TextWriter::write.
TranslatedTexts translate_texts(TextWriter& writer, std::span<const TimedText> texts,
                                std::string_view language,
                                const CancellationToken& cancellation = {});

}  // namespace ogam

#pragma once

#include <cstddef>
#include <vector>

#include "core/base/cancellation.h"
#include "pipelines/text_writer.h"
#include "pipelines/understanding/chapters.h"

namespace ogam {

/// Lets a language model write the titles of chapters from what is said in them, or written where
/// nothing is said. A title with a number or a name that is not there, or of which less than half
/// of the words are, is not taken: the chapter keeps the one that it has.
/// @return how many titles were taken.
/// @throws Error{unsupported} when the model takes no instructions or its context is small, as
///     TextWriter::write.
std::size_t write_titles(TextWriter& writer, const AssetMaterial& material,
                         std::vector<Chapter>& chapters,
                         const CancellationToken& cancellation = {});

}  // namespace ogam

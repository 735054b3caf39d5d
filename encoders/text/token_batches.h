#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "core/text/tokenizer.h"

namespace ogam {

/// Runs a text tower over texts, those of equal length together and some thousand tokens at a time:
/// nothing is filled up, so that a text's vector cannot depend on its batch.
///
/// @param texts the tokens of each, none of them empty.
/// @param size D, of the vectors.
/// @param encode takes tokens [n, T] int64 and gives [n, D].
/// @return [N, D] float32, in the order of the texts.
/// @throws Error{invalid_argument} when a text has no tokens.
at::Tensor encode_equal_lengths(const std::vector<Tokenizer::Ids>& texts, std::int64_t size,
                                const std::function<at::Tensor(const at::Tensor&)>& encode);

/// The tokens of a text, cut so that there are at most `limit`: the special token at the end stays.
Tokenizer::Ids cut_tokens(Tokenizer::Ids tokens, std::int64_t limit);

}  // namespace ogam

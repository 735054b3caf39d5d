#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "encoders/text/sentence_tokenizer.h"

namespace ogam {

/// Runs a text tower over texts, those of equally many tokens together and some thousand tokens at
/// a time: nothing is filled up, so that a text's vector cannot depend on its batch.
///
/// @param size D, of the vectors.
/// @param encode takes tokens [n, T] int64 and gives [n, D].
/// @return [N, D] float32, in the order of the texts.
/// @throws Error{invalid_argument} when a text has no tokens.
at::Tensor encode_equal_lengths(const SentenceTokenizer& tokenizer,
                                std::span<const std::string> texts, std::int64_t size,
                                const std::function<at::Tensor(const at::Tensor&)>& encode);

}  // namespace ogam

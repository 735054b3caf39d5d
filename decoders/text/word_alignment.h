#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decoders/text/whisper_decoder.h"
#include "decoders/text/whisper_tokens.h"

namespace ogam {

/// The cheapest monotonic path through a matrix of costs, from its first to its last cell, by steps
/// to the next row, the next column, or both.
/// @param cost [N, T] float32.
/// @return for each row the first column of the path in it.
std::vector<std::int64_t> align_rows(const at::Tensor& cost);

/// The median over `width` neighbours (odd) along the last dimension, ends reflected.
at::Tensor median_filter(const at::Tensor& x, std::int64_t width);

/// A word as a run of tokens.
struct TokenWord {
  std::size_t first = 0;  ///< index of its first token
  std::size_t count = 0;
  std::size_t spoken = 0;  ///< tokens before the punctuation at its end
  std::string text;        ///< with the space and the punctuation that belong to it
};

/// The bytes that a run of text tokens stands for.
using TokenDecoder = std::function<std::string(std::span<const std::int32_t>)>;

/// Whether words are parted by spaces: not so in Chinese, Japanese, Thai, ...
/// @param language ISO 639.
bool is_written_with_spaces(std::string_view language);

/// Divides text into words: at spaces, or, in languages written without them (Chinese, Japanese,
/// Thai, ...), at characters. Punctuation joins the word it belongs to.
std::vector<TokenWord> split_words(std::span<const std::int32_t> tokens, std::string_view language,
                                   const TokenDecoder& decode);

/// When each token is spoken, in seconds from the start of the window, and how sure the model is of
/// it.
struct TokenTimes {
  std::vector<double> starts;         ///< N + 1: the last is the end of the last token
  std::vector<double> probabilities;  ///< N
};

/// Finds the times of text tokens from the decoder's attention to the sound: normalised over
/// tokens, smoothed by a median filter, averaged over heads, followed by dynamic time warping.
/// Source: Radford et al. 2022, reference implementation (word-level timestamps).
class WordAligner {
 public:
  WordAligner(const WhisperDecoder& decoder, const WhisperTokens& tokens)
      : decoder_(decoder), tokens_(tokens) {}

  /// @param sound from WhisperDecoder::project.
  /// @param prompt from WhisperTokens::prompt.
  /// @param text text tokens alone, without times.
  /// @param seconds how much of the window holds sound.
  TokenTimes align(const std::vector<KeyValues>& sound, const std::vector<std::int32_t>& prompt,
                   std::span<const std::int32_t> text, double seconds) const;

 private:
  const WhisperDecoder& decoder_;
  const WhisperTokens& tokens_;
};

}  // namespace ogam

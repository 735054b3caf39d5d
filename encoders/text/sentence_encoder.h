#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/nn/sentence_modules.h"
#include "core/tensor/checkpoint.h"
#include "encoders/encoder.h"
#include "encoders/text/sentence_tokenizer.h"

namespace ogam {

/// A transformer over the tokens of a text.
struct TextTransformer {
  /// (ids [B, T], which of them are real [B, T], or nothing where all are) to states [B, T,
  /// hidden_size].
  std::function<at::Tensor(const at::Tensor& ids, const std::optional<at::Tensor>& mask)> forward =
      {};
  std::int64_t hidden_size = 0;
  std::int64_t vocab_size = 0;
  std::int64_t max_tokens = 0;     ///< of one text
  std::int64_t min_dimension = 0;  ///< see SentenceModules::Config
};

/// A transformer with its tokenizer and its sentence-transformers modules: texts to vectors.
///
/// Output: `embedding` [N, D]. A folder without modules.json is pooled by the mean of its tokens.
/// A text that is longer than the model reads is cut at the end; one without a token (which only
/// tokenizers without special tokens make) has a row of zeros.
class SentenceEncoder : public TextEncoder {
 public:
  /// @param checkpoint the model's folder.
  /// @throws Error{not_found, corrupt_data, unsupported}.
  SentenceEncoder(Checkpoint& checkpoint, TextTransformer transformer);

  std::vector<EncoderOutputInfo> outputs() const override;
  std::vector<EncoderOutput> encode(std::span<const std::string> texts,
                                    std::string_view prompt) const override;

  /// What reads texts and what pools them, for models that put other media into texts.
  const Tokenizer& tokenizer() const { return tokenizer_.tokenizer(); }
  const SentenceModules& modules() const { return modules_; }

 private:
  using Ids = std::vector<std::int64_t>;

  at::Tensor encode_batch(std::span<const Ids* const> batch, std::int64_t prompt_tokens) const;

  TextTransformer transformer_;
  SentenceTokenizer tokenizer_;
  SentenceModules modules_;
};

}  // namespace ogam

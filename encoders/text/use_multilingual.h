#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/nn/layers.h"
#include "core/tensor/checkpoint.h"
#include "core/text/sentencepiece_tokenizer.h"
#include "encoders/encoder.h"

namespace ogam {

/// What config.json says of a Universal Sentence Encoder Multilingual.
struct UseMultilingualConfig {
  std::int64_t vocab_size = 0;
  std::int64_t hidden_size = 0;             ///< of a token's embedding and of the output
  std::int64_t branch_size = 0;             ///< width of an n-gram branch
  std::vector<std::int64_t> ngram_sizes;    ///< one for each branch
  std::vector<std::int64_t> left_contexts;  ///< tokens of an n-gram before its place
  std::int64_t head_size = 0;
  double layer_norm_eps = 0;
  std::int32_t unk_token_id = 0;
  std::int32_t bos_token_id = 0;
  std::int32_t eos_token_id = 0;

  /// @throws Error{corrupt_data} when a value is missing or absurd.
  static UseMultilingualConfig parse(const Json& config, const std::string& origin);
};

/// Universal Sentence Encoder Multilingual: convolutions over n-grams of subword embeddings, their
/// sum over the tokens divided by the square root of their number, and a small network on top.
///
/// Output: `embedding` [N, hidden_size]. A text without letters, or half of whose subwords the
/// vocabulary lacks, has a row of zeros: to the network all such texts mean the same. A text longer
/// than 8,192 subwords is read up to there. Rows agree within 1e-5 whatever batch a text is encoded
/// in.
///
/// Source: Yang et al. 2019, "Multilingual Universal Sentence Encoder for Semantic Retrieval",
/// section 3 (the CNN variant); layer norms are one per branch, as in the published weights.
class UseMultilingual : public TextEncoder {
 public:
  /// @throws Error{corrupt_data} when the tokenizer has ids beyond the vocabulary.
  UseMultilingual(const UseMultilingualConfig& config, const WeightScope& weights,
                  SentencePieceTokenizer tokenizer);

  std::vector<EncoderOutputInfo> outputs() const override;
  std::vector<EncoderOutput> encode(std::span<const std::string> texts,
                                    std::string_view prompt) const override;

 private:
  /// A convolution over tokens, as one product with the joined rows of every n-gram.
  struct NgramConvolution {
    at::Tensor weight;  // [branch_size, ngram_size * branch_size]
    at::Tensor bias;    // [branch_size]
  };

  /// Layers over the n-grams of one size.
  struct Branch {
    std::int64_t ngram_size = 0;
    std::int64_t left_context = 0;
    Linear projection;
    LayerNorm norm;
    NgramConvolution conv1;
    NgramConvolution conv2;

    at::Tensor operator()(const at::Tensor& embedded, const at::Tensor& mask) const;
    at::Tensor convolve(const at::Tensor& x, const NgramConvolution& convolution) const;
  };

  static NgramConvolution load_convolution(const WeightScope& weights, std::int64_t width,
                                           std::int64_t ngram_size);
  std::vector<std::int64_t> token_ids(const std::string& text) const;
  bool is_readable(const std::string& text, std::span<const std::int64_t> ids) const;
  at::Tensor encode_sentences(std::span<const std::vector<std::int64_t>> sentences) const;

  UseMultilingualConfig config_;
  SentencePieceTokenizer tokenizer_;
  at::Tensor embedding_;  // [vocab_size, hidden_size], as stored
  std::vector<Branch> branches_;
  std::int64_t gap_ = 0;  // rows between sentences, so that no n-gram spans two
  LayerNorm norm_;
  Linear output_;
  Linear dense0_;
  Linear dense1_;
  Linear skip1_;
  Linear dense2_;
  Linear skip3_;
  Linear dense3_;
};

/// Builds the model from a folder with `model_type` "use_multilingual".
/// @throws Error{not_found, corrupt_data}.
Encoders make_use_multilingual(Checkpoint& checkpoint);

}  // namespace ogam

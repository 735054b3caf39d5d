#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/nn/config_reader.h"
#include "core/nn/pe_encoder.h"
#include "core/tensor/checkpoint.h"
#include "encoders/encoder.h"
#include "encoders/text/modernbert.h"
#include "encoders/text/sentence_tokenizer.h"

namespace ogam {

/// The `text_config` of a PE-AV model: a ModernBERT, with PE-AV's own defaults for keys that are
/// left out. Source: `PeAudioVideoConfig`.
/// @throws Error{corrupt_data, unsupported}.
ModernBertConfig parse_pe_text_config(const ConfigReader& config);

/// PE-AV's vectors of texts: the first token's state of a ModernBERT, taken by one head into the
/// space of each kind of media.
/// Source: `PeAudioVideoModel`.
class PeTextEncoder : public TextEncoder {
 public:
  /// A space that texts share with media.
  struct Output {
    std::string name;
    PeHead head;
  };
  /// @param weights of the ModernBERT.
  PeTextEncoder(const std::filesystem::path& folder, const WeightScope& weights,
                const ModernBertConfig& config, std::vector<Output> outputs);

  std::vector<EncoderOutputInfo> outputs() const override;
  std::vector<EncoderOutput> encode(std::span<const std::string> texts,
                                    std::string_view prompt) const override;

 private:
  /// The first token's states [N, hidden_size] float32 of texts.
  at::Tensor states(std::span<const std::string> texts) const;

  at::ScalarType precision_;
  SentenceTokenizer tokenizer_;
  ModernBertModel model_;
  std::vector<Output> outputs_;
};

}  // namespace ogam

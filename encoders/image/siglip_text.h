#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/nn/config_reader.h"
#include "core/nn/layers.h"
#include "core/tensor/checkpoint.h"
#include "encoders/encoder.h"
#include "encoders/image/siglip_tokenizer.h"
#include "encoders/image/text_tower.h"

namespace ogam {

/// How SigLIP judges a text and a picture without any others beside them.
struct SiglipScore {
  double scale = 1;  ///< exp(logit_scale)
  double bias = 0;   ///< logit_bias

  /// That the two belong together. Source: Zhai et al. 2023, section 3.2.
  double probability(double cosine) const;
};

/// The view of texts of SigLIP and SigLIP 2, of either kind: every text is brought to
/// max_position_embeddings tokens, all of which see each other, and read at the last.
///
/// Output: `embedding` [N, projection_size]. A longer text is read up to there.
/// Source: SiglipTextModel, Siglip2TextModel; Zhai et al. 2023; Tschannen et al. 2025.
class SiglipText : public TextEncoder {
 public:
  struct Config {
    TextTowerConfig tower;
    std::int64_t projection_size = 0;

    /// @param reader of "text_config".
    /// @param model_type what the section may call itself.
    /// @throws Error{corrupt_data, unsupported}.
    static Config parse(const ConfigReader& reader, const std::string& model_type);

    /// @param image_size the dimension of the image tower's vectors.
    /// @throws Error{corrupt_data} naming `origin` unless texts get vectors of that dimension.
    void require_joint_space(std::int64_t image_size, const std::string& origin) const;
  };
  /// @param weights holds "text_model", "logit_scale" and "logit_bias".
  SiglipText(const WeightScope& weights, const Config& config, SiglipTokenizer tokenizer);

  std::vector<EncoderOutputInfo> outputs() const override;
  std::vector<EncoderOutput> encode(std::span<const std::string> texts,
                                    std::string_view prompt) const override;

  /// @param ids [N, max_position_embeddings], padded.
  /// @return [N, projection_size], not normalised.
  at::Tensor embed(const at::Tensor& ids) const;

  const SiglipScore& score() const { return score_; }

 private:
  Config config_;
  TextTower tower_;
  Linear head_;
  SiglipScore score_;
  SiglipTokenizer tokenizer_;
};

}  // namespace ogam

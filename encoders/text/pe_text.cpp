#include "encoders/text/pe_text.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <utility>

#include "core/nn/normalize_rows.h"
#include "encoders/text/token_batches.h"

namespace ogam {

ModernBertConfig parse_pe_text_config(const ConfigReader& config) {
  config.demand_or_absent<std::string>("model_type", "modernbert");
  Json json = {{"hidden_size", 1024},
               {"intermediate_size", 2624},
               {"num_hidden_layers", 22},
               {"num_attention_heads", 16}};
  json.update(config.json());
  return ModernBertConfig::parse(ConfigReader(json, config.origin()));
}

PeTextEncoder::PeTextEncoder(const std::filesystem::path& folder, const WeightScope& weights,
                             const ModernBertConfig& config, std::vector<Output> outputs)
    : precision_(weights.precision()),
      tokenizer_(folder,
                 {.vocab_size = config.vocab_size, .max_tokens = config.max_position_embeddings}),
      model_(config, weights),
      outputs_(std::move(outputs)) {}

std::vector<EncoderOutputInfo> PeTextEncoder::outputs() const {
  std::vector<EncoderOutputInfo> infos;
  for (const Output& output : outputs_) {
    infos.push_back({output.name, static_cast<int>(model_.config().hidden_size)});
  }
  return infos;
}

at::Tensor PeTextEncoder::states(std::span<const std::string> texts) const {
  return encode_equal_lengths(
      tokenizer_, texts, model_.config().hidden_size,
      [&](const at::Tensor& ids) { return model_.forward(ids).select(1, 0); });
}

std::vector<EncoderOutput> PeTextEncoder::encode(std::span<const std::string> texts,
                                                 std::string_view prompt) const {
  require_known_prompt(prompt, {});
  const c10::InferenceMode no_gradients;
  const auto first = states(texts).to(precision_);
  std::vector<EncoderOutput> encoded;
  for (const Output& output : outputs_) {
    encoded.push_back({output.name, normalize_rows(output.head(first).to(at::kFloat))});
  }
  return encoded;
}

}  // namespace ogam

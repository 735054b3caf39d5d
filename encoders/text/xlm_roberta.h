#pragma once

#include "core/tensor/checkpoint.h"
#include "encoders/encoder.h"
#include "encoders/text/bert.h"

namespace ogam {

/// What config.json says of a RoBERTa or an XLM-RoBERTa, which differ in their tokenizers: a BERT
/// whose positions are counted from behind the padding token's id. Source: Liu et al. 2019, Conneau
/// et al. 2019; `RobertaConfig`, `XLMRobertaConfig`.
/// @throws Error{corrupt_data, unsupported} as BertConfig::parse does.
BertConfig parse_xlm_roberta_config(const ConfigReader& config);

/// Builds the sentence encoder from a folder with `model_type` "roberta" or "xlm-roberta".
/// @throws Error{not_found, corrupt_data, unsupported}.
Encoders make_xlm_roberta(Checkpoint& checkpoint);

}  // namespace ogam

#include "encoders/text/xlm_roberta.h"

#include "core/base/error.h"

namespace ogam {

BertConfig parse_xlm_roberta_config(const ConfigReader& config) {
  auto parsed = BertConfig::parse(config);
  parsed.padding_id = config.id("pad_token_id", parsed.vocab_size, 1);
  require(parsed.max_tokens() > 0, ErrorCode::corrupt_data,
          "{}: \"max_position_embeddings\" is {}; positions begin behind the padding token's id {}",
          config.origin(), parsed.max_position_embeddings, *parsed.padding_id);
  return parsed;
}

Encoders make_xlm_roberta(Checkpoint& checkpoint) {
  return make_bert_like(
      checkpoint, parse_xlm_roberta_config({checkpoint.config(), checkpoint.origin()}), "roberta");
}

}  // namespace ogam

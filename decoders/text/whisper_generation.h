#pragma once

#include <filesystem>

#include "core/base/json.h"
#include "core/text/tokenizer.h"

namespace ogam {

/// How a Whisper folder wants to be decoded, with the keys of a generation_config.json of today:
/// the ids of what steers decoding, `lang_to_id` and `task_to_id` (neither for a model of English
/// alone), tokens that are suppressed, `alignment_heads` where they are known.
///
/// What the folder's generation_config.json does not say, or a folder without that file, is taken
/// from config.json, where early checkpoints have it, and from the names of the tokens. Where no
/// file tells whether a model knows languages, the size of its vocabulary does, as in the original
/// implementation. `forced_decoder_ids` are not read: language and task are asked for.
///
/// @param config of the folder.
/// @throws Error{corrupt_data} when generation_config.json is no JSON object, or the tokenizer of a
///     model of many languages has none.
Json whisper_generation_config(const std::filesystem::path& folder, const Json& config,
                               const Tokenizer& tokenizer);

}  // namespace ogam

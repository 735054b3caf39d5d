#pragma once

#include <string>

#include "core/base/gguf_metadata.h"
#include "core/base/json.h"
#include "core/tensor/weight_source.h"

namespace ogam {

/// The config.json of a language model, as its GGUF file tells of it: architectures `qwen2`,
/// `qwen3`, `llama` and `gemma3`. `eos_token_id` lists every token that ends a text or a turn.
///
/// @param keys of the file.
/// @param tensors under the file's own names.
/// @param origin the file's name, for errors.
/// @throws Error{not_found} for another architecture, of which config.json must be there;
///     Error{unsupported} for a key of the architecture that is not known and might change what is
///     computed; Error{corrupt_data} for keys that are missing or of another type.
/// Source: llama.cpp's convert_hf_to_gguf;
/// https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
Json config_of_gguf(const GgufMetadata& keys, const WeightSource& tensors,
                    const std::string& origin);

}  // namespace ogam

#pragma once

#include <filesystem>
#include <string>

#include "core/base/gguf_metadata.h"
#include "core/base/json.h"

namespace ogam {

/// The tokenizer.json that the keys of a GGUF file tell of: byte-level BPE (`gpt2`) with the
/// splitting of Qwen 2 or Llama 3, and SentencePiece's BPE (`llama`), whose merges follow from the
/// pieces.
///
/// @param architecture `general.architecture`: Gemma's pieces are ordered by their ids.
/// @param origin the file's name, for errors.
/// @throws Error{unsupported} for another kind of tokenizer, Error{corrupt_data} for keys that are
///     missing or contradict each other, Error{resource_exhausted} for vocabularies beyond all
///     measure.
/// Source: transformers' gguf_tokenizer_mapping; llama.cpp's llama-vocab.
SortedJson tokenizer_json_of_gguf(const GgufMetadata& keys, const std::string& origin);

/// The same for the GGUF file of a folder, the first part of a split one.
SortedJson tokenizer_json_of_gguf(const std::filesystem::path& file);

/// What tokenizer_config.json would say, as far as the keys tell: `chat_template`, `bos_token`,
/// `eos_token`, `pad_token`, `unk_token`, `add_bos_token`, `add_eos_token`; what they do not tell
/// is left out.
/// @throws Error{corrupt_data} for ids of tokens that are not there.
Json tokenizer_config_of_gguf(const GgufMetadata& keys, const std::string& origin);
Json tokenizer_config_of_gguf(const std::filesystem::path& file);

}  // namespace ogam

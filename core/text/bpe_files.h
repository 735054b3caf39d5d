#pragma once

#include <filesystem>
#include <string>

namespace ogam {

/// Whether a folder holds vocab.json and merges.txt, the files of early byte-level tokenizers.
bool has_bpe_files(const std::filesystem::path& folder);

/// The tokenizer.json that transformers makes of such files: `vocab.json`, `merges.txt`, what
/// `added_tokens.json` and `tokenizer_config.json` add to them, and the class that the latter
/// names.
/// @throws Error{unsupported} for another class than WhisperTokenizer: the files do not tell how it
///     splits and surrounds texts; Error{not_found, corrupt_data} for files that are missing or
///     damaged.
std::string tokenizer_json_of_bpe_files(const std::filesystem::path& folder);

}  // namespace ogam

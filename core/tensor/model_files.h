#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "core/base/json.h"
#include "core/tensor/weight_source.h"

namespace ogam {

/// What a model folder holds, under Hugging Face's names whatever the format.
struct ModelFiles {
  Json config;  ///< of config.json, or as it would be there
  std::unique_ptr<WeightSource> weights;
};

/// Opens a model folder: config.json and, in this order, safetensors (one file, or shards with
/// their index), GGUF (`*.gguf`, one file or its parts), CTranslate2 (`model.bin`). A folder whose
/// config.json is CTranslate2's own gets the one that the tensors tell of; a language model's GGUF
/// file without config.json the one that its keys tell of (gguf_config.h).
///
/// @throws Error{not_found} when there are no weights or no config.json, Error{unsupported} for a
///     model that is not read from that format, and what the readers throw.
ModelFiles open_model(const std::filesystem::path& folder);

/// The files of a folder that open_model reads weights from which are not safetensors: those of
/// GGUF, else CTranslate2's. None where there are safetensors.
std::vector<std::filesystem::path> other_weight_files(const std::filesystem::path& folder);

}  // namespace ogam

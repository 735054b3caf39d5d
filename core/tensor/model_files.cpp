#include "core/tensor/model_files.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/tensor/ctranslate2_weights.h"
#include "core/tensor/gguf_config.h"
#include "core/tensor/gguf_model.h"
#include "core/tensor/renamed_weights.h"

namespace ogam {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kMostRowsBefore = 65536;

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

std::string model_type_of(const Json& config, const fs::path& folder) {
  return json_value<std::string>(config, "model_type", display_path(folder / "config.json"));
}

/// RoBERTa's positions begin after the padding token, BERT's at 0, and other models have none.
std::int64_t rows_before_positions(const NameTable& table, const Json& config,
                                   const fs::path& folder) {
  const bool has_positions =
      std::any_of(table.rows.begin(), table.rows.end(),
                  [](const NameRow& row) { return row.change == NameRow::Change::after_padding; });
  if (!has_positions || model_type_of(config, folder) == "bert") {
    return 0;
  }
  const auto padding =
      json_value_or<std::int64_t>(config, "pad_token_id", display_path(folder / "config.json"), 1);
  require(padding >= 0 && padding < kMostRowsBefore, ErrorCode::corrupt_data,
          "{}: \"pad_token_id\" is {}, expected 0 to {}", display_path(folder / "config.json"),
          padding, kMostRowsBefore - 1);
  return padding + 1;
}

ModelFiles open_gguf(const fs::path& folder, const std::vector<fs::path>& files) {
  auto model = std::make_unique<GgufModel>(files);
  const auto origin = model->origin();
  auto config = is_there(folder / "config.json")
                    ? read_json_file(folder / "config.json")
                    : config_of_gguf(model->metadata(), *model, origin);
  const auto& table =
      find_name_table("GGUF", model->metadata().value<std::string>("general.architecture"),
                      model_type_of(config, folder), origin);
  const auto config_origin = display_path(folder / "config.json");
  const auto heads = json_value_or<std::int64_t>(config, "num_attention_heads", config_origin, 0);
  auto weights = std::make_unique<RenamedWeights>(
      std::move(model),
      RenamedWeights::Config{
          .table = table,
          .rows_before = rows_before_positions(table, config, folder),
          .heads = heads,
          .key_heads = json_value_or(config, "num_key_value_heads", config_origin, heads),
          .origin = origin});
  return {.config = std::move(config), .weights = std::move(weights)};
}

ModelFiles open_ctranslate2(const fs::path& folder) {
  auto model = std::make_unique<CTranslate2Weights>(folder / "model.bin");
  auto config = read_json_file(folder / "config.json");
  const bool is_theirs = !config.is_object() || !config.contains("model_type");
  const auto origin = model->origin();
  const auto& table =
      find_name_table("CTranslate2", model->file().specification(),
                      is_theirs ? std::string() : model_type_of(config, folder), origin);
  auto derived = whisper_config_of(*model, config);
  auto weights = std::make_unique<RenamedWeights>(
      std::move(model), RenamedWeights::Config{.table = table, .origin = origin});
  return {.config = is_theirs ? std::move(derived) : std::move(config),
          .weights = std::move(weights)};
}

}  // namespace

std::vector<fs::path> other_weight_files(const fs::path& folder) {
  if (is_there(folder / "model.safetensors") || is_there(folder / "model.safetensors.index.json")) {
    return {};
  }
  auto files = gguf_files_of(folder);
  if (files.empty() && is_there(folder / "model.bin")) {
    files.push_back(folder / "model.bin");
  }
  return files;
}

ModelFiles open_model(const fs::path& folder) {
  if (const auto files = other_weight_files(folder); !files.empty()) {
    return files.front().extension() == ".gguf" ? open_gguf(folder, files)
                                                : open_ctranslate2(folder);
  }
  auto weights = open_weights(folder);
  return {.config = read_json_file(folder / "config.json"), .weights = std::move(weights)};
}

}  // namespace ogam

#include "core/tensor/ctranslate2_weights.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/tensor/shape.h"

namespace ogam {

namespace {

constexpr std::string_view kScale = "_scale";

bool is_integer(at::ScalarType type) { return c10::isIntegralType(type, /*includeBool=*/true); }

std::map<std::string, TensorInfo> all_tensors(const CTranslate2File& file) {
  std::map<std::string, TensorInfo> all;
  for (const auto& info : file.tensors()) {
    all[info.name] = info;
  }
  for (const auto& [alias, target] : file.aliases()) {
    all[alias] = all.at(target);
    all[alias].name = alias;
  }
  return all;
}

/// int8 has a scale for each row, int16 one for all.
void check_scale(const TensorInfo& info, const std::map<std::string, TensorInfo>& all,
                 const std::string& origin) {
  const auto found = all.find(info.name + std::string(kScale));
  require(found != all.end() && !is_integer(found->second.dtype), ErrorCode::corrupt_data,
          "{}: tensor '{}' holds integers and has no scale", origin, info.name);
  const auto& shape = found->second.shape;
  require(shape.empty() || (shape.size() == 1 && (shape[0] == 1 || shape[0] == info.shape[0])),
          ErrorCode::corrupt_data, "{}: the scale of tensor '{}' has shape {} for one of shape {}",
          origin, info.name, shape_string(shape), shape_string(info.shape));
}

const TensorInfo& find_info(const CTranslate2Weights& weights, const std::string& name,
                            std::size_t rank) {
  const auto& all = weights.tensors();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const TensorInfo& info) { return info.name == name; });
  require(found != all.end() && found->shape.size() == rank, ErrorCode::corrupt_data,
          "{}: Whisper's tensor '{}' of {} dimensions is not there", weights.origin(), name, rank);
  return *found;
}

std::int64_t count_layers(const CTranslate2Weights& weights, const std::string& side) {
  std::int64_t count = 0;
  for (const auto& info : weights.tensors()) {
    count += info.name.starts_with(side) && info.name.ends_with("/ffn/linear_0/weight") ? 1 : 0;
  }
  return count;
}

/// What the converter writes for every Whisper.
struct Demand {
  const char* attribute;
  std::int64_t value;
};
constexpr std::array kWhisperDemands = {
    Demand{"decoder/activation", 3},  // the exact GELU
    Demand{"decoder/alibi", 0},
    Demand{"decoder/pre_norm", 1},
    Demand{"decoder/scale_embeddings", 0},
    Demand{"decoder/start_from_zero_embedding", 0},
};

/// Keys of CTranslate2's config.json and of Hugging Face's files.
constexpr std::array<std::pair<const char*, const char*>, 3> kSettings = {{
    {"suppress_ids", "suppress_tokens"},
    {"suppress_ids_begin", "begin_suppress_tokens"},
    {"alignment_heads", "alignment_heads"},
}};

}  // namespace

CTranslate2Weights::CTranslate2Weights(const std::filesystem::path& path)
    : origin_(display_path(path)), file_(path) {
  const auto all = all_tensors(file_);
  for (const auto& [name, info] : all) {
    const bool is_scale =
        name.ends_with(kScale) && all.contains(name.substr(0, name.size() - kScale.size()));
    if (info.shape.empty() || is_scale) {
      continue;
    }
    tensors_.push_back(info);
    if (is_integer(info.dtype)) {
      check_scale(info, all, origin_);
      tensors_.back().dtype = at::kFloat;
    }
  }
}

at::Tensor CTranslate2Weights::load(const std::string& name) const {
  auto tensor = file_.load(name);
  if (tensor.is_floating_point()) {
    return tensor;
  }
  auto scale = file_.load(name + std::string(kScale)).to(at::kFloat);
  if (scale.numel() > 1) {
    std::vector<std::int64_t> rows(static_cast<std::size_t>(tensor.dim()), 1);
    rows.front() = -1;
    scale = scale.view(rows);
  }
  return tensor.to(at::kFloat).div_(scale);
}

std::int64_t CTranslate2Weights::attribute(const std::string& name) const {
  const auto& all = file_.tensors();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const TensorInfo& info) { return info.name == name; });
  require(found != all.end() && found->shape.empty() && is_integer(found->dtype),
          ErrorCode::corrupt_data, "{}: the number '{}' is not there; convert the model again",
          origin_, name);
  return file_.load(name).item<std::int64_t>();
}

Json whisper_config_of(const CTranslate2Weights& weights, const Json& settings) {
  for (const auto& demand : kWhisperDemands) {
    const auto value = weights.attribute(demand.attribute);
    require(value == demand.value, ErrorCode::unsupported, "{}: '{}' is {}; only {} is implemented",
            weights.origin(), demand.attribute, value, demand.value);
  }
  const auto& aliases = weights.file().aliases();
  const auto tied = aliases.find("decoder/projection/weight");
  require(tied != aliases.end() && tied->second == "decoder/embeddings/weight",
          ErrorCode::unsupported,
          "{}: decoder/projection is not tied to decoder/embeddings, as Whisper's is",
          weights.origin());
  const auto& tokens = find_info(weights, "decoder/embeddings/weight", 2).shape;
  const auto rows = [&](const char* name) { return find_info(weights, name, 2).shape[0]; };
  Json config = {
      {"model_type", "whisper"},
      {"vocab_size", tokens[0]},
      {"d_model", tokens[1]},
      {"num_mel_bins", find_info(weights, "encoder/conv1/weight", 3).shape[1]},
      {"encoder_layers", count_layers(weights, "encoder/")},
      {"decoder_layers", count_layers(weights, "decoder/")},
      {"encoder_attention_heads", weights.attribute("encoder/num_heads")},
      {"decoder_attention_heads", weights.attribute("decoder/num_heads")},
      {"encoder_ffn_dim", rows("encoder/layer_0/ffn/linear_0/weight")},
      {"decoder_ffn_dim", rows("decoder/layer_0/ffn/linear_0/weight")},
      {"max_source_positions", rows("encoder/position_encodings/encodings")},
      {"max_target_positions", rows("decoder/position_encodings/encodings")},
  };
  for (const auto& [theirs, ours] : kSettings) {
    if (settings.is_object() && settings.contains(theirs)) {
      config[ours] = settings[theirs];
    }
  }
  return config;
}

}  // namespace ogam

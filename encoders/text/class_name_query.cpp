#include "encoders/text/class_name_query.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/nn/normalize_rows.h"
#include "encoders/text/name_vector_cache.h"

namespace ogam {

namespace {

constexpr const char* kProbe = "a dog and a cat, 개와 고양이";

/// Names the vectors that this encoder gives the names in this file.
std::string cache_key(const std::filesystem::path& names, const at::Tensor& probe) {
  const auto row = probe.contiguous();
  Blake3 hash;
  hash.update(
      std::as_bytes(std::span(row.const_data_ptr<float>(), static_cast<std::size_t>(row.numel()))));
  const auto text = blake3_file_hex(names);
  hash.update(std::as_bytes(std::span(text)));
  std::string key;
  for (const auto byte : hash.finish()) {
    key += fmt::format("{:02x}", byte);
  }
  return key;
}

}  // namespace

ClassNameQuery::ClassNameQuery(std::shared_ptr<const TextEncoder> encoder, const Config& config)
    : encoder_(std::move(encoder)),
      temperature_(config.temperature),
      names_(ClassNames::read(config.names)) {
  require(temperature_ > 0, ErrorCode::invalid_argument,
          "the temperature of class names must be more than 0, got {}", temperature_);
  const c10::InferenceMode inference;
  const auto probe = embed(std::vector<std::string>{kProbe});
  const NameVectorCache cache(config.cache_folder, cache_key(config.names, probe));
  auto vectors = cache.load(static_cast<std::int64_t>(names_.names.size()), probe.size(1));
  if (!vectors) {
    vectors = embed(names_.names);
    cache.save(*vectors);
  }
  mean_ = vectors->mean(0);
  vectors_ = centre(*vectors);

  std::vector<std::int64_t> name_of_entry;
  std::vector<std::int64_t> class_of_entry;
  std::vector<float> cost_of_entry;
  for (const auto& entry : names_.entries) {
    name_of_entry.push_back(entry.name_index);
    class_of_entry.push_back(entry.class_index);
    cost_of_entry.push_back(static_cast<float>(entry.depth * names_.penalty));
  }
  name_of_entry_ = at::tensor(name_of_entry);
  class_of_entry_ = at::tensor(class_of_entry);
  cost_of_entry_ = at::tensor(cost_of_entry);
}

at::Tensor ClassNameQuery::embed(std::span<const std::string> texts) const {
  const auto outputs = encoder_->encode(texts, kQueryPrompt);
  require(!outputs.empty() && outputs[0].vectors.dim() == 2, ErrorCode::internal,
          "a text encoder gave no matrix of vectors");
  return outputs[0].vectors;
}

at::Tensor ClassNameQuery::centre(const at::Tensor& vectors) const {
  // A text that the encoder cannot read has no direction, and gets none.
  const auto read = vectors.ne(0).any(1, /*keepdim=*/true);
  return normalize_rows(vectors - mean_) * read;
}

at::Tensor ClassNameQuery::similarities(std::span<const std::string> queries) const {
  const c10::InferenceMode inference;
  std::vector<std::string> texts;
  for (const auto& query : queries) {
    texts.push_back(names_.apply_glossary(query));
  }
  const auto to_names = centre(embed(texts)).mm(vectors_.t());  // [N, names]
  const auto to_entries =
      to_names.index_select(1, name_of_entry_) - cost_of_entry_;  // [N, entries]
  const auto classes = class_of_entry_.expand_as(to_entries);
  return at::full({to_names.size(0), dimension()}, -2.0F)
      .scatter_reduce(1, classes, to_entries, "amax");  // [N, classes]
}

at::Tensor ClassNameQuery::encode(std::span<const std::string> queries) const {
  const c10::InferenceMode inference;
  const auto to_classes = similarities(queries);
  const auto certainty = ((to_classes.amax(1, /*keepdim=*/true) - names_.similarity_of_none) /
                          (names_.similarity_of_full - names_.similarity_of_none))
                             .clamp(0, 1);  // [N, 1]
  return at::softmax(to_classes / temperature_, 1).sqrt() * certainty;
}

}  // namespace ogam

#include "encoders/text/name_vector_cache.h"

#include <ATen/ATen.h>

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/logging.h"
#include "core/tensor/safetensors.h"
#include "core/tensor/safetensors_writer.h"

namespace ogam {

namespace fs = std::filesystem;

namespace {

std::string hash_of(const at::Tensor& vectors) {
  return blake3_hex(std::as_bytes(
      std::span(vectors.const_data_ptr<float>(), static_cast<std::size_t>(vectors.numel()))));
}

}  // namespace

NameVectorCache::NameVectorCache(const fs::path& folder, const std::string& key) {
  if (!folder.empty()) {
    path_ = folder / ("names-" + key + ".safetensors");
  }
}

std::optional<at::Tensor> NameVectorCache::load(std::int64_t rows, std::int64_t columns) const {
  std::error_code ignored;
  if (path_.empty() || !fs::exists(path_, ignored)) {
    return std::nullopt;
  }
  try {
    const SafetensorsFile file(path_);
    const auto vectors = file.load("vectors");
    const auto hash = file.metadata().find("blake3");
    require(vectors.scalar_type() == at::kFloat &&
                vectors.sizes() == at::IntArrayRef({rows, columns}) &&
                hash != file.metadata().end() && hash->second == hash_of(vectors),
            ErrorCode::corrupt_data, "{} is damaged", path_.native());
    return vectors.clone();
  } catch (const Error& error) {
    log_info("the cache is made anew: {}", error.what());
    return std::nullopt;
  }
}

void NameVectorCache::save(const at::Tensor& vectors) const {
  if (path_.empty()) {
    return;
  }
  try {
    std::error_code error;
    fs::create_directories(path_.parent_path(), error);
    const auto content = vectors.contiguous();
    save_safetensors(path_, {{"vectors", content}}, {{"blake3", hash_of(content)}});
  } catch (const Error& error) {
    log_warning("vectors of class names are not kept for the next run: {}", error.what());
  }
}

}  // namespace ogam

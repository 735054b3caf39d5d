#include "pipelines/embedding_model.h"

#include <ATen/ATen.h>
#include <c10/util/Exception.h>
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <span>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/hub/pull.h"
#include "core/tensor/checkpoint.h"
#include "encoders/registry.h"
#include "pipelines/space_identity.h"

namespace ogam {

EmbeddingModel::EmbeddingModel(std::filesystem::path folder, std::string model_type,
                               Encoders encoders)
    : folder_(std::move(folder)),
      model_type_(std::move(model_type)),
      encoders_(std::move(encoders)) {}

EmbeddingModel EmbeddingModel::load(const std::string& folder_or_id, at::ScalarType precision) {
  const auto folder = hub::resolve_model(folder_or_id);
  try {
    Checkpoint checkpoint(folder, precision);
    auto encoders = make_encoders(checkpoint);
    return {folder, checkpoint.model_type(), std::move(encoders)};
  } catch (const Error& error) {
    std::throw_with_nested(
        Error(error.code(), fmt::format("the model {} cannot be loaded", display_path(folder))));
  } catch (const c10::Error& error) {  // a weight that no check of ours knew to refuse
    fail(ErrorCode::corrupt_data, "the model {} cannot be loaded: {}", display_path(folder),
         error.what_without_backtrace());
  }
}

std::vector<EncoderOutputInfo> EmbeddingModel::outputs() const {
  std::vector<EncoderOutputInfo> all;
  const auto add = [&](const auto& encoder) {
    if (encoder == nullptr) {
      return;
    }
    for (const EncoderOutputInfo& output : encoder->outputs()) {
      const bool known = std::any_of(all.begin(), all.end(), [&](const EncoderOutputInfo& other) {
        return other.name == output.name;
      });
      if (!known) {
        all.push_back(output);
      }
    }
  };
  add(encoders_.text);
  add(encoders_.image);
  add(encoders_.audio);
  add(encoders_.video);
  return all;
}

std::string EmbeddingModel::space(const std::string& output) const {
  const auto known = outputs();
  const auto info =
      std::find_if(known.begin(), known.end(),
                   [&](const EncoderOutputInfo& candidate) { return candidate.name == output; });
  require(info != known.end(), ErrorCode::invalid_argument, "{} has no output '{}'",
          display_path(folder_), output);
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    if (decides_space(entry.path())) {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  std::string identity = fmt::format("{}\n{}\n{}\n", model_type_, output, info->dimension);
  for (const auto& file : files) {
    identity += sha256_file_hex(file) + "\n";
  }
  return space_id(identity);
}

}  // namespace ogam

#include "pipelines/vector_rows.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/base/error.h"

namespace ogam {

at::Tensor vectors_of(const std::vector<EncoderOutput>& outputs, const std::string& name) {
  const auto found = std::find_if(outputs.begin(), outputs.end(),
                                  [&](const EncoderOutput& output) { return output.name == name; });
  require(found != outputs.end(), ErrorCode::corrupt_data,
          "the pack names an output '{}' that its encoder does not have", name);
  return found->vectors;
}

std::vector<std::vector<float>> rows_of(const at::Tensor& vectors) {
  const at::Tensor numbers = vectors.to(at::kFloat).contiguous();
  const auto* data = numbers.const_data_ptr<float>();
  std::vector<std::vector<float>> rows;
  for (std::int64_t i = 0; i < numbers.size(0); ++i, data += numbers.size(1)) {
    rows.emplace_back(data, data + numbers.size(1));
  }
  return rows;
}

at::Tensor matrix_of(std::span<const std::span<const float>> rows, std::int64_t size) {
  auto matrix = at::empty({static_cast<std::int64_t>(rows.size()), size}, at::kFloat);
  auto* to = matrix.mutable_data_ptr<float>();
  for (const auto row : rows) {
    require(static_cast<std::int64_t>(row.size()) == size, ErrorCode::internal,
            "a vector of {} values among those of {}", row.size(), size);
    to = std::copy(row.begin(), row.end(), to);
  }
  return matrix;
}

}  // namespace ogam

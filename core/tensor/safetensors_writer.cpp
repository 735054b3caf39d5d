#include "core/tensor/safetensors_writer.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/tensor/safetensors.h"

namespace ogam {

namespace {

constexpr std::size_t kAlignment = 8;

using NamedTensor = std::pair<std::string, at::Tensor>;

std::vector<NamedTensor> in_file_order(const std::map<std::string, at::Tensor>& tensors,
                                       const std::string& origin) {
  std::vector<NamedTensor> ordered;
  for (const auto& [name, tensor] : tensors) {
    require(tensor.defined() && name != "__metadata__", ErrorCode::invalid_argument,
            "{}: cannot write tensor '{}': it is undefined, or its name is reserved", origin, name);
    require(safetensors_dtype_name(tensor.scalar_type()).has_value(), ErrorCode::unsupported,
            "{}: tensor '{}' has a dtype that safetensors does not have ({})", origin, name,
            c10::toString(tensor.scalar_type()));
    ordered.emplace_back(name, tensor.to(at::kCPU).contiguous());
  }
  std::stable_sort(ordered.begin(), ordered.end(), [](const NamedTensor& a, const NamedTensor& b) {
    return a.second.element_size() > b.second.element_size();
  });
  return ordered;
}

std::string header_text(const std::vector<NamedTensor>& tensors,
                        const std::map<std::string, std::string>& metadata,
                        const std::string& origin) {
  SortedJson header = SortedJson::object();
  if (!metadata.empty()) {
    header["__metadata__"] = metadata;
  }
  std::size_t position = 0;
  for (const auto& [name, tensor] : tensors) {
    header[name] = {{"dtype", *safetensors_dtype_name(tensor.scalar_type())},
                    {"shape", tensor.sizes().vec()},
                    {"data_offsets", {position, position + tensor.nbytes()}}};
    position += tensor.nbytes();
  }
  try {
    auto text = header.dump();
    text.append((kAlignment - text.size() % kAlignment) % kAlignment, ' ');
    return text;
  } catch (const nlohmann::json::exception& error) {
    fail(ErrorCode::invalid_argument, "{}: names and metadata must be UTF-8: {}", origin,
         error.what());
  }
}

}  // namespace

void save_safetensors(const std::filesystem::path& path,
                      const std::map<std::string, at::Tensor>& tensors,
                      const std::map<std::string, std::string>& metadata) {
  const auto origin = display_path(path);
  const auto ordered = in_file_order(tensors, origin);
  const auto header = header_text(ordered, metadata, origin);
  require(header.size() <= kMaxSafetensorsHeader, ErrorCode::invalid_argument,
          "{}: a header of {} bytes is too long for safetensors", origin, header.size());
  std::string length;
  for (std::size_t byte = 0; byte < sizeof(std::uint64_t); ++byte) {
    length.push_back(static_cast<char>((header.size() >> (8 * byte)) & 0xFF));
  }
  std::vector<std::string_view> parts = {length, header};
  for (const auto& [name, tensor] : ordered) {
    parts.emplace_back(static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes());
  }
  write_parts_atomically(path, parts);
}

}  // namespace ogam

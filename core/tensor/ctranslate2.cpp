#include "core/tensor/ctranslate2.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "core/base/error.h"
#include "core/base/file_cursor.h"
#include "core/tensor/shape.h"

namespace ogam {

namespace {

constexpr std::uint32_t kVersion = 6;
constexpr std::size_t kMaxRank = 8;
constexpr std::size_t kSpecificationBegin = 6;  // after the version and the length of the name

// In the order of their numbers in the file.
constexpr std::array kDtypes = {at::kFloat, at::kChar, at::kShort,
                                at::kInt,   at::kHalf, at::kBFloat16};

std::string read_name(FileCursor& file, std::string_view what) {
  const auto length = file.number<std::uint16_t>("the length of a name");
  const auto text = file.text(length, fmt::format("the name of a {}", what));
  require(text.ends_with('\0'), ErrorCode::corrupt_data,
          "{}: the name of a {} before byte {} lacks its closing zero", file.origin(), what,
          file.position());
  return checked_name(text.substr(0, text.size() - 1), what, file.origin());
}

StoredTensor read_tensor(FileCursor& file) {
  StoredTensor tensor;
  auto& info = tensor.info;
  info.name = read_name(file, "tensor");
  const auto rank = file.number<std::uint8_t>("the rank of a tensor");
  require(rank <= kMaxRank, ErrorCode::corrupt_data,
          "{}: tensor '{}' has {} dimensions, at most {} are possible", file.origin(), info.name,
          rank, kMaxRank);
  for (int i = 0; i < rank; ++i) {
    info.shape.push_back(file.number<std::uint32_t>("a dimension of a tensor"));
  }
  const auto type = file.number<std::uint8_t>("the type of a tensor");
  require(type < kDtypes.size(), ErrorCode::unsupported,
          "{}: tensor '{}' has type {}, which cannot be read; types 0 to {} are", file.origin(),
          info.name, type, kDtypes.size() - 1);
  info.dtype = kDtypes[type];
  const auto size = file.number<std::uint32_t>("the size of a tensor");
  const auto expected = checked_byte_size(info, file.origin());
  require(size == expected, ErrorCode::corrupt_data,
          "{}: tensor '{}' of shape {} needs {} bytes, the file gives {}", file.origin(), info.name,
          shape_string(info.shape), expected, size);
  tensor.begin = file.position();
  tensor.size = file.take(size, fmt::format("tensor '{}'", info.name)).size();
  return tensor;
}

void read_alias(FileCursor& file, CTranslate2Content& content) {
  const auto alias = read_name(file, "alias");
  const auto target = read_name(file, "tensor");
  require(find_stored(content.tensors, target) != nullptr, ErrorCode::corrupt_data,
          "{}: '{}' is an alias of tensor '{}', which is not there", file.origin(), alias, target);
  require(find_stored(content.tensors, alias) == nullptr &&
              content.aliases.emplace(alias, target).second,
          ErrorCode::corrupt_data, "{}: alias '{}' is the name of another tensor too",
          file.origin(), alias);
}

/// An alias of a quantised weight is also one of its scale, which the file does not say.
void add_aliases_of_scales(CTranslate2Content& content) {
  constexpr std::string_view kScale = "_scale";
  const auto written = content.aliases;
  for (const auto& [alias, target] : written) {
    const auto alias_of_scale = fmt::format("{}{}", alias, kScale);
    const auto scale = fmt::format("{}{}", target, kScale);
    if (find_stored(content.tensors, scale) != nullptr &&
        find_stored(content.tensors, alias_of_scale) == nullptr) {
      content.aliases.emplace(alias_of_scale, scale);
    }
  }
}

}  // namespace

bool is_ctranslate2(std::span<const std::byte> file) {
  // Versions have one digit. A safetensors header of that length has zeros where the name is.
  return file.size() > kSpecificationBegin && file[0] != std::byte{0} && file[0] < std::byte{10} &&
         std::all_of(file.begin() + 1, file.begin() + 4,
                     [](std::byte b) { return b == std::byte{0}; }) &&
         (file[4] != std::byte{0} || file[5] != std::byte{0});
}

CTranslate2Content parse_ctranslate2(std::span<const std::byte> file, const std::string& origin) {
  FileCursor cursor(file, origin);
  const auto version = cursor.number<std::uint32_t>("the version");
  require(version == kVersion, ErrorCode::unsupported,
          "{} is a CTranslate2 model of version {}; version {} is read: convert the model again",
          origin, version, kVersion);
  CTranslate2Content content;
  content.specification = read_name(cursor, "specification");
  content.revision = cursor.number<std::uint32_t>("the revision");
  const auto tensor_count = cursor.number<std::uint32_t>("the number of tensors");
  for (std::uint32_t i = 0; i < tensor_count; ++i) {
    content.tensors.push_back(read_tensor(cursor));
  }
  sort_by_name(content.tensors, origin);
  const auto alias_count = cursor.number<std::uint32_t>("the number of aliases");
  for (std::uint32_t i = 0; i < alias_count; ++i) {
    read_alias(cursor, content);
  }
  add_aliases_of_scales(content);
  require(cursor.left() == 0, ErrorCode::corrupt_data, "{} goes on for {} bytes after its content",
          origin, cursor.left());
  return content;
}

CTranslate2File::CTranslate2File(const std::filesystem::path& path)
    : origin_(display_path(path)),
      file_(std::make_shared<const MappedFile>(path)),
      content_(parse_ctranslate2(file_->bytes(), origin_)),
      tensors_(infos_of(content_.tensors)) {}

at::Tensor CTranslate2File::load(const std::string& name) const {
  const auto alias = content_.aliases.find(name);
  const auto& stored = alias == content_.aliases.end() ? name : alias->second;
  return view_stored(file_, get_stored(content_.tensors, stored, origin_));
}

}  // namespace ogam

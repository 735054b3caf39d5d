#include "pipelines/space_identity.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "core/base/hash.h"

namespace ogam {

bool decides_space(const std::filesystem::path& file) {
  constexpr std::array<std::string_view, 5> kDecisive = {".json", ".safetensors", ".gguf", ".model",
                                                         ".txt"};
  const std::string extension = file.extension().string();
  return std::find(kDecisive.begin(), kDecisive.end(), extension) != kDecisive.end() ||
         file.filename() == "model.bin";  // CTranslate2's weights
}

std::string space_id(const std::string& identity) {
  return blake3_hex(std::as_bytes(std::span(identity))).substr(0, 32);
}

}  // namespace ogam

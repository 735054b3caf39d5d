#include "archive/asset_lookup.h"

#include <filesystem>
#include <system_error>

#include "core/base/error.h"
#include "core/base/files.h"

namespace ogam {

namespace {

constexpr std::size_t kShortestBeginning = 9;  // of an id: "b3:" and six digits

bool is_path_of(const AssetSummary& asset, const std::string& word) {
  std::error_code error;
  return asset.path == word || display_path(asset.path) == word ||
         std::filesystem::absolute(asset.path, error).lexically_normal() ==
             std::filesystem::absolute(word, error).lexically_normal();
}

}  // namespace

std::string find_asset(const std::vector<AssetSummary>& assets, const std::string& word) {
  std::vector<std::string> found;
  for (const AssetSummary& asset : assets) {
    if (asset.id == word || is_path_of(asset, word) ||
        (word.size() >= kShortestBeginning && asset.id.starts_with(word))) {
      found.push_back(asset.id);
    }
  }
  require(!found.empty(), ErrorCode::not_found,
          "no asset '{}' in this archive; 'ogam archive list' shows ids and paths", word);
  require(found.size() == 1, ErrorCode::invalid_argument,
          "'{}' names {} assets; write more of the id", word, found.size());
  return found.front();
}

}  // namespace ogam

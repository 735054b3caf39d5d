#include "archive/asset_lookup.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "core/base/error.h"

namespace ogam {
namespace {

AssetSummary asset(const std::string& id, const std::filesystem::path& path) {
  AssetSummary summary;
  summary.id = id;
  summary.path = path;
  return summary;
}

const std::vector<AssetSummary>& assets() {
  static const std::vector<AssetSummary> kAssets = {asset("b3:0123456789", "clips/자동차.mp4"),
                                                    asset("b3:0123456aaa", "/media/song.wav")};
  return kAssets;
}

ErrorCode refusal(const std::string& word) {
  try {
    find_asset(assets(), word);
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "'" << word << "' was found";
  return ErrorCode::internal;
}

TEST(AssetLookupTest, FindsByIdAndByItsBeginning) {
  EXPECT_EQ(find_asset(assets(), "b3:0123456aaa"), "b3:0123456aaa");
  EXPECT_EQ(find_asset(assets(), "b3:01234567"), "b3:0123456789");
}

TEST(AssetLookupTest, FindsByAnyWayOfWritingThePath) {
  EXPECT_EQ(find_asset(assets(), "clips/자동차.mp4"), "b3:0123456789");
  EXPECT_EQ(find_asset(assets(), "./clips/../clips/자동차.mp4"), "b3:0123456789");
  EXPECT_EQ(find_asset(assets(), (std::filesystem::current_path() / "clips/자동차.mp4").string()),
            "b3:0123456789");
}

TEST(AssetLookupTest, RefusesWhatIsMissingAmbiguousOrTooShort) {
  EXPECT_EQ(refusal("song.wav"), ErrorCode::not_found);
  EXPECT_EQ(refusal("b3:0123456"), ErrorCode::invalid_argument);
  EXPECT_EQ(refusal("b3:0123"), ErrorCode::not_found);
}

}  // namespace
}  // namespace ogam

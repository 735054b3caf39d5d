#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace ogam::hub {

/// What a model's card says of its licence.
struct CardLicence {
  std::string name;  ///< in small letters as the hub names it: "apache-2.0"; empty: nothing
  std::string note;  ///< where it is from, or why there is none
};

/// Reads `license` (and `license_name` where that is "other") from the front matter of a card.
/// Several licences are one name with commas between.
CardLicence card_licence(std::string_view card);

/// The same of the README.md in a model's folder.
CardLicence folder_licence(const std::filesystem::path& folder);

}  // namespace ogam::hub

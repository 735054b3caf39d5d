#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "core/base/error.h"
#include "tests/support/temporary_folder.h"

namespace ogam::test {

/// The folder of the clips that tests/media/make_media.py makes: `OGAM_TEST_MEDIA`, where they are
/// kept, or a temporary one, filled at the first call.
inline const std::filesystem::path& media_folder() {
  static const TemporaryFolder temporary;
  static const std::filesystem::path folder = [] {
    const char* const kept = std::getenv("OGAM_TEST_MEDIA");
    const char* const source = std::getenv("OGAM_SOURCE_DIR");
    require(source != nullptr, ErrorCode::unavailable,
            "OGAM_SOURCE_DIR is not set; run the tests with ctest");
    const std::filesystem::path path =
        kept == nullptr ? temporary.path() : std::filesystem::path(kept);
    const std::string command =
        fmt::format("python3 '{}/tests/media/make_media.py' '{}'", source, path.string());
    require(std::system(command.c_str()) == 0, ErrorCode::unavailable, "'{}' failed", command);
    return path;
  }();
  return folder;
}

inline std::filesystem::path media(const std::string& name) { return media_folder() / name; }

}  // namespace ogam::test

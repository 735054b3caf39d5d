#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "core/base/error.h"
#include "core/hub/model_info.h"

/// Whatever the hub answers, the files of an accepted description stay in their folder, and a
/// refused one is `corrupt_data` or too large.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto info =
        ogam::hub::parse_model_info({reinterpret_cast<const char*>(data), size}, "input");
    for (const auto& file : info.files) {
      const std::filesystem::path path(file.path);
      if (path.is_absolute() || path.lexically_normal() != path || *path.begin() == "..") {
        std::abort();
      }
    }
  } catch (const ogam::Error& error) {
    if (error.code() != ogam::ErrorCode::corrupt_data &&
        error.code() != ogam::ErrorCode::resource_exhausted) {
      std::abort();
    }
  }
  return 0;
}

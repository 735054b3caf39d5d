#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include "core/base/error.h"
#include "core/pack/manifest.h"
#include "tests/support/temporary_folder.h"

/// Whatever the bytes, an accepted pack.json names only models that it has and paths that stay
/// inside, and a refused one is `unavailable`.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const ogam::test::TemporaryFolder folder;
  std::ofstream(folder / "pack.json", std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  std::optional<ogam::PackManifest> pack;
  try {
    pack = ogam::read_pack(folder.path());
  } catch (const ogam::Error& error) {
    if (error.code() != ogam::ErrorCode::unavailable) {
      std::abort();
    }
    return 0;
  }
  for (const auto& [task, model] : pack->tasks) {
    (void)pack->model(model);  // throws, which ends the program, when there is none
  }
  for (const auto& lane : pack->lanes) {
    (void)pack->model(lane.encoder);
    for (const auto& space : lane.spaces) {
      if (space.dimension < 1 || space.output.empty()) {
        std::abort();
      }
    }
  }
  for (const auto& file : pack->files) {
    if (file.path.is_absolute() || file.path.lexically_normal() != file.path) {
      std::abort();
    }
  }
  return 0;
}

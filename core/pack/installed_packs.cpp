#include <algorithm>
#include <array>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/pack/manifest.h"

namespace ogam {

namespace fs = std::filesystem;

namespace {

/// What is wrong with one file of a pack, or nothing.
std::string file_problem(const fs::path& folder, const PackFile& file) {
  const std::string shown = display_path(file.path);
  const fs::path path = folder / file.path;
  std::error_code error;
  if (!fs::is_regular_file(path, error)) {
    return fmt::format("{} is missing", shown);
  }
  const std::uintmax_t size = fs::file_size(path, error);
  if (error || size != file.size) {
    return fmt::format("{} has {} bytes, expected {}", shown, size, file.size);
  }
  try {
    const std::string digest = sha256_file_hex(path);
    return digest == file.sha256
               ? ""
               : fmt::format("{} is damaged: sha256 {}, expected {}", shown, digest, file.sha256);
  } catch (const Error& unreadable) {
    return fmt::format("{} cannot be read: {}", shown, describe(unreadable));
  }
}

/// Packs that scripts/setup.sh builds when they are asked for.
constexpr std::array<std::string_view, 3> kPacksOnDemand = {"voice", "writer", "writer-small"};

}  // namespace

std::string pack_building_command(std::string_view name) {
  const bool on_demand =
      std::find(kPacksOnDemand.begin(), kPacksOnDemand.end(), name) != kPacksOnDemand.end();
  return on_demand ? fmt::format("{} --packs {}", kPackMendingCommand, name) : kPackMendingCommand;
}

fs::path find_pack(const std::string& name_or_folder) {
  require(!name_or_folder.empty(), ErrorCode::unavailable,
          "a pack needs a name or a folder, got nothing; 'starter' is built with: {}",
          kPackMendingCommand);
  std::vector<fs::path> candidates = {fs::path(name_or_folder)};
  if (candidates.front().filename() == name_or_folder) {
    candidates.insert(candidates.begin(), ogam_home() / "packs" / name_or_folder);
  }
  for (const fs::path& folder : candidates) {
    std::error_code ignored;
    if (fs::exists(folder / "pack.json", ignored)) {
      return folder;
    }
  }
  const auto command = pack_building_command(name_or_folder);
  fail(ErrorCode::unavailable, "there is no pack {}: no {}; {} is built with: {}",
       display_path(name_or_folder), display_path(candidates.front() / "pack.json"),
       command == kPackMendingCommand ? "the starter pack" : "it", command);
}

std::vector<fs::path> installed_packs() {
  std::vector<fs::path> folders;
  std::error_code error;
  for (fs::directory_iterator entry(ogam_home() / "packs", error), end; !error && entry != end;
       entry.increment(error)) {
    // A name with a leading dot is a pack that is still being built.
    std::error_code ignored;
    if (entry->is_directory(ignored) && !entry->path().filename().native().starts_with('.')) {
      folders.push_back(entry->path());
    }
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

std::vector<std::string> verify_pack(const PackManifest& pack) {
  std::vector<std::string> problems;
  const auto check = [&](const std::vector<PackFile>& files) {
    for (const PackFile& file : files) {
      if (std::string problem = file_problem(pack.folder, file); !problem.empty()) {
        problems.push_back(std::move(problem));
      }
    }
  };
  check(pack.files);
  for (const PackModel& model : pack.models) {
    check(model.files);
  }
  return problems;
}

}  // namespace ogam

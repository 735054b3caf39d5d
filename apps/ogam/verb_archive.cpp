#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <filesystem>

#include "apps/ogam/command_line.h"
#include "apps/ogam/console.h"
#include "apps/ogam/run_verb.h"
#include "apps/ogam/verbs.h"
#include "archive/archive.h"
#include "archive/asset_lookup.h"
#include "core/base/error.h"
#include "core/base/files.h"

namespace ogam {

namespace {

namespace po = boost::program_options;

std::string counts(const std::map<std::string, std::size_t>& numbers) {
  std::vector<std::string> parts;
  parts.reserve(numbers.size());
  for (const auto& [name, number] : numbers) {
    parts.push_back(fmt::format("{} {}", name, number));
  }
  return parts.empty() ? "none" : fmt::format("{}", fmt::join(parts, ", "));
}

int show_info(const CommandLine& line) {
  const ArchiveInfo info = Archive::open(line.common().archive).info();
  if (line.common().json) {
    Json spaces = Json::array();
    for (const Space& space : info.spaces) {
      spaces.push_back({{"id", space.id},
                        {"name", space.name},
                        {"lane", space.lane.name()},
                        {"dimension", space.dimension}});
    }
    print_json({{"archive", display_path(info.folder)},
                {"assets", info.assets},
                {"segments", info.segments},
                {"duration", to_seconds(info.duration)},
                {"bytes", info.bytes},
                {"vectors", info.vectors},
                {"spaces", spaces}});
    return kDone;
  }
  fmt::print("{} {}\n", bold("archive "), display_path(info.folder));
  fmt::print("{} {}, {} segments, {} of media\n", bold("assets  "), info.assets, info.segments,
             format_time(info.duration));
  fmt::print("{} {}\n", bold("vectors "), counts(info.vectors));
  fmt::print("{} {}\n", bold("on disk "), format_bytes(info.bytes));
  return kDone;
}

int show_list(const CommandLine& line) {
  Table table({"KIND", "DURATION", "SEGMENTS", "ID", "PATH"});
  const auto assets = Archive::open(line.common().archive).list();
  for (const AssetSummary& asset : assets) {
    if (line.common().json) {
      print_json({{"asset", asset.id},
                  {"path", display_path(asset.path)},
                  {"kind", asset.kind},
                  {"duration", to_seconds(asset.duration)},
                  {"segments", asset.segments},
                  {"indexed_at", asset.indexed_at},
                  {"tags", asset.tags}});
    } else {
      table.add({asset.kind, asset.duration > 0 ? format_time(asset.duration) : "-",
                 std::to_string(asset.segments), asset.id.substr(0, 15), display_path(asset.path)});
    }
  }
  if (!line.common().json) {
    fmt::print("{}", assets.empty() ? "The archive is empty.\n" : table.text());
  }
  return kDone;
}

int remove_assets(const CommandLine& line) {
  require(line.words().size() > 1, ErrorCode::invalid_argument,
          "name the assets to remove by path or id");
  Archive archive = Archive::open(line.common().archive);
  const auto assets = archive.list();
  int status = kDone;
  for (std::size_t i = 1; i < line.words().size(); ++i) {
    const std::string& word = line.words()[i];
    try {
      const std::string id = find_asset(assets, word);
      archive.remove(id);
      if (line.common().json) {
        print_json({{"asset", id}, {"status", "removed"}});
      } else {
        fmt::print("removed {}\n", display_path(word));
      }
    } catch (const Error& error) {
      fmt::print(stderr, "ogam archive: {}\n", describe(error));
      if (line.common().json) {
        print_json({{"asset", word},
                    {"status", "failed"},
                    {"error", error_json(error_code_name(error.code()), describe(error))}});
      }
      status = kSomeFailed;
    }
  }
  return status;
}

/// An archive that is too damaged to be opened has that as its one problem.
std::vector<std::string> find_problems(const std::filesystem::path& folder) {
  try {
    return Archive::open(folder).verify();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt_data) {
      throw;
    }
    return {describe(error)};
  }
}

int verify(const CommandLine& line) {
  const auto problems = find_problems(line.common().archive);
  if (line.common().json) {
    print_json({{"sound", problems.empty()}, {"problems", problems}});
  } else if (problems.empty()) {
    fmt::print("The archive is sound.\n");
  }
  for (const std::string& problem : problems) {
    fmt::print(stderr, "ogam archive: {}\n", problem);
  }
  return problems.empty() ? kDone : kInternal;
}

struct ArchiveAction {
  std::string_view name;
  int (*run)(const CommandLine&);
};

constexpr std::array kActions = {
    ArchiveAction{"info", &show_info},
    ArchiveAction{"list", &show_list},
    ArchiveAction{"remove", &remove_assets},
    ArchiveAction{"verify", &verify},
};

}  // namespace

int run_archive(std::span<const std::string> arguments) {
  const CommandLine line({.synopsis = "archive info|list|remove ASSET...|verify [OPTIONS]",
                          .description = "Looks after an archive. An asset is named by its path or "
                                         "its id (or the beginning of it).\n"
                                         "'verify' reads everything and checks every checksum and "
                                         "reference; it exits with 5 and\n"
                                         "lists what is damaged when the archive is not sound.",
                          .examples = "  ogam archive list\n  ogam archive remove clips/old.mp4\n",
                          .positionals = -1},
                         po::options_description(), arguments);
  if (line.wants_nothing_more()) {
    return kDone;
  }
  const std::string action = line.words().empty() ? "" : line.words().front();
  for (const ArchiveAction& candidate : kActions) {
    if (candidate.name == action) {
      require(
          line.words().size() == 1 || action == "remove", ErrorCode::invalid_argument,
          "'ogam archive {}' takes no more words, got '{}'; the archive is named with --archive",
          action, line.words().back());
      return candidate.run(line);
    }
  }
  fail(ErrorCode::invalid_argument, "write what to do: ogam archive info|list|remove|verify{}",
       action.empty() ? "" : fmt::format("; '{}' is none of these", action));
}

}  // namespace ogam

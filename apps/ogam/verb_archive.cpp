#include <fmt/format.h>

#include <array>
#include <cstdio>

#include "apps/ogam/command_line.h"
#include "apps/ogam/console.h"
#include "apps/ogam/run_verb.h"
#include "apps/ogam/verbs.h"
#include "archive/archive.h"
#include "core/base/error.h"
#include "core/base/files.h"

namespace ogam {

namespace {

namespace po = boost::program_options;

std::string counts(const std::map<std::string, std::size_t>& numbers) {
  std::vector<std::string> parts;
  for (const auto& [name, number] : numbers) {
    parts.push_back(fmt::format("{} {}", name, number));
  }
  return parts.empty() ? "none" : fmt::format("{}", fmt::join(parts, ", "));
}

int show_info(const Archive& archive, const CommandLine& line) {
  const ArchiveInfo info = archive.info();
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

int show_list(const Archive& archive, const CommandLine& line) {
  Table table({"KIND", "DURATION", "SEGMENTS", "ID", "PATH"});
  const auto assets = archive.list();
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

/// The asset that a word names: its id, the beginning of it, or its path.
std::string find_asset(const std::vector<AssetSummary>& assets, const std::string& word) {
  std::vector<std::string> found;
  for (const AssetSummary& asset : assets) {
    if (asset.id == word || asset.path == word ||
        (word.size() >= 9 && asset.id.starts_with(word))) {
      found.push_back(asset.id);
    }
  }
  require(!found.empty(), ErrorCode::not_found,
          "no asset '{}' in this archive; 'ogam archive list' shows ids and paths", word);
  require(found.size() == 1, ErrorCode::invalid_argument,
          "'{}' names {} assets; write more of the id", word, found.size());
  return found.front();
}

int remove_assets(Archive& archive, const CommandLine& line) {
  require(line.words().size() > 1, ErrorCode::invalid_argument,
          "name the assets to remove by path or id");
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

int verify(const Archive& archive, const CommandLine& line) {
  const auto problems = archive.verify();
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
  int (*run)(Archive&, const CommandLine&);
};

constexpr std::array kActions = {
    ArchiveAction{
        "info", [](Archive& archive, const CommandLine& line) { return show_info(archive, line); }},
    ArchiveAction{
        "list", [](Archive& archive, const CommandLine& line) { return show_list(archive, line); }},
    ArchiveAction{"remove", &remove_assets},
    ArchiveAction{"verify",
                  [](Archive& archive, const CommandLine& line) { return verify(archive, line); }},
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
      Archive archive = Archive::open(line.common().archive);
      return candidate.run(archive, line);
    }
  }
  fail(ErrorCode::invalid_argument, "write what to do: ogam archive info|list|remove|verify{}",
       action.empty() ? "" : fmt::format("; '{}' is none of these", action));
}

}  // namespace ogam

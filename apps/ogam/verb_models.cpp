#include <fmt/format.h>

#include <cstdio>
#include <numeric>

#include "apps/ogam/command_line.h"
#include "apps/ogam/console.h"
#include "apps/ogam/run_verb.h"
#include "apps/ogam/verb_pull.h"
#include "apps/ogam/verbs.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/hub/pull.h"
#include "core/pack/manifest.h"

namespace ogam {

namespace {

namespace po = boost::program_options;

std::uint64_t size_of(const PackModel& model) {
  std::uint64_t bytes = 0;
  for (const PackFile& file : model.files) {
    bytes += file.size;
  }
  return bytes;
}

Json model_json(const PackModel& model) {
  Json files = Json::array();
  for (const PackFile& file : model.files) {
    files.push_back(
        {{"path", display_path(file.path)}, {"size", file.size}, {"sha256", file.sha256}});
  }
  return {{"id", model.id},
          {"model_type", model.model_type},
          {"role", model.role},
          {"origin", model.origin},
          {"licence", model.licence},
          {"licence_note", model.licence_note},
          {"training", model.training},
          {"folder", display_path(model.folder)},
          {"files", files}};
}

int list_models(const CommandLine& line) {
  const auto packs = installed_packs();
  Table table({"PACK", "MODEL", "ROLE", "SIZE", "LICENCE"});
  int status = kDone;
  for (const auto& folder : packs) {
    try {
      const PackManifest pack = read_pack(folder);
      for (const PackModel& model : pack.models) {
        if (line.common().json) {
          Json row = {{"pack", pack.name}};
          row.update(model_json(model));
          print_json(row);
        } else {
          table.add({pack.name, model.id, model.role,
                     model.files.empty() ? "system" : format_bytes(size_of(model)), model.licence});
        }
      }
    } catch (const Error& error) {
      fmt::print(stderr, "ogam models: {}\n", describe(error));
      status = kModelMissing;
    }
  }
  require(!packs.empty(), ErrorCode::unavailable,
          "no packs under {}; build the starter pack with: {}", display_path(ogam_home() / "packs"),
          kPackMendingCommand);
  if (!line.common().json) {
    fmt::print("{}", table.text());
  }
  return status;
}

void print_model(const PackModel& model) {
  fmt::print("{}\n", bold(model.id));
  const std::vector<std::pair<const char*, std::string>> rows = {
      {"role", model.role},
      {"type", model.model_type},
      {"origin", model.origin},
      {"licence", model.licence + (model.licence_note.empty() ? "" : "; " + model.licence_note)},
      {"training", model.training},
      {"folder", model.files.empty() ? "from the distribution" : display_path(model.folder)},
  };
  for (const auto& [name, value] : rows) {
    fmt::print("  {:<9} {}\n", name, value);
  }
  for (const PackFile& file : model.files) {
    fmt::print("  {:<9} {} ({}, sha256 {}…)\n", "file", display_path(file.path),
               format_bytes(file.size), file.sha256.substr(0, 12));
  }
}

int show_models(const CommandLine& line) {
  const std::string wanted = line.words().size() > 1 ? line.words()[1] : "";
  if (wanted.find('/') != std::string::npos) {  // ids of packs have no slash
    return show_model_folder(line, wanted, hub::resolve_model(wanted));
  }
  const PackManifest pack = read_pack(find_pack(line.common().pack));
  bool found = false;
  for (const PackModel& model : pack.models) {
    if (wanted.empty() || model.id == wanted) {
      found = true;
      if (line.common().json) {
        print_json(model_json(model));
      } else {
        print_model(model);
      }
    }
  }
  if (!found && !wanted.empty()) {
    if (const auto folder = hub::find_model(wanted)) {
      return show_model_folder(line, wanted, *folder);
    }
  }
  require(found, ErrorCode::invalid_argument,
          "pack {} has no model '{}'; 'ogam models list' shows what there is", pack.name, wanted);
  return kDone;
}

int verify_models(const CommandLine& line) {
  const PackManifest pack = read_pack(find_pack(line.common().pack));
  const auto problems = verify_pack(pack);
  if (line.common().json) {
    print_json({{"pack", pack.name}, {"sound", problems.empty()}, {"problems", problems}});
  } else if (problems.empty()) {
    fmt::print("Every file of the pack {} is sound.\n", pack.name);
  }
  for (const std::string& problem : problems) {
    fmt::print(stderr, "ogam models: {}\n", problem);
  }
  if (!problems.empty()) {
    fmt::print(stderr, "ogam models: mend the pack with: {}\n", kPackMendingCommand);
  }
  return problems.empty() ? kDone : kModelMissing;
}

}  // namespace

int run_models(std::span<const std::string> arguments) {
  const CommandLine line(
      {.synopsis = "models list|show [MODEL]|pull ID[@REVISION]|verify [OPTIONS]",
       .description =
           "What models are there, where they come from and under which licence.\n"
           "'show' takes a model of the pack, a folder, or an ORGANISATION/NAME that was "
           "pulled.\n"
           "'pull' brings a model of the Hugging Face hub into its cache.\n"
           "'verify' compares every file of the pack with its recorded sha256.",
       .examples =
           "  ogam models show whisper-base\n"
           "  ogam models pull google/siglip2-base-patch16-256\n"
           "  ogam models pull --require-license apache-2.0,mit openai/whisper-small@main\n",
       .positionals = 2},
      pull_options(), arguments);
  if (line.wants_nothing_more()) {
    return kDone;
  }
  const std::string action = line.words().empty() ? "" : line.words().front();
  require(line.words().size() < 2 || (action != "list" && action != "verify"),
          ErrorCode::invalid_argument,
          "'ogam models {}' takes no more words, got '{}'; a pack is named with --pack", action,
          line.words().empty() ? "" : line.words().back());
  require(
      action == "pull" || !has_pull_options(line), ErrorCode::invalid_argument,
      "--include, --exclude, --require-license and --workers are options of 'ogam models pull'");
  if (action == "list") {
    return list_models(line);
  }
  if (action == "show") {
    return show_models(line);
  }
  if (action == "pull") {
    return pull_model(line);
  }
  if (action == "verify") {
    return verify_models(line);
  }
  fail(ErrorCode::invalid_argument, "write what to do: ogam models list|show|pull|verify{}",
       action.empty() ? "" : fmt::format("; '{}' is none of these", action));
}

}  // namespace ogam

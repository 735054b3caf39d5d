#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "apps/ogam/command_line.h"
#include "apps/ogam/console.h"
#include "apps/ogam/model_json.h"
#include "apps/ogam/model_verbs.h"
#include "apps/ogam/run_verb.h"
#include "apps/ogam/verb_pull.h"
#include "apps/ogam/verbs.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/pack/manifest.h"

namespace ogam {

namespace {

namespace po = boost::program_options;

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

/// Runs a part of `models` that computes, and so is in the library of model verbs.
int run_in_library(std::string part, std::vector<std::string> words) {
  words.insert(words.begin(), {"ogam", "models " + std::move(part)});
  std::vector<char*> arguments;
  arguments.reserve(words.size());
  for (auto& word : words) {
    arguments.push_back(word.data());
  }
  return run_model_verb(static_cast<int>(arguments.size()), arguments.data());
}

int show_models(const CommandLine& line) {
  std::vector<std::string> words = {"--pack", line.common().pack};
  if (line.words().size() > 1) {
    words.push_back(line.words()[1]);
  }
  if (line.common().json) {
    words.emplace_back("--json");
  }
  return run_in_library("show", std::move(words));
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
    fmt::print(stderr, "ogam models: mend the pack with: {}\n", pack.mending_command());
  }
  return problems.empty() ? kDone : kModelMissing;
}

}  // namespace

int run_models(std::span<const std::string> arguments) {
  if (!arguments.empty() && arguments.front() == "pack") {  // which has options of its own
    return run_in_library("pack", {arguments.begin() + 1, arguments.end()});
  }
  const CommandLine line(
      {.synopsis = "models list|show [MODEL]|pull ID[@REVISION]|pack create NAME|verify [OPTIONS]",
       .description =
           "What models are there, where they come from and under which licence.\n"
           "'show' takes a model of the pack, a folder, or an ORGANISATION/NAME that was "
           "pulled, and says\n"
           "what memory and time it will need.\n"
           "'pull' brings a model of the Hugging Face hub into its cache.\n"
           "'pack' makes a pack of models; see 'ogam models pack --help'.\n"
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
  require(action != "pack", ErrorCode::invalid_argument,
          "'pack' comes right behind 'models': ogam models pack create NAME [OPTIONS]");
  fail(ErrorCode::invalid_argument, "write what to do: ogam models list|show|pull|pack|verify{}",
       action.empty() ? "" : fmt::format("; '{}' is none of these", action));
}

}  // namespace ogam

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <vector>

#include "apps/ogam/command_line.h"
#include "apps/ogam/console.h"
#include "apps/ogam/licence_list.h"
#include "apps/ogam/progress_bar.h"
#include "apps/ogam/run_verb.h"
#include "apps/ogam/verbs.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "pipelines/pack_builder.h"

namespace ogam {

namespace {

namespace po = boost::program_options;

po::options_description pack_options() {
  po::options_description options("Options of pack create",
                                  static_cast<unsigned>(terminal_width()));
  const auto model = [] { return po::value<std::string>()->value_name("MODEL"); };
  options.add_options()                                                                       //
      ("visual", model(), "sees pictures, or videos clip by clip")                            //
      ("sound", model(), "hears sounds")                                                      //
      ("speech", model(), "writes down speech (whisper)")                                     //
      ("text", model(), "compares words, said and written")                                   //
      ("fused", model(), "joins what is seen and heard: an omni or fusion model, or 'mean'")  //
      ("omni", model(), "serves every one of these lanes that it has an encoder for")         //
      ("base", po::value<std::string>()->value_name("PACK"),
       "takes over the lanes of this pack that nothing else is named for; without it, 'starter' "
       "lends what the named lanes need beside their models")                             //
      ("description", po::value<std::string>()->value_name("TEXT"), "for 'models list'")  //
      ("force", po::bool_switch(), "replaces a pack of this name")                        //
      ("require-license", po::value<std::string>()->value_name("L,..."),
       "makes no pack with a model under another licence than these");
  return options;
}

PackRecipe recipe_of(const CommandLine& line) {
  const auto word = [&](const char* option) { return line.get_or<std::string>(option, ""); };
  PackRecipe recipe{.name = line.words()[1],
                    .description = word("description"),
                    .visual = word("visual"),
                    .sound = word("sound"),
                    .speech = word("speech"),
                    .text = word("text"),
                    .fused = word("fused"),
                    .omni = word("omni"),
                    .base = word("base"),
                    .force = line.get<bool>("force")};
  if (line.has("require-license")) {
    recipe.licences = parse_licences(line.get<std::string>("require-license"));
  }
  return recipe;
}

Json pack_json(const PackManifest& pack) {
  Json models = Json::array();
  for (const PackModel& model : pack.models) {
    models.push_back({{"id", model.id},
                      {"model_type", model.model_type},
                      {"role", model.role},
                      {"origin", model.origin},
                      {"licence", model.licence}});
  }
  Json lanes = Json::object();
  for (const PackLane& lane : pack.lanes) {
    Json spaces = Json::array();
    for (const PackSpace& space : lane.spaces) {
      Json queries = Json::array();
      for (const auto& [modality, route] : space.queries) {
        queries.push_back(modality);
      }
      spaces.push_back(
          {{"output", space.output}, {"dimension", space.dimension}, {"queries", queries}});
    }
    lanes[std::string(lane.lane.name())] = {
        {"model", lane.fusion ? lane.fusion->model : lane.encoder}, {"spaces", spaces}};
  }
  return {{"pack", pack.name},
          {"folder", display_path(pack.folder)},
          {"models", models},
          {"lanes", lanes}};
}

void print_pack(const PackManifest& pack) {
  Table table({"LANE", "MODEL", "LICENCE", "QUERIES"});
  for (const PackLane& lane : pack.lanes) {
    const std::string model = lane.fusion ? lane.fusion->model : lane.encoder;
    for (const PackSpace& space : lane.spaces) {
      std::string queries;
      for (const auto& [modality, route] : space.queries) {
        queries += (queries.empty() ? "" : ", ") + modality;
      }
      table.add({std::string(lane.lane.name()), model.empty() ? "mean" : model,
                 model.empty() ? "" : pack.model(model).licence, queries});
    }
  }
  fmt::print("{}\n{}Use it with: ogam index --pack {} ...\n", display_path(pack.folder),
             table.text(), pack.name);
}

}  // namespace

int run_models_pack(std::span<const std::string> arguments) {
  const CommandLine line(
      {.synopsis = "models pack create NAME [OPTIONS]",
       .description =
           "Makes a pack of any models that ogam can load, in OGAM_HOME/packs/NAME.\n"
           "MODEL is a folder, an ORGANISATION/NAME that was pulled, or a model of the base pack.",
       .examples = "  ogam models pack create mine --visual google/siglip2-base-patch16-256\n"
                   "  ogam models pack create omni --omni google/embeddinggemma-2 --base starter\n",
       .positionals = 2},
      pack_options(), arguments);
  if (line.wants_nothing_more()) {
    return kDone;
  }
  const auto& words = line.words();
  require(!words.empty() && words.front() == "create", ErrorCode::invalid_argument,
          "write: ogam models pack create NAME{}",
          words.empty() ? "" : fmt::format("; '{}' is not 'create'", words.front()));
  require(words.size() > 1, ErrorCode::invalid_argument,
          "name the pack: ogam models pack create NAME");
  PackBuildOptions options;
  options.cancellation = cancellation_by_signals();
  ProgressBar bar(line.common());
  options.on_progress = [&](const ProgressEvent& event) { bar.show(event); };
  options.on_note = [&](const std::string& text) {
    if (!line.common().quiet && !line.common().json) {
      bar.clear();
      fmt::print(stderr, "{}\n", printable(text));
    }
  };
  const PackManifest pack = create_pack(recipe_of(line), options);
  bar.clear();
  if (line.common().json) {
    print_json(pack_json(pack));
  } else {
    print_pack(pack);
  }
  return kDone;
}

}  // namespace ogam

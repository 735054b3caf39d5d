#include <string>
#include <string_view>

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/pack/manifest.h"

namespace ogam {

namespace {

std::string relative(const PackManifest& pack, const std::filesystem::path& path) {
  return path.lexically_relative(pack.folder).string();
}

Json files_json(const std::vector<PackFile>& files) {
  Json list = Json::array();
  for (const PackFile& file : files) {
    list.push_back({{"path", file.path.string()}, {"size", file.size}, {"sha256", file.sha256}});
  }
  return list;
}

Json model_json(const PackManifest& pack, const PackModel& model) {
  Json json = {{"id", model.id},
               {"model_type", model.model_type},
               {"role", model.role},
               {"origin", model.origin},
               {"licence", model.licence},
               {"licence_note", model.licence_note},
               {"training", model.training},
               {"files", files_json(model.files)}};
  if (!model.files.empty()) {
    json["folder"] = relative(pack, model.folder);
  }
  return json;
}

Json route_json(const PackManifest& pack, const PackQueryRoute& route) {
  Json json = {{"via", route.via}};
  if (!route.model.empty()) {
    json["model"] = route.model;
  }
  if (!route.names.empty()) {
    json["names"] = relative(pack, route.names);
    json["temperature"] = route.temperature;
  }
  json["calibration"] = {{"intercept", route.intercept}, {"slope", route.slope}};
  json["background"] = route.own_background ? "archive" : "texts";
  return json;
}

Json lane_json(const PackManifest& pack, const PackLane& lane) {
  Json json = {{"lane", std::string(lane.lane.name())}};
  if (lane.fusion) {
    Json towers = Json::array();
    for (const PackTower& tower : lane.fusion->towers) {
      towers.push_back({{"name", tower.name},
                        {"lane", std::string(tower.lane.name())},
                        {"output", tower.output}});
    }
    json["fusion"] = {{"towers", towers}};
    if (!lane.fusion->model.empty()) {
      json["fusion"]["model"] = lane.fusion->model;
    }
  } else {
    json["encoder"] = lane.encoder;
  }
  json["models"] = lane.models;
  Json spaces = Json::array();
  for (const PackSpace& space : lane.spaces) {
    Json queries = Json::object();
    for (const auto& [modality, route] : space.queries) {
      queries[modality] = route_json(pack, route);
    }
    spaces.push_back(
        {{"output", space.output}, {"dimension", space.dimension}, {"queries", queries}});
  }
  json["spaces"] = spaces;
  return json;
}

}  // namespace

void write_pack(const PackManifest& pack) {
  Json models = Json::array();
  for (const PackModel& model : pack.models) {
    models.push_back(model_json(pack, model));
  }
  Json lanes = Json::array();
  for (const PackLane& lane : pack.lanes) {
    lanes.push_back(lane_json(pack, lane));
  }
  Json json = {{"format", "ogam-pack"},
               {"version", 1},
               {"name", pack.name},
               {"description", pack.description},
               {"models", models},
               {"lanes", lanes},
               {"tasks", pack.tasks},
               {"files", files_json(pack.files)},
               {"background", pack.background}};
  if (!pack.created_with.empty()) {
    json["created_with"] = pack.created_with;
  }
  write_file_atomically(pack.folder / "pack.json", dump_json(json, 1) + "\n");
}

}  // namespace ogam

#include "core/pack/manifest.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string_view>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"

namespace ogam {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMaxManifestBytes = 16u << 20;
constexpr std::size_t kMaxBackgroundTexts = 10'000;
constexpr int kMaxDimension = 1 << 20;
constexpr std::array<std::string_view, 4> kModalities = {"text", "image", "audio", "video"};

/// Reads the parts of one pack.json; every problem is an Error{corrupt_data} that names the place
/// in it.
class ManifestReader {
 public:
  explicit ManifestReader(fs::path folder) : folder_(std::move(folder)) {}

  PackManifest read();

 private:
  void check_reference(const std::string& model, const std::string& where) const;
  fs::path relative_path(const Json& object, const std::string& key,
                         const std::string& where) const;
  std::vector<PackFile> read_files(const Json& list, const std::string& where);
  PackModel read_model(const Json& object);
  PackQueryRoute read_route(const Json& object, const std::string& where) const;
  PackSpace read_space(const Json& object, const std::string& where) const;
  PackFusion read_fusion(const Json& object, const std::string& lane) const;
  PackLane read_lane(const Json& object) const;
  /// Lanes are listed in any order, so what fusions refer to is looked up at the end.
  void check_fusions() const;

  fs::path folder_;
  PackManifest manifest_;
  std::set<std::string> model_ids_;
  std::set<fs::path> listed_files_;
};

/// The elements of `object[key]`; none when the key is missing.
std::vector<Json> list_of(const Json& object, const std::string& key, const std::string& where) {
  const auto list = json_value_or<Json>(object, key, where, Json::array());
  require(list.is_array(), ErrorCode::corrupt_data, "{}: '{}' must be a list", where, key);
  return {list.begin(), list.end()};
}

/// A text that must not be empty.
std::string name_of(const Json& object, const std::string& key, const std::string& where) {
  auto name = json_value<std::string>(object, key, where);
  require(!name.empty(), ErrorCode::corrupt_data, "{}: '{}' is empty", where, key);
  return name;
}

double number_of(const Json& object, const std::string& key, const std::string& where,
                 double fallback) {
  const double number = json_value_or<double>(object, key, where, fallback);
  require(std::isfinite(number), ErrorCode::corrupt_data, "{}: '{}' must be finite", where, key);
  return number;
}

bool is_sha256(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// Whether a path stays inside the folder it is relative to.
bool stays_inside(std::string_view text) {
  const fs::path path(text);
  return !text.empty() && path.is_relative() &&
         std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20; }) &&
         std::none_of(path.begin(), path.end(), [](const fs::path& part) {
           return part.empty() || part == "." || part == "..";
         });
}

fs::path ManifestReader::relative_path(const Json& object, const std::string& key,
                                       const std::string& where) const {
  const auto text = json_value<std::string>(object, key, where);
  require(stays_inside(text), ErrorCode::corrupt_data,
          "{}: '{}' must be a path inside the pack, got '{}'", where, key, display_path(text));
  return text;
}

std::vector<PackFile> ManifestReader::read_files(const Json& list, const std::string& where) {
  std::vector<PackFile> files;
  for (const Json& entry : list_of(list, "files", where)) {
    PackFile file;
    file.path = relative_path(entry, "path", where);
    const std::string shown = display_path(file.path);
    const auto size = json_value<Json>(entry, "size", where);
    require(size.is_number_unsigned(), ErrorCode::corrupt_data,
            "{}: the size of {} must be a count of bytes", where, shown);
    file.size = size.get<std::uintmax_t>();
    file.sha256 = json_value<std::string>(entry, "sha256", where);
    require(is_sha256(file.sha256), ErrorCode::corrupt_data,
            "{}: the sha256 of {} must be 64 hexadecimal digits", where, shown);
    require(listed_files_.insert(file.path).second, ErrorCode::corrupt_data,
            "{}: {} is listed twice", where, shown);

    std::error_code error;
    require(fs::is_regular_file(folder_ / file.path, error), ErrorCode::corrupt_data,
            "the file {} is missing", shown);
    const std::uintmax_t seen = fs::file_size(folder_ / file.path, error);
    require(!error && seen == file.size, ErrorCode::corrupt_data,
            "the file {} has {} bytes, expected {}", shown, seen, file.size);
    files.push_back(std::move(file));
  }
  return files;
}

PackModel ManifestReader::read_model(const Json& object) {
  PackModel model;
  model.id = name_of(object, "id", "models");
  require(is_plain_pack_name(model.id), ErrorCode::corrupt_data,
          "models: '{}' cannot be the id of a model", display_path(model.id));
  require(model_ids_.insert(model.id).second, ErrorCode::corrupt_data,
          "models: the id '{}' occurs twice", model.id);
  const std::string where = "model " + model.id;
  model.model_type = name_of(object, "model_type", where);
  model.role = name_of(object, "role", where);
  model.origin = name_of(object, "origin", where);
  model.licence = name_of(object, "licence", where);
  model.licence_note = json_value_or<std::string>(object, "licence_note", where, "");
  model.training = name_of(object, "training", where);
  model.files = read_files(object, where);
  if (!model.files.empty()) {
    const fs::path folder = relative_path(object, "folder", where);
    for (const PackFile& file : model.files) {
      const fs::path inside = file.path.lexically_relative(folder);
      require(stays_inside(inside.native()), ErrorCode::corrupt_data,
              "{}: {} is not in its folder {}", where, display_path(file.path),
              display_path(folder));
    }
    model.folder = folder_ / folder;
  }
  return model;
}

void ManifestReader::check_reference(const std::string& model, const std::string& where) const {
  require(model_ids_.contains(model), ErrorCode::corrupt_data,
          "{}: there is no model '{}' in the pack", where, display_path(model));
}

PackQueryRoute ManifestReader::read_route(const Json& object, const std::string& where) const {
  PackQueryRoute route;
  route.via = json_value<std::string>(object, "via", where);
  route.model = json_value_or<std::string>(object, "model", where, "");
  if (route.via == "class_names") {
    require(!route.model.empty(), ErrorCode::corrupt_data, "{}: 'model' is missing", where);
    const fs::path names = relative_path(object, "names", where);
    require(listed_files_.contains(names), ErrorCode::corrupt_data,
            "{}: {} is not listed under 'files'", where, display_path(names));
    route.names = folder_ / names;
    route.temperature = number_of(object, "temperature", where, 0);
    require(route.temperature > 0, ErrorCode::corrupt_data,
            "{}: 'temperature' must be above 0, got {}", where, route.temperature);
  } else {
    require(route.via == "encoder" || route.via == "fusion", ErrorCode::corrupt_data,
            "{}: 'via' must be encoder, class_names or fusion, got '{}'", where,
            display_path(route.via));
  }
  if (!route.model.empty()) {
    check_reference(route.model, where);
  }
  const auto calibration = json_value_or<Json>(object, "calibration", where, Json::object());
  require(calibration.is_object(), ErrorCode::corrupt_data, "{}: 'calibration' must be an object",
          where);
  route.intercept = number_of(calibration, "intercept", where, route.intercept);
  route.slope = number_of(calibration, "slope", where, route.slope);
  require(route.slope > 0, ErrorCode::corrupt_data, "{}: the slope must be above 0, got {}", where,
          route.slope);
  const auto background = json_value_or<std::string>(object, "background", where, "texts");
  require(background == "texts" || background == "archive", ErrorCode::corrupt_data,
          "{}: 'background' must be texts or archive, got '{}'", where, display_path(background));
  route.own_background = background == "archive";
  return route;
}

PackSpace ManifestReader::read_space(const Json& object, const std::string& where) const {
  PackSpace space;
  space.output = name_of(object, "output", where);
  const std::string place = where + ", output " + display_path(space.output);
  const auto dimension = json_value<Json>(object, "dimension", place);
  require(dimension.is_number_unsigned() && dimension > 0 && dimension <= kMaxDimension,
          ErrorCode::corrupt_data, "{}: 'dimension' must be a number from 1 to {}", place,
          kMaxDimension);
  space.dimension = dimension.get<int>();
  const auto queries = json_value_or<Json>(object, "queries", place, Json::object());
  require(queries.is_object(), ErrorCode::corrupt_data, "{}: 'queries' must be an object", place);
  for (const auto& [modality, route] : queries.items()) {
    require(std::find(kModalities.begin(), kModalities.end(), modality) != kModalities.end(),
            ErrorCode::corrupt_data, "{}: there are no '{}' queries, only {}", place,
            display_path(modality), fmt::join(kModalities, ", "));
    const auto entry =
        space.queries
            .emplace(modality, read_route(route, fmt::format("{}, {} queries", place, modality)))
            .first;
    require(entry->second.via != "fusion" || modality == "text", ErrorCode::corrupt_data,
            "{}: only text queries go via fusion, not {} queries", place, modality);
  }
  return space;
}

PackFusion ManifestReader::read_fusion(const Json& object, const std::string& lane) const {
  const std::string where = lane + ", fusion";
  PackFusion fusion;
  fusion.model = json_value_or<std::string>(object, "model", where, "");
  if (!fusion.model.empty()) {
    check_reference(fusion.model, where);
  }
  std::set<std::string> names;
  for (const Json& entry : list_of(object, "towers", where)) {
    fusion.towers.push_back({name_of(entry, "name", where),
                             Lane::parse(json_value<std::string>(entry, "lane", where)),
                             name_of(entry, "output", where)});
    require(names.insert(fusion.towers.back().name).second, ErrorCode::corrupt_data,
            "{}: the tower '{}' occurs twice", where, display_path(fusion.towers.back().name));
  }
  require(!fusion.towers.empty(), ErrorCode::corrupt_data, "{}: 'towers' is empty", where);
  return fusion;
}

void ManifestReader::check_fusions() const {
  for (const PackLane& lane : manifest_.lanes) {
    const bool by_fusion =
        std::any_of(lane.spaces.begin(), lane.spaces.end(), [](const PackSpace& space) {
          return std::any_of(space.queries.begin(), space.queries.end(),
                             [](const auto& entry) { return entry.second.via == "fusion"; });
        });
    require(lane.fusion || !by_fusion, ErrorCode::corrupt_data,
            "lane {}: a query goes via fusion, and the lane has none", lane.lane.name());
    if (lane.fusion) {
      for (const PackTower& tower : lane.fusion->towers) {
        manifest_.space_of(tower);
      }
    }
  }
}

PackLane ManifestReader::read_lane(const Json& object) const {
  PackLane lane;
  lane.lane = Lane::parse(json_value<std::string>(object, "lane", "lanes"));
  const std::string where = fmt::format("lane {}", lane.lane.name());
  if (object.contains("fusion")) {
    lane.fusion = read_fusion(json_value<Json>(object, "fusion", where), where);
  } else {
    lane.encoder = json_value<std::string>(object, "encoder", where);
    check_reference(lane.encoder, where);
  }
  lane.models = json_value_or<std::map<std::string, std::string>>(object, "models", where, {});
  for (const auto& [task, model] : lane.models) {
    check_reference(model, where + ", " + display_path(task));
  }
  std::set<std::string> outputs;
  for (const Json& space : list_of(object, "spaces", where)) {
    lane.spaces.push_back(read_space(space, where));
    require(outputs.insert(lane.spaces.back().output).second, ErrorCode::corrupt_data,
            "{}: the output '{}' occurs twice", where, display_path(lane.spaces.back().output));
  }
  require(!lane.spaces.empty(), ErrorCode::corrupt_data, "{}: 'spaces' is empty", where);
  return lane;
}

/// The arguments that a created pack was made of.
std::vector<std::string> read_created_with(const Json& json) {
  return json_value_or<std::vector<std::string>>(json, "created_with", "pack.json", {});
}

PackManifest ManifestReader::read() {
  const Json json = read_json_file(folder_ / "pack.json", kMaxManifestBytes);
  const auto format = json_value<std::string>(json, "format", "pack.json");
  const auto version = json_value<Json>(json, "version", "pack.json");
  require(format == "ogam-pack" && version == 1, ErrorCode::corrupt_data,
          "pack.json must be of the format ogam-pack, version 1");
  manifest_.created_with = read_created_with(json);
  manifest_.name = name_of(json, "name", "pack.json");
  require(is_plain_pack_name(manifest_.name), ErrorCode::corrupt_data,
          "'{}' cannot be the name of a pack", display_path(manifest_.name));
  manifest_.description = json_value_or<std::string>(json, "description", "pack.json", "");
  manifest_.folder = folder_;
  manifest_.files = read_files(json, "pack.json");
  for (const Json& model : list_of(json, "models", "pack.json")) {
    manifest_.models.push_back(read_model(model));
  }
  for (const Json& object : list_of(json, "lanes", "pack.json")) {
    PackLane lane = read_lane(object);
    require(manifest_.lane(lane.lane) == nullptr, ErrorCode::corrupt_data,
            "the lane {} occurs twice", lane.lane.name());
    manifest_.lanes.push_back(std::move(lane));
  }
  check_fusions();
  manifest_.tasks =
      json_value_or<std::map<std::string, std::string>>(json, "tasks", "pack.json", {});
  for (const auto& [task, model] : manifest_.tasks) {
    check_reference(model, "task " + display_path(task));
  }
  manifest_.background =
      json_value_or<std::vector<std::string>>(json, "background", "pack.json", {});
  require(manifest_.background.size() <= kMaxBackgroundTexts, ErrorCode::corrupt_data,
          "pack.json has {} background texts; at most {} are allowed", manifest_.background.size(),
          kMaxBackgroundTexts);
  return std::move(manifest_);
}

}  // namespace

bool is_plain_pack_name(std::string_view name) {
  return !name.empty() && name.size() <= 100 && name.front() != '.' &&
         name.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
             std::string_view::npos;
}

std::string pack_mending_command(const std::string& name_or_folder) {
  PackManifest pack;
  pack.name = fs::path(name_or_folder).filename();
  try {
    pack.created_with = read_created_with(
        read_json_file(find_pack(name_or_folder) / "pack.json", kMaxManifestBytes));
  } catch (const Error&) {  // then nothing can be told of it
  }
  return pack.mending_command();
}

const PackModel& PackManifest::model(const std::string& id) const {
  const auto found = std::find_if(models.begin(), models.end(),
                                  [&](const PackModel& row) { return row.id == id; });
  require(found != models.end(), ErrorCode::corrupt_data, "pack {} has no model '{}'", name,
          display_path(id));
  return *found;
}

const PackLane* PackManifest::lane(Lane lane) const {
  const auto found = std::find_if(lanes.begin(), lanes.end(),
                                  [&](const PackLane& row) { return row.lane == lane; });
  return found == lanes.end() ? nullptr : &*found;
}

const PackSpace& PackManifest::space_of(const PackTower& tower) const {
  const PackLane* const source = lane(tower.lane);
  require(source != nullptr && !source->fusion, ErrorCode::corrupt_data,
          "pack {} has no lane {} for the tower '{}' to listen to", name, tower.lane.name(),
          display_path(tower.name));
  const auto found =
      std::find_if(source->spaces.begin(), source->spaces.end(),
                   [&](const PackSpace& space) { return space.output == tower.output; });
  require(found != source->spaces.end(), ErrorCode::corrupt_data,
          "the lane {} of pack {} has no output '{}' for the tower '{}' to listen to",
          tower.lane.name(), name, display_path(tower.output), display_path(tower.name));
  return *found;
}

PackManifest read_pack(const fs::path& folder) {
  std::error_code ignored;
  const fs::path absolute = fs::absolute(folder, ignored).lexically_normal();
  try {
    return ManifestReader(absolute).read();
  } catch (const Error& error) {
    fail(ErrorCode::unavailable, "the pack in {} cannot be used: {}; mend it with: {}",
         display_path(absolute), describe(error), pack_mending_command(absolute));
  }
}

}  // namespace ogam

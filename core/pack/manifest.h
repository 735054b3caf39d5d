#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/lane.h"

namespace ogam {

/// What a person types to build a missing starter pack or to mend a damaged one.
constexpr const char* kPackMendingCommand = "scripts/setup.sh";

/// The same for the pack of that name, of which some are only built when they are asked for.
std::string pack_building_command(std::string_view name);

/// One file of a pack, with what it must hash to.
struct PackFile {
  std::filesystem::path path;  ///< relative to the pack; never leaves it
  std::uintmax_t size = 0;
  std::string sha256;
};

/// One model of a pack and where it comes from.
struct PackModel {
  std::string id;          ///< "use-multilingual-v3"
  std::string model_type;  ///< as in its config.json
  /// "text", "image", "sound", "speech", "voice-activity", "shots", "screen-text",
  /// "text-generation"
  std::string role;
  std::string origin;   ///< upstream model and the packages it was taken from
  std::string licence;  ///< SPDX identifier, or "unknown" with the reason in `licence_note`
  std::string licence_note;
  std::string training;  ///< who trained it on what; "frozen" where this project changed nothing
  std::filesystem::path folder;  ///< absolute; empty for a model that comes with the distribution
  std::vector<PackFile> files;
};

/// How queries of one modality ("text", "image", "audio", "video") enter a space.
struct PackQueryRoute {
  /// "encoder": the lane's own (or `model`); "class_names": through names of classes; "fusion": the
  /// query's vectors in the spaces of the towers, fused.
  std::string via;
  std::string model;            ///< id of the text encoder; empty: the lane's encoder
  std::filesystem::path names;  ///< class_names: absolute path of the names file
  double temperature = 0;       ///< class_names: of the softmax over classes
  double intercept = -6;        ///< calibration, see archive/query.h
  double slope = 1.5;
  /// Scores are compared with those of the archive's content against itself ("background":
  /// "archive"), not with those of the background texts.
  bool own_background = false;
};

/// One vector space of a lane: an output of its encoder.
struct PackSpace {
  std::string output;  ///< EncoderOutput::name
  int dimension = 0;   ///< so that spaces are known without loading the encoder
  std::map<std::string, PackQueryRoute> queries;
};

/// A space of another lane that a fusion model listens to.
struct PackTower {
  std::string name;  ///< as the fusion model calls it
  Lane lane = Lane::visual;
  std::string output;
};

/// How a lane is made of others.
struct PackFusion {
  std::string model;  ///< id; empty: the mean direction of each tower, side by side
  std::vector<PackTower> towers;
};

/// What a lane is made with.
struct PackLane {
  Lane lane = Lane::visual;
  std::string encoder;  ///< model id; empty where there is `fusion`
  std::optional<PackFusion> fusion{};
  std::map<std::string, std::string>
      models;  ///< further models by task: "recognizer", "vad", "reader"
  std::vector<PackSpace> spaces;
};

/// A pack as its pack.json describes it; see docs/packs.md.
struct PackManifest {
  std::string name;
  std::string description;
  std::filesystem::path folder;
  std::vector<PackModel> models;
  std::vector<PackLane> lanes;
  std::map<std::string, std::string> tasks;  ///< model ids by task: "shots", "text-generation"
  std::vector<PackFile> files;               ///< beside those of the models: class names, notices
  std::vector<std::string> background;  ///< texts that match nothing in particular, for calibration
  std::vector<std::string> created_with;  ///< arguments of `ogam models pack create`, if it was

  /// @throws Error{corrupt_data} naming the pack when there is no such model.
  const PackModel& model(const std::string& id) const;
  const PackLane* lane(Lane lane) const;
  /// What a person types to mend it.
  std::string mending_command() const;
  /// The space that a tower of a lane's fusion names; read_pack has made sure of it.
  const PackSpace& space_of(const PackTower& tower) const;
};

/// Whether ids of models and names of packs may be so: short, of letters, digits and "-_.".
bool is_plain_pack_name(std::string_view name);

/// What mends the pack that a person names, as far as its pack.json can tell.
std::string pack_mending_command(const std::string& name_or_folder);

/// Where a pack lies: a folder as given, or `OGAM_HOME/packs/NAME`.
/// @throws Error{unavailable} naming the command that builds or mends it.
std::filesystem::path find_pack(const std::string& name_or_folder);

/// Writes the pack.json of a pack whose files lie in its folder.
/// @throws Error{resource_exhausted, inaccessible}.
void write_pack(const PackManifest& pack);

/// Reads and checks pack.json; files are not opened, but must exist with the right size.
/// @throws Error{unavailable} naming what is missing or damaged and the command that mends it.
PackManifest read_pack(const std::filesystem::path& folder);

/// Packs under `OGAM_HOME/packs`, by name; damaged ones too.
std::vector<std::filesystem::path> installed_packs();

/// Reads every file of the pack and compares size and sha256.
/// @return one line for each file that is not sound; empty when all is well.
std::vector<std::string> verify_pack(const PackManifest& pack);

}  // namespace ogam

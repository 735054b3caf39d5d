#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/pack/manifest.h"
#include "fusion/fusion.h"
#include "pipelines/pack_builder.h"
#include "pipelines/pack_models.h"

namespace ogam {

/// PackRecipe::fused where no model is to join the lanes.
constexpr std::string_view kMeanFusion = "mean";

/// The lanes of a pack that is being made, as its recipe asks for them.
class PackLanes {
 public:
  /// @param pack gets the lanes; its folder must be set.
  /// @param base may be null.
  /// @param on_note may be empty.
  PackLanes(const PackRecipe& recipe, PackManifest& pack, const PackManifest* base,
            PackModels& models, const std::function<void(const std::string&)>& on_note);

  /// @throws as create_pack, for what the recipe names.
  void add_all();

 private:
  /// The base pack's lane, where it is to be taken over unless a model is named for it.
  const PackLane* inherited(Lane lane) const;
  /// The base pack's lane, which lends what this lane needs beside its own model.
  const PackLane* lender(Lane lane) const { return base_ != nullptr ? base_->lane(lane) : nullptr; }

  /// The model for a lane that is named by its option or by --omni, where that has an encoder.
  std::optional<std::string> named_encoder(Lane lane, const std::string& word, const char* option);
  void note(const std::string& text) const;

  /// Adds a lane of the base pack as it is, but for the ids of models.
  void take_over(const PackLane& source);
  void take_over_routes(std::vector<PackSpace>& spaces);

  /// Adds a lane that an encoder makes, with further models by task.
  void add_encoded(Lane lane, const std::string& id, std::map<std::string, std::string> others);
  /// Its spaces: those of the base pack, with their curves, where it has the same encoder in this
  /// lane.
  std::vector<PackSpace> spaces_of(Lane lane, const std::string& id);

  void add_media(Lane lane, const std::string& word, const char* option);
  void add_speech();
  void add_words_on_screen();
  void add_fused();
  /// The base pack's way of joining lanes, if these are still what they were.
  void add_inherited_fusion(const PackLane& source);
  /// @param id of the fusion model; empty: the mean direction of every lane.
  void add_fusion(const std::string& id);

  /// The encoder of words of a lane that nobody named one for.
  std::string borrowed_words_encoder(Lane lane);
  /// A further model of a lane, from the base pack.
  std::string borrowed(Lane lane, const std::string& task, const char* what);
  std::string way_to_a_base() const;

  void check_recognizer(const PackLane& lane) const;
  std::unique_ptr<FusionModel> load_fusion(const std::string& id) const;
  /// The space that a fusion model's tower listens to: one of the lane of its name, and its size.
  PackTower tower_of(const FusionTower& tower) const;

  const PackRecipe& recipe_;
  PackManifest& pack_;
  const PackManifest* base_;
  PackModels& models_;
  const std::function<void(const std::string&)>& on_note_;
  std::optional<std::string> words_;  // the id of the text encoder that was named
  std::set<Lane::Value> unchanged_;   // lanes that are as the base pack has them
  std::set<Lane::Value> served_;      // lanes that the omni model makes
};

}  // namespace ogam

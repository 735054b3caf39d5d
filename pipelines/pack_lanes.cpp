#include "pipelines/pack_lanes.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "core/base/error.h"
#include "core/tensor/checkpoint.h"
#include "fusion/registry.h"
#include "pipelines/lane_encoders.h"
#include "pipelines/speech_recognizer.h"

namespace ogam {

namespace fs = std::filesystem;

namespace {

const PackSpace& space_for_texts(const PackLane& lane) {
  const auto found =
      std::find_if(lane.spaces.begin(), lane.spaces.end(),
                   [](const PackSpace& space) { return space.queries.contains("text"); });
  return found == lane.spaces.end() ? lane.spaces.front() : *found;
}

/// The ways by which queries come into an output of an encoder. Pictures, sounds and clips are of
/// the kind of what lies there; words are only looked for with words.
std::map<std::string, PackQueryRoute> routes_into(Lane lane, const Encoders& encoders,
                                                  const std::string& output) {
  const bool of_words = lane == Lane::speech || lane == Lane::text;
  std::map<std::string, PackQueryRoute> routes;
  for (const EncoderKind kind : all_encoder_kinds()) {
    const bool is_text = kind == EncoderKind::text;
    if ((is_text || !of_words) && encoder_into_lane(kind, lane, encoders, output)) {
      PackQueryRoute route;
      route.via = "encoder";
      route.own_background = !is_text;
      routes.emplace(encoder_kind_name(kind), std::move(route));
    }
  }
  return routes;
}

}  // namespace

PackLanes::PackLanes(const PackRecipe& recipe, PackManifest& pack, const PackManifest* base,
                     PackModels& models, const std::function<void(const std::string&)>& on_note)
    : recipe_(recipe), pack_(pack), base_(base), models_(models), on_note_(on_note) {}

void PackLanes::add_all() {
  words_ = named_encoder(Lane::text, recipe_.text, "--text");
  add_media(Lane::visual, recipe_.visual, "--visual");
  add_media(Lane::sound, recipe_.sound, "--sound");
  add_speech();
  add_words_on_screen();
  add_fused();
  require(!pack_.lanes.empty(), ErrorCode::invalid_argument,
          "a pack needs a model; name one with --visual, --sound, --speech, --text, --fused or "
          "--omni, or take over those of a pack with --base");
  require(recipe_.omni.empty() || !served_.empty(), ErrorCode::invalid_argument,
          "--omni {} serves no lane that no other option names", recipe_.omni);
}

const PackLane* PackLanes::inherited(Lane lane) const {
  return recipe_.base.empty() ? nullptr : base_->lane(lane);
}

void PackLanes::note(const std::string& text) const {
  if (on_note_) {
    on_note_(text);
  }
}

std::optional<std::string> PackLanes::named_encoder(Lane lane, const std::string& word,
                                                    const char* option) {
  if (!word.empty()) {
    const std::string id = models_.named(word, option);
    const Encoders& encoders = models_.encoders(id);
    require(lane_encoder(lane, encoders).has_value(), ErrorCode::invalid_argument,
            "{} {} has no encoder for the lane {}: it {}", option, word, lane.name(),
            models_.abilities(id));
    return id;
  }
  if (!recipe_.omni.empty()) {
    const std::string id = models_.named(recipe_.omni, "--omni");
    if (lane_encoder(lane, models_.encoders(id))) {
      served_.insert(lane);
      return id;
    }
    note(fmt::format("{} has no encoder for the lane {}", recipe_.omni, lane.name()));
  }
  return std::nullopt;
}

void PackLanes::take_over_routes(std::vector<PackSpace>& spaces) {
  for (PackSpace& space : spaces) {
    for (auto& [modality, route] : space.queries) {
      if (!route.model.empty()) {
        route.model = models_.of_base(route.model);
      }
      if (!route.names.empty()) {
        route.names = pack_.folder / route.names.lexically_relative(base_->folder);
      }
    }
  }
}

std::vector<PackSpace> PackLanes::spaces_of(Lane lane, const std::string& id) {
  const PackLane* const source = lender(lane);
  if (source != nullptr && !source->fusion && source->encoder == models_.id_in_base(id)) {
    auto spaces = source->spaces;
    take_over_routes(spaces);
    return spaces;
  }
  const Encoders& encoders = models_.encoders(id);
  std::vector<PackSpace> spaces;
  for (const EncoderOutputInfo& output : lane_outputs(lane, encoders)) {
    spaces.push_back({.output = output.name,
                      .dimension = output.dimension,
                      .queries = routes_into(lane, encoders, output.name)});
  }
  return spaces;
}

void PackLanes::add_encoded(Lane lane, const std::string& id,
                            std::map<std::string, std::string> others) {
  const auto kind = lane_encoder(lane, models_.encoders(id));
  models_.add_role(id, std::string(encoder_kind_name(kind.value())));
  pack_.lanes.push_back(
      {.lane = lane, .encoder = id, .models = std::move(others), .spaces = spaces_of(lane, id)});
}

void PackLanes::take_over(const PackLane& source) {
  PackLane lane = source;
  if (lane.fusion && !lane.fusion->model.empty()) {
    lane.fusion->model = models_.of_base(lane.fusion->model);
    load_fusion(lane.fusion->model);
  } else if (!lane.fusion) {
    lane.encoder = models_.of_base(lane.encoder);
    models_.encoders(lane.encoder);
  }
  for (auto& [task, model] : lane.models) {
    model = models_.of_base(model);
  }
  take_over_routes(lane.spaces);
  unchanged_.insert(lane.lane);
  pack_.lanes.push_back(std::move(lane));
}

void PackLanes::add_media(Lane lane, const std::string& word, const char* option) {
  if (const auto id = named_encoder(lane, word, option)) {
    add_encoded(lane, *id, {});
  } else if (const PackLane* const source = inherited(lane)) {
    take_over(*source);
  }
}

std::string PackLanes::borrowed_words_encoder(Lane lane) {
  for (const Lane candidate : {lane, Lane(Lane::text), Lane(Lane::speech)}) {
    if (const PackLane* const source = lender(candidate); source && !source->encoder.empty()) {
      return models_.of_base(source->encoder);
    }
  }
  fail(ErrorCode::invalid_argument,
       "the lane {} needs a text encoder for its words; name one with --text, or {}", lane.name(),
       way_to_a_base());
}

std::string PackLanes::borrowed(Lane lane, const std::string& task, const char* what) {
  const PackLane* const source = lender(lane);
  const auto found = source == nullptr ? std::map<std::string, std::string>::const_iterator()
                                       : source->models.find(task);
  require(source != nullptr && found != source->models.end(), ErrorCode::unavailable,
          "the lane {} needs {}; {}", lane.name(), what, way_to_a_base());
  return models_.of_base(found->second);
}

std::string PackLanes::way_to_a_base() const {
  return base_ != nullptr
             ? fmt::format("name a pack with --base that has one; {} has none", base_->name)
             : fmt::format(
                   "build the starter pack, which has one, with {}, or name another "
                   "pack with --base",
                   kPackMendingCommand);
}

void PackLanes::add_speech() {
  const PackLane* const source = inherited(Lane::speech);
  if (recipe_.speech.empty() && (source == nullptr || !words_)) {
    if (source != nullptr) {
      take_over(*source);
      check_recognizer(pack_.lanes.back());
    }
    return;
  }
  const std::string vad = borrowed(Lane::speech, "vad", "what finds speech");
  const std::string recognizer =
      recipe_.speech.empty() ? borrowed(Lane::speech, "recognizer", "a recogniser of speech")
                             : models_.named(recipe_.speech, "--speech");
  require(models_.model_type(recognizer) == "whisper", ErrorCode::invalid_argument,
          "--speech {} is no recogniser of speech (whisper): it {}", recipe_.speech,
          models_.abilities(recognizer));
  models_.add_role(recognizer, "speech");
  add_encoded(Lane::speech, words_ ? *words_ : borrowed_words_encoder(Lane::speech),
              {{"recognizer", recognizer}, {"vad", vad}});
  check_recognizer(pack_.lanes.back());
}

void PackLanes::check_recognizer(const PackLane& lane) const {
  models_.load(lane.models.at("recognizer"), [&](const fs::path& folder) {
    const SpeechRecognizer recognizer(folder, models_.folder(lane.models.at("vad")));
  });
}

void PackLanes::add_words_on_screen() {
  if (words_) {
    add_encoded(Lane::text, *words_,
                {{"reader", borrowed(Lane::text, "reader", "a reader of words on screen")}});
  } else if (const PackLane* const source = inherited(Lane::text)) {
    take_over(*source);
  }
}

void PackLanes::add_fused() {
  if (recipe_.fused == kMeanFusion) {
    add_fusion("");
    return;
  }
  const bool may_fuse =
      !recipe_.fused.empty() && !models_.has_encoders(models_.named(recipe_.fused, "--fused"));
  if (may_fuse) {
    add_fusion(models_.named(recipe_.fused, "--fused"));
  } else if (const auto id = named_encoder(Lane::fused, recipe_.fused, "--fused")) {
    add_encoded(Lane::fused, *id, {});
  } else if (const PackLane* const source = inherited(Lane::fused)) {
    add_inherited_fusion(*source);
  }
}

void PackLanes::add_inherited_fusion(const PackLane& source) {
  const bool same =
      !source.fusion ||
      std::all_of(source.fusion->towers.begin(), source.fusion->towers.end(),
                  [&](const PackTower& tower) { return unchanged_.contains(tower.lane); });
  if (same) {
    take_over(source);
  } else if (source.fusion->model.empty()) {
    add_fusion("");
  } else {
    note(fmt::format("the lane fused of the pack {} was made for other lanes; it is left out",
                     base_->name));
  }
}

std::unique_ptr<FusionModel> PackLanes::load_fusion(const std::string& id) const {
  std::unique_ptr<FusionModel> fusion;
  models_.load(id, [&](const fs::path& folder) {
    Checkpoint checkpoint(folder);
    fusion = make_fusion_model(checkpoint);
  });
  return fusion;
}

void PackLanes::add_fusion(const std::string& id) {
  PackFusion fusion{.model = id, .towers = {}};
  std::int64_t dimension = 0;
  if (id.empty()) {
    for (const PackLane& lane : pack_.lanes) {
      const PackSpace& space = space_for_texts(lane);
      fusion.towers.push_back({std::string(lane.lane.name()), lane.lane, space.output});
      dimension += space.dimension;
    }
    require(!fusion.towers.empty(), ErrorCode::invalid_argument,
            "--fused mean joins other lanes; name models for some");
  } else {
    const auto model = load_fusion(id);
    models_.add_role(id, "fusion");
    for (const FusionTower& tower : model->towers()) {
      fusion.towers.push_back(tower_of(tower));
    }
    dimension = model->dimension();
  }
  PackSpace space{.output = "fused", .dimension = static_cast<int>(dimension), .queries = {}};
  const bool takes_texts = std::any_of(
      fusion.towers.begin(), fusion.towers.end(),
      [&](const PackTower& tower) { return pack_.space_of(tower).queries.contains("text"); });
  if (takes_texts) {
    space.queries["text"].via = "fusion";
  }
  pack_.lanes.push_back({.lane = Lane::fused,
                         .encoder = {},
                         .fusion = std::move(fusion),
                         .models = {},
                         .spaces = {std::move(space)}});
}

PackTower PackLanes::tower_of(const FusionTower& tower) const {
  for (const PackLane& lane : pack_.lanes) {
    for (const PackSpace& space : lane.spaces) {
      if (lane.lane.name() == tower.name && space.dimension == tower.size) {
        return {tower.name, lane.lane, space.output};
      }
    }
  }
  fail(ErrorCode::invalid_argument,
       "--fused {} joins a lane {} of {} dimensions, which this pack does not have", recipe_.fused,
       tower.name, tower.size);
}

}  // namespace ogam

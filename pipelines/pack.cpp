#include "pipelines/pack.h"

#include <c10/util/Exception.h>

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <string_view>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/tensor/checkpoint.h"
#include "encoders/registry.h"
#include "encoders/text/class_name_query.h"
#include "encoders/video/transnet_v2.h"
#include "fusion/mean_fusion.h"
#include "fusion/registry.h"
#include "pipelines/space_identity.h"
#include "pipelines/speech_recognizer.h"

namespace ogam {

namespace {

/// Models of one kind, each loaded once.
template <typename Model>
class Models {
 public:
  std::shared_ptr<const Model> get(const std::string& key,
                                   const std::function<std::shared_ptr<const Model>()>& load) {
    const std::lock_guard lock(mutex_);
    auto& model = models_[key];
    if (model == nullptr) {
      model = load();
    }
    return model;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const Model>> models_;
};

/// What `load` makes of `part` of the pack, with the way out added to what goes wrong.
template <typename Load>
auto load_or_say_how_to_mend(const PackManifest& manifest, const std::string& part,
                             const Load& load) {
  try {
    return load();
  } catch (const Error& error) {
    const auto message =
        error.code() == ErrorCode::unsupported
            ? fmt::format("{} of pack {} is of a kind that this release of ogam cannot run", part,
                          manifest.name)
            : fmt::format("{} of pack {} cannot be loaded; mend the pack with: {}", part,
                          manifest.name, manifest.mending_command());
    std::throw_with_nested(Error(ErrorCode::unavailable, message));
  } catch (const c10::Error& error) {  // a weight that no check of ours knew to refuse
    fail(ErrorCode::unavailable, "{} of pack {} cannot be loaded: {}; mend the pack with: {}", part,
         manifest.name, error.what_without_backtrace(), manifest.mending_command());
  }
}

std::string model_name(const std::string& id) { return "model " + id; }

/// A model from its checkpoint; every tensor of it must be used.
template <typename Make>
auto load_model(const PackManifest& manifest, const PackModel& model, const Make& make) {
  return load_or_say_how_to_mend(manifest, model_name(model.id), [&] {
    Checkpoint checkpoint(model.folder);
    auto loaded = make(checkpoint);
    checkpoint.finish();
    return loaded;
  });
}

/// The encoder of a modality that a lane or a query needs of a model.
template <typename Encoder>
std::shared_ptr<const Encoder> required(std::shared_ptr<const Encoder> encoder,
                                        const PackManifest& manifest, const std::string& id,
                                        const char* modality) {
  require(encoder != nullptr, ErrorCode::unavailable,
          "model {} of pack {} does not encode {}; name another model in its pack.json", id,
          manifest.name, modality);
  return encoder;
}

/// A fusion model must know the towers that a pack gives it, by name and size.
void check_towers(const FusionModel& model, const std::vector<FusionTower>& towers,
                  const std::string& id) {
  for (const FusionTower& tower : towers) {
    const auto known = std::find_if(
        model.towers().begin(), model.towers().end(), [&](const FusionTower& candidate) {
          return candidate.name == tower.name && candidate.size == tower.size;
        });
    require(known != model.towers().end(), ErrorCode::unavailable,
            "model {} has no tower '{}' of {} dimensions; name in pack.json what it was made for",
            id, tower.name, tower.size);
  }
}

}  // namespace

struct Pack::State {
  PackManifest manifest;
  Models<Encoders> encoders;
  Models<ClassNameQuery> class_names;
  Models<TransNetV2> shots;
  Models<SpeechRecognizer> speech;
  Models<FusionModel> fusion;
};

Pack::Pack(std::shared_ptr<State> state) : state_(std::move(state)) {}

Pack Pack::open(const std::string& name_or_folder) {
  auto state = std::make_shared<State>();
  state->manifest = read_pack(find_pack(name_or_folder));
  return Pack(std::move(state));
}

const PackManifest& Pack::manifest() const { return state_->manifest; }

std::vector<Space> Pack::spaces(const std::vector<Lane>& lanes) const {
  std::vector<Space> spaces;
  for (const PackLane& lane : manifest().lanes) {
    if (std::find(lanes.begin(), lanes.end(), lane.lane) != lanes.end()) {
      for (const PackSpace& output : lane.spaces) {
        spaces.push_back(space(lane, output));
      }
    }
  }
  return spaces;
}

namespace {

/// What stands for a model in the identity of a space: the hashes of the files that decide it.
std::string identity_of(const PackModel& model) {
  std::string identity;
  for (const PackFile& file : model.files) {
    if (decides_space(file.path)) {
      identity += file.sha256 + "\n";
    }
  }
  return identity;
}

}  // namespace

Space Pack::space(const PackLane& lane, const PackSpace& output) const {
  const std::string& id = lane.fusion ? lane.fusion->model : lane.encoder;
  const PackModel* const model = id.empty() ? nullptr : &manifest().model(id);
  const std::string model_type = model == nullptr ? "mean_fusion" : model->model_type;
  std::string identity = fmt::format("{}\n{}\n{}\n{}\n", lane.lane.name(), model_type,
                                     output.output, output.dimension);
  if (model != nullptr) {
    identity += identity_of(*model);
  }
  if (lane.fusion) {
    for (const PackTower& tower : lane.fusion->towers) {
      identity += fmt::format("{} {}\n", tower.name,
                              space(*manifest().lane(tower.lane), manifest().space_of(tower)).id);
    }
  }
  return {space_id(identity),
          fmt::format("{}/{}/{}", lane.lane.name(), id.empty() ? model_type : id, output.output),
          lane.lane, output.dimension};
}

const Encoders& Pack::encoders(const std::string& id) const {
  return *state_->encoders.get(id, [&] {
    return std::make_shared<const Encoders>(
        load_model(manifest(), manifest().model(id), &make_encoders));
  });
}

std::shared_ptr<const TextEncoder> Pack::text_encoder(const std::string& id) const {
  return required(encoders(id).text, manifest(), id, "text");
}

std::shared_ptr<const ClassNameQuery> Pack::class_names(const PackQueryRoute& route) const {
  const auto encoder = text_encoder(route.model);
  return state_->class_names.get(fmt::format("{}+{}", route.model, route.names.string()), [&] {
    const std::string part = "the file " + display_path(route.names.filename());
    return load_or_say_how_to_mend(manifest(), part, [&] {
      return std::make_shared<const ClassNameQuery>(
          encoder, ClassNameQuery::Config{.names = route.names,
                                          .temperature = route.temperature,
                                          .cache_folder = ogam_home() / "cache"});
    });
  });
}

std::shared_ptr<const ImageEncoder> Pack::image_encoder(const std::string& id) const {
  return required(encoders(id).image, manifest(), id, "images");
}

std::shared_ptr<const AudioEncoder> Pack::audio_encoder(const std::string& id) const {
  return required(encoders(id).audio, manifest(), id, "audio");
}

std::shared_ptr<const TransNetV2> Pack::shot_model(const std::string& id) const {
  return state_->shots.get(id, [&]() -> std::shared_ptr<const TransNetV2> {
    return load_model(manifest(), manifest().model(id), &make_transnet_v2);
  });
}

std::shared_ptr<const SpeechRecognizer> Pack::speech_recognizer(const PackLane& lane) const {
  const auto recognizer = lane.models.find("recognizer");
  const auto vad = lane.models.find("vad");
  require(recognizer != lane.models.end() && vad != lane.models.end(), ErrorCode::unavailable,
          "the lane {} of pack {} must name a 'recognizer' and a 'vad'; mend the pack with: {}",
          lane.lane.name(), manifest().name, manifest().mending_command());
  return state_->speech.get(recognizer->second + "+" + vad->second, [&] {
    return load_or_say_how_to_mend(manifest(), model_name(recognizer->second), [&] {
      return std::make_shared<const SpeechRecognizer>(manifest().model(recognizer->second).folder,
                                                      manifest().model(vad->second).folder);
    });
  });
}

std::shared_ptr<const FusionModel> Pack::fusion(const PackLane& lane) const {
  require(lane.fusion.has_value(), ErrorCode::internal, "the lane {} is not made by fusion",
          lane.lane.name());
  const PackFusion& fusion = *lane.fusion;
  const auto key = std::string(lane.lane.name());
  return state_->fusion.get(key, [&]() -> std::shared_ptr<const FusionModel> {
    std::vector<FusionTower> towers;
    for (const PackTower& tower : fusion.towers) {
      towers.push_back({tower.name, manifest().space_of(tower).dimension});
    }
    std::shared_ptr<const FusionModel> model;
    if (fusion.model.empty()) {
      model = std::make_shared<MeanFusion>(std::move(towers));
    } else {
      model = load_model(manifest(), manifest().model(fusion.model), &make_fusion_model);
      check_towers(*model, towers, fusion.model);
    }
    for (const PackSpace& space : lane.spaces) {
      require(space.dimension == model->dimension(), ErrorCode::unavailable,
              "the lane {} of pack {} says that its vectors have {} dimensions; they have {}",
              lane.lane.name(), manifest().name, space.dimension, model->dimension());
    }
    return model;
  });
}

}  // namespace ogam

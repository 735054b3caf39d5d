#include "pipelines/pack_models.h"

#include <c10/util/Exception.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <exception>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/hub/model_card.h"
#include "core/hub/pull.h"
#include "core/tensor/checkpoint.h"
#include "core/tensor/model_files.h"
#include "encoders/registry.h"
#include "pipelines/lane_encoders.h"

namespace ogam {

namespace fs = std::filesystem;

namespace {

/// What models that are no encoders are for.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kOtherModels = {{
    {"ogam_fusion", "joins what other lanes saw; name it with --fused"},
    {"silero_vad", "finds speech; a base pack brings it"},
    {"transnet_v2", "finds shot boundaries; a base pack brings it"},
    {"whisper", "writes down speech; name it with --speech"},
}};

/// An id made of any name.
std::string plain_id(const std::string& name) {
  std::string id;
  for (const char letter : name.substr(0, 80)) {
    id += is_plain_pack_name(std::string(1, 'x') + letter) ? letter : '-';
  }
  id.erase(0, std::min(id.find_first_not_of(".-"), id.size()));
  return id.empty() ? "model" : id;
}

std::string model_type_of(const fs::path& folder) {
  const fs::path path = folder / "config.json";
  Json config = read_json_file(path);
  if (!config.is_object() || !config.contains("model_type")) {
    config = open_model(folder).config;  // CTranslate2's names no type, but its tensors tell
  }
  return json_value<std::string>(config, "model_type", display_path(path));
}

}  // namespace

PackModels::PackModels(PackManifest& pack, const PackFolder& folder, const PackManifest* base,
                       const CancellationToken& cancellation)
    : pack_(pack), folder_(folder), base_(base), cancellation_(cancellation) {}

bool PackModels::is_of_base(const std::string& word) const {
  return base_ != nullptr && std::any_of(base_->models.begin(), base_->models.end(),
                                         [&](const PackModel& model) { return model.id == word; });
}

const std::string& PackModels::named(const std::string& word, const std::string& option) {
  if (is_of_base(word)) {
    return of_base(word);
  }
  std::error_code error;
  const bool is_folder = fs::is_directory(word, error);
  fs::path found;
  try {
    found = hub::resolve_model(word);
  } catch (const Error&) {
    std::throw_with_nested(
        Error(ErrorCode::unavailable, fmt::format("there is no model for {}", option)));
  }
  const fs::path from = fs::canonical(found, error);
  require(!error, ErrorCode::not_found, "{} cannot be read: {}", display_path(found),
          error.message());
  if (const auto known = ids_.find(from); known != ids_.end()) {
    return known->second;
  }
  const auto files = model_files(from);
  const auto licence = hub::folder_licence(from);
  PackModel model;
  model.model_type = model_type_of(from);
  if (is_folder) {
    model.id = plain_id(from.filename().string());
    model.origin = "the folder " + display_path(from);
  } else {
    const hub::ModelId id = hub::parse_model_id(word);
    model.id = plain_id(id.name.substr(id.name.rfind('/') + 1));
    model.origin = id.name + "@" + from.filename().string();
  }
  model.licence = licence.name.empty() ? "unknown" : licence.name;
  model.licence_note = licence.note;
  model.training = "not stated; frozen";
  const std::string& id = bring(std::move(model), from, files);
  words_[id] = word;
  return id;
}

const std::string& PackModels::of_base(const std::string& id) {
  const PackModel& source = base_->model(id);
  const fs::path from = source.files.empty() ? fs::path("system") / id : source.folder;
  if (const auto known = ids_.find(from); known != ids_.end()) {
    return known->second;
  }
  std::vector<fs::path> files;
  for (const PackFile& file : source.files) {
    files.push_back((base_->folder / file.path).lexically_relative(source.folder));
  }
  const std::string& brought = bring(source, from, files);
  base_ids_[brought] = id;
  words_[brought] = id;
  return brought;
}

const std::string& PackModels::bring(PackModel model, const fs::path& from,
                                     const std::vector<fs::path>& files) {
  model.id = free_id(model.id);
  model.files.clear();
  const fs::path inside = fs::path("models") / model.id;
  for (const fs::path& file : files) {
    cancellation_.check();
    folder_.bring(from / file, inside / file, cancellation_);
    model.files.push_back({.path = inside / file, .size = 0, .sha256 = {}});
  }
  model.folder = files.empty() ? fs::path() : folder_.path() / inside;
  const std::string id = model.id;
  pack_.models.push_back(std::move(model));
  return ids_.emplace(from, id).first->second;
}

std::string PackModels::free_id(const std::string& wanted) const {
  const auto taken = [&](const std::string& id) {
    return std::any_of(pack_.models.begin(), pack_.models.end(),
                       [&](const PackModel& model) { return model.id == id; });
  };
  std::string id = wanted;
  for (int number = 2; taken(id); ++number) {
    id = fmt::format("{}-{}", wanted, number);
  }
  return id;
}

std::string PackModels::id_in_base(const std::string& id) const {
  const auto found = base_ids_.find(id);
  return found == base_ids_.end() ? "" : found->second;
}

std::string PackModels::lasting_name(const std::string& word) const {
  std::error_code error;
  if (is_of_base(word) || !fs::is_directory(word, error)) {
    return word;
  }
  return fs::absolute(word, error).lexically_normal().string();
}

PackModel& PackModels::model(const std::string& id) {
  return *std::find_if(pack_.models.begin(), pack_.models.end(),
                       [&](const PackModel& candidate) { return candidate.id == id; });
}

const std::string& PackModels::model_type(const std::string& id) const {
  return pack_.model(id).model_type;
}

fs::path PackModels::folder(const std::string& id) const { return pack_.model(id).folder; }

void PackModels::add_role(const std::string& id, const std::string& role) {
  if (!id_in_base(id).empty()) {
    return;  // it has the one that the base pack gave it
  }
  std::string& roles = model(id).role;
  if ((", " + roles + ",").find(", " + role + ",") == std::string::npos) {
    roles += roles.empty() ? role : ", " + role;
  }
}

bool PackModels::has_encoders(const std::string& id) const {
  const auto types = encoder_model_types();
  return std::find(types.begin(), types.end(), model_type(id)) != types.end();
}

const Encoders& PackModels::encoders(const std::string& id) {
  if (const auto known = encoders_.find(id); known != encoders_.end()) {
    return known->second;
  }
  if (!has_encoders(id)) {
    fail(ErrorCode::invalid_argument, "the model {} {}", words_.at(id), abilities(id));
  }
  load(id, [&](const fs::path& folder) {
    Checkpoint checkpoint(folder);
    encoders_[id] = make_encoders(checkpoint);
  });
  return encoders_.at(id);
}

std::string PackModels::abilities(const std::string& id) {
  const std::string& type = model_type(id);
  if (!has_encoders(id)) {
    const auto* const other =
        std::find_if(kOtherModels.begin(), kOtherModels.end(),
                     [&](const auto& candidate) { return candidate.first == type; });
    return other != kOtherModels.end()
               ? fmt::format("({}) {}", type, other->second)
               : fmt::format("({}) is no encoder; there are encoders of: {}", type,
                             fmt::join(encoder_model_types(), ", "));
  }
  std::vector<std::string_view> kinds;
  for (const EncoderKind kind : all_encoder_kinds()) {
    if (!encoder_outputs(encoders(id), kind).empty()) {
      kinds.push_back(encoder_kind_name(kind));
    }
  }
  return fmt::format("({}) encodes {}", type, fmt::join(kinds, ", "));
}

void PackModels::load(const std::string& id,
                      const std::function<void(const fs::path&)>& load) const {
  cancellation_.check();
  try {
    load(folder(id));
  } catch (const Error& error) {
    std::throw_with_nested(
        Error(error.code(), fmt::format("the model {} cannot be loaded", words_.at(id))));
  } catch (const c10::Error& error) {  // a weight that no check of ours knew to refuse
    fail(ErrorCode::corrupt_data, "the model {} cannot be loaded: {}", words_.at(id),
         error.what_without_backtrace());
  }
}

}  // namespace ogam

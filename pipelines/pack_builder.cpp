#include "pipelines/pack_builder.h"

#include <c10/core/InferenceMode.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/tensor/checkpoint.h"
#include "encoders/video/transnet_v2.h"
#include "pipelines/background_texts.h"
#include "pipelines/pack_files.h"
#include "pipelines/pack_lanes.h"
#include "pipelines/pack_models.h"

namespace ogam {

namespace fs = std::filesystem;

namespace {

constexpr const char* kDefaultBase = "starter";

/// The options that name a model, as a person writes them.
constexpr std::array<std::pair<const char*, std::string PackRecipe::*>, 6> kModelOptions = {{
    {"--visual", &PackRecipe::visual},
    {"--sound", &PackRecipe::sound},
    {"--speech", &PackRecipe::speech},
    {"--text", &PackRecipe::text},
    {"--fused", &PackRecipe::fused},
    {"--omni", &PackRecipe::omni},
}};

/// Reads the base pack, or the starter pack where none is named and there is one.
std::optional<PackManifest> read_base(const PackRecipe& recipe) {
  if (!recipe.base.empty()) {
    return read_pack(find_pack(recipe.base));
  }
  std::error_code ignored;
  const fs::path starter = ogam_home() / "packs" / kDefaultBase;
  return fs::exists(starter / "pack.json", ignored) ? std::optional(read_pack(starter))
                                                    : std::nullopt;
}

/// One making of a pack.
class PackBuild {
 public:
  PackBuild(const PackRecipe& recipe, const PackBuildOptions& options)
      : recipe_(recipe),
        options_(options),
        target_(ogam_home() / "packs" / recipe.name),
        base_((check_recipe(), read_base(recipe))),
        folder_(target_),
        models_(pack_, folder_, base_ ? &*base_ : nullptr, options_.cancellation),
        lanes_(recipe, pack_, base_ ? &*base_ : nullptr, models_, options.on_note) {}

  PackManifest run() {
    pack_.name = recipe_.name;
    pack_.folder = folder_.path();
    pack_.background = base_ ? base_->background : default_background_texts();
    lanes_.add_all();
    add_tasks();
    add_files();
    describe();
    check_licences();
    hash();
    pack_.created_with = arguments();
    write_pack(pack_);
    read_pack(folder_.path());  // so that nothing is published that cannot be read again
    options_.cancellation.check();
    folder_.publish(recipe_.force);
    return read_pack(target_);
  }

 private:
  void check_recipe() const {
    require(is_plain_pack_name(recipe_.name), ErrorCode::invalid_argument,
            "'{}' cannot be the name of a pack; take letters, digits and -_.",
            display_path(recipe_.name));
    std::error_code ignored;
    require(recipe_.force || !fs::exists(target_, ignored), ErrorCode::invalid_argument,
            "there is a pack {} already, in {}; --force replaces it", recipe_.name,
            display_path(target_));
    require(recipe_.base != recipe_.name, ErrorCode::invalid_argument,
            "the pack {} cannot be made of itself; take another name", recipe_.name);
  }

  /// Models that belong to no lane.
  void add_tasks() {
    if (!base_) {
      if (options_.on_note) {
        options_.on_note(
            "without a base pack there is no model of shots; videos are cut into fixed segments");
      }
      return;
    }
    for (const auto& [task, id] : base_->tasks) {
      if (task == "shots" || !recipe_.base.empty()) {
        pack_.tasks[task] = models_.of_base(id);
      }
    }
    if (const auto shots = pack_.tasks.find("shots"); shots != pack_.tasks.end()) {
      models_.load(shots->second, [](const fs::path& folder) {
        Checkpoint checkpoint(folder);
        make_transnet_v2(checkpoint);
        checkpoint.finish();
      });
    }
  }

  /// Names of classes that routes go through, and what comes with them.
  void add_files() {
    const bool needed =
        std::any_of(pack_.lanes.begin(), pack_.lanes.end(), [](const PackLane& lane) {
          return std::any_of(lane.spaces.begin(), lane.spaces.end(), [](const PackSpace& space) {
            return std::any_of(space.queries.begin(), space.queries.end(),
                               [](const auto& entry) { return !entry.second.names.empty(); });
          });
        });
    if (needed) {
      for (const PackFile& file : base_->files) {
        folder_.bring(base_->folder / file.path, file.path, options_.cancellation);
        pack_.files.push_back(file);
      }
    }
  }

  void describe() {
    pack_.description = recipe_.description;
    if (pack_.description.empty()) {
      for (const PackLane& lane : pack_.lanes) {
        const std::string& model = lane.fusion ? lane.fusion->model : lane.encoder;
        pack_.description += fmt::format("{}{}: {}", pack_.description.empty() ? "" : ", ",
                                         lane.lane.name(), model.empty() ? kMeanFusion : model);
      }
    }
  }

  void check_licences() const {
    for (const PackModel& model : pack_.models) {
      std::string licence = model.licence;
      std::transform(licence.begin(), licence.end(), licence.begin(),
                     [](unsigned char letter) { return std::tolower(letter); });
      const auto& wanted = recipe_.licences;
      require(wanted.empty() || std::find(wanted.begin(), wanted.end(), licence) != wanted.end(),
              ErrorCode::unsupported, "the licence of {} is {}{}, and only {} is wanted", model.id,
              model.licence,
              model.licence_note.empty() ? "" : fmt::format(" ({})", model.licence_note),
              fmt::join(wanted, ", "));
    }
  }

  void hash() {
    std::vector<PackFile*> files;
    for (PackFile& file : pack_.files) {
      files.push_back(&file);
    }
    for (PackModel& model : pack_.models) {
      for (PackFile& file : model.files) {
        files.push_back(&file);
      }
    }
    hash_files(folder_.path(), files, options_.on_progress, options_.cancellation);
    for (const PackModel& model : pack_.models) {
      if (const std::string id = models_.id_in_base(model.id); !id.empty()) {
        check_against_base(model, base_->model(id));
      }
    }
  }

  void check_against_base(const PackModel& model, const PackModel& source) const {
    for (std::size_t i = 0; i < model.files.size(); ++i) {
      require(model.files[i].sha256 == source.files[i].sha256, ErrorCode::unavailable,
              "the file {} of the pack {} is damaged; mend it with: {}",
              display_path(source.files[i].path), base_->name, base_->mending_command());
    }
  }

  /// What makes the pack again.
  std::vector<std::string> arguments() const {
    std::vector<std::string> words = {recipe_.name, "--force"};
    for (const auto& [option, member] : kModelOptions) {
      if (const std::string& word = recipe_.*member; !word.empty()) {
        words.insert(words.end(),
                     {option, word == kMeanFusion ? word : models_.lasting_name(word)});
      }
    }
    if (!recipe_.base.empty()) {
      const bool is_name = fs::path(recipe_.base).filename() == recipe_.base;
      words.insert(words.end(), {"--base", is_name ? recipe_.base : base_->folder.string()});
    }
    if (!recipe_.description.empty()) {
      words.insert(words.end(), {"--description", recipe_.description});
    }
    if (!recipe_.licences.empty()) {
      words.insert(words.end(),
                   {"--require-license", fmt::format("{}", fmt::join(recipe_.licences, ","))});
    }
    return words;
  }

  const PackRecipe& recipe_;
  const PackBuildOptions& options_;
  fs::path target_;
  std::optional<PackManifest> base_;
  PackManifest pack_;
  PackFolder folder_;
  PackModels models_;
  PackLanes lanes_;
};

}  // namespace

PackManifest create_pack(const PackRecipe& recipe, const PackBuildOptions& options) {
  const c10::InferenceMode inference;
  return PackBuild(recipe, options).run();
}

}  // namespace ogam

#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/base/cancellation.h"
#include "core/pack/manifest.h"
#include "encoders/encoder.h"
#include "pipelines/pack_files.h"

namespace ogam {

/// The models of a pack that is being made, each brought into its folder and loaded once.
class PackModels {
 public:
  /// @param base may be null. Everything must outlive the object.
  PackModels(PackManifest& pack, const PackFolder& folder, const PackManifest* base,
             const CancellationToken& cancellation);

  /// The id in the pack of a model that a person names; it is brought in when it is named first.
  /// @param option that names it, for messages.
  /// @throws Error{unavailable} naming the command that pulls it.
  const std::string& named(const std::string& word, const std::string& option);

  /// The same for a model of the base pack.
  const std::string& of_base(const std::string& id);

  /// The id that a model has in the base pack; empty for one from elsewhere.
  std::string id_in_base(const std::string& id) const;

  /// How a person names a model again: a folder by its whole path.
  std::string lasting_name(const std::string& word) const;

  const std::string& model_type(const std::string& id) const;
  std::filesystem::path folder(const std::string& id) const;

  /// Notes what a model is used for.
  void add_role(const std::string& id, const std::string& role);

  /// Whether a model is one of encoders.
  bool has_encoders(const std::string& id) const;

  /// The encoders of a model.
  /// @throws Error{invalid_argument} when it is no model of encoders, saying what it is;
  ///     Error{corrupt_data, unsupported} when it cannot be loaded.
  const Encoders& encoders(const std::string& id);

  /// "encodes text and images": what a model can do.
  std::string abilities(const std::string& id);

  /// Calls `load` with a model's folder.
  /// @throws what it throws, with the model named before it.
  void load(const std::string& id,
            const std::function<void(const std::filesystem::path&)>& load) const;

 private:
  PackModel& model(const std::string& id);
  std::string free_id(const std::string& wanted) const;
  bool is_of_base(const std::string& word) const;
  const std::string& bring(PackModel model, const std::filesystem::path& from,
                           const std::vector<std::filesystem::path>& files);

  PackManifest& pack_;
  const PackFolder& folder_;
  const PackManifest* base_;
  const CancellationToken& cancellation_;
  std::map<std::filesystem::path, std::string> ids_;  // by the folder that a model came from
  std::map<std::string, std::string> base_ids_;       // in the base pack, by id
  std::map<std::string, std::string> words_;          // as a person named it, by id
  std::map<std::string, Encoders> encoders_;
};

}  // namespace ogam

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/base/cancellation.h"
#include "core/base/progress.h"
#include "core/pack/manifest.h"

namespace ogam {

/// What a pack shall be made of; see docs/packs.md. A model is written as a folder, as the id of
/// one in the hub's cache, or as the id of a model of the base pack.
struct PackRecipe {
  std::string name;
  std::string description = {};  ///< empty: the models by lane
  std::string visual = {};
  std::string sound = {};
  std::string speech = {};  ///< the recogniser of speech
  std::string text = {};    ///< the text encoder of words said and seen
  std::string fused = {};   ///< an omni or fusion model, or "mean"
  std::string omni = {};    ///< a model for every one of these lanes that it has an encoder for
  /// A pack whose lanes are taken over where no model is named. Empty: the starter pack, if there
  /// is one, and of it only what the named lanes need.
  std::string base = {};
  bool force = false;                      ///< replaces a pack of this name
  std::vector<std::string> licences = {};  ///< in small letters; empty: any, and none
};

struct PackBuildOptions {
  ProgressCallback on_progress = {};
  std::function<void(const std::string&)> on_note = {};  ///< what a person should know
  CancellationToken cancellation = {};
};

/// Makes `OGAM_HOME/packs/NAME`. Every model is loaded once, so what cannot run is refused here; a
/// pack that is refused, or whose making is stopped, leaves nothing behind.
///
/// @throws Error{invalid_argument} for a name that cannot be one or is taken, and for models that
///     do not serve the lane they are named for, saying what they can do; Error{unavailable} for
///     what is not there, naming the command that brings it; Error{unsupported} for a licence that
///     is not wanted; Error{corrupt_data, unsupported} when a model cannot be loaded; Cancelled.
PackManifest create_pack(const PackRecipe& recipe, const PackBuildOptions& options = {});

}  // namespace ogam

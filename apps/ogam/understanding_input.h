#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/ogam/command_line.h"
#include "core/base/json.h"
#include "pipelines/pack.h"
#include "pipelines/understanding/material.h"

namespace ogam {

/// What the verbs of understanding work on: an archive, the pack it was made with, and the assets
/// that the command line names.
class UnderstandingInput {
 public:
  /// @param assets paths or ids.
  /// @throws Error{not_found} for what is not in the archive; for a file on disk it names the
  /// command
  ///     that indexes it.
  UnderstandingInput(const CommandLine& line, std::span<const std::string> assets);

  const Archive& archive() const { return archive_; }
  const Pack& pack() const { return pack_; }
  const std::vector<std::string>& assets() const { return assets_; }

  /// The material of an asset; with --verbose, what there is of it is said on stderr.
  AssetMaterial material(const std::string& asset, const MaterialOptions& options = {}) const;

 private:
  const CommandLine& line_;
  Archive archive_;
  Pack pack_;
  std::vector<std::string> assets_;  // ids
};

/// How the verbs of understanding make what they print, as their JSON names it.
constexpr const char* kExtractive = "extractive";

/// Says on stderr that no language model was at work, and what was done instead.
void note_extractive(const CommonOptions& common, std::string_view what);

/// Refuses what only a language model can do.
/// @throws Error{unavailable} always.
[[noreturn]] void fail_without_language_model(std::string_view what, std::string_view way_out);

/// {"asset", "path"}.
Json asset_json(const AssetSummary& asset);

/// A number from 0 on with as many decimals as people want to read.
double rounded(double value);

}  // namespace ogam

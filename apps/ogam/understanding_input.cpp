#include "apps/ogam/understanding_input.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>

#include "apps/ogam/console.h"
#include "apps/ogam/run_verb.h"
#include "archive/asset_lookup.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/pack/manifest.h"

namespace ogam {

namespace {

std::vector<std::string> ids_of(const Archive& archive, const std::filesystem::path& folder,
                                std::span<const std::string> words) {
  if (words.empty()) {
    return {};
  }
  const auto known = archive.list();
  std::vector<std::string> ids;
  for (const std::string& word : words) {
    try {
      const std::string id = find_asset(known, word);
      if (std::find(ids.begin(), ids.end(), id) == ids.end()) {
        ids.push_back(id);
      }
    } catch (const Error& error) {
      std::error_code ignored;
      if (error.code() == ErrorCode::not_found && std::filesystem::exists(word, ignored)) {
        fail(ErrorCode::not_found,
             "{} is not in the archive {}; index it first: ogam index --archive {} {}",
             display_path(word), display_path(folder), display_path(folder), display_path(word));
      }
      throw;
    }
  }
  return ids;
}

std::size_t characters_of(const std::vector<TimedSentence>& sentences) {
  std::size_t count = 0;
  for (const TimedSentence& sentence : sentences) {
    count += sentence.text.size();
  }
  return count;
}

std::size_t named(const AssetMaterial& material, std::vector<Label> SegmentMaterial::*labels) {
  return static_cast<std::size_t>(
      std::count_if(material.segments.begin(), material.segments.end(),
                    [&](const SegmentMaterial& segment) { return !(segment.*labels).empty(); }));
}

}  // namespace

UnderstandingInput::UnderstandingInput(const CommandLine& line, std::span<const std::string> assets)
    : line_(line),
      archive_(Archive::open(line.common().archive)),
      pack_(Pack::open(line.common().pack)),
      assets_(ids_of(archive_, line.common().archive, assets)) {}

AssetMaterial UnderstandingInput::material(const std::string& asset,
                                           const MaterialOptions& options) const {
  AssetMaterial material =
      read_material(archive_, pack_, asset, options, cancellation_by_signals());
  if (line_.common().verbose) {
    fmt::print(
        stderr,
        "{}: {} sentences said ({} bytes), {} lines written ({} bytes), {} segments, "
        "pictures named in {}, sounds in {}\n",
        display_path(material.asset.path), material.spoken.size(), characters_of(material.spoken),
        material.written.size(), characters_of(material.written), material.segments.size(),
        named(material, &SegmentMaterial::pictures), named(material, &SegmentMaterial::sounds));
  }
  return material;
}

void note_extractive(const CommonOptions& common, std::string_view what) {
  if (!common.quiet) {
    fmt::print(stderr, "Made without a language model: {}.\n", what);
  }
}

void fail_without_language_model(std::string_view what, std::string_view way_out) {
  fail(ErrorCode::unavailable, "{} needs a language model; build one with: {}, or {}", what,
       pack_building_command("writer"), way_out);
}

Json asset_json(const AssetSummary& asset) {
  return {{"asset", asset.id}, {"path", display_path(asset.path)}};
}

double rounded(double value) { return std::round(value * 1e4) / 1e4; }

}  // namespace ogam

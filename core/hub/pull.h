#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/cancellation.h"
#include "core/base/progress.h"
#include "core/hub/file_selection.h"
#include "core/hub/model_id.h"

namespace ogam::hub {

/// How a model is pulled.
struct PullOptions {
  FileSelection selection;
  std::vector<std::string> licences;                ///< in small letters; empty: any, and none
  int workers = 4;                                  ///< files at a time, 1 to 64
  ProgressCallback on_progress;                     ///< ten times a second, from the calling thread
  std::function<void(const std::string&)> on_note;  ///< what a person should know; from any thread
  CancellationToken cancellation;
};

struct PulledFile {
  std::string path;
  std::uint64_t size = 0;
  std::string etag = {};
  bool is_here = false;     ///< false where a stop was requested before
  bool downloaded = false;  ///< false: it was in the cache
};

struct PullReport {
  std::string commit;
  std::filesystem::path folder;            ///< the snapshot
  std::vector<std::string> licences = {};  ///< as the hub names them
  std::vector<PulledFile> files = {};
  std::vector<std::string> missing = {};  ///< what the model lacks to be used, see missing_files
  std::uint64_t bytes_received = 0;
  double seconds = 0;
  bool cancelled = false;
};

/// Brings a model into the cache, from where Python's huggingface_hub finds it too; see
/// docs/hub.md. With `HF_HUB_OFFLINE` nothing is sent, and what is in the cache must be complete.
/// @throws Error{unavailable} with the cause nested when the model is not had; what came is kept.
///     Error{invalid_argument} for settings and options that make no sense.
PullReport pull(const ModelId& id, const PullOptions& options);

/// The snapshot of a model in the cache, whether it is complete or not. Sends nothing.
std::optional<std::filesystem::path> find_snapshot(const ModelId& id);

/// The folder of a model that a person names: a folder, or an id that is in the cache.
/// @return nothing when it is neither.
/// @throws Error{unavailable} for a path that can be no id and is no folder;
///     Error{invalid_argument} when it is not even an id.
std::optional<std::filesystem::path> find_model(const std::string& folder_or_id);

/// The same for one that must be there.
/// @throws as above; Error{unavailable} naming the command that pulls it.
std::filesystem::path resolve_model(const std::string& folder_or_id);

}  // namespace ogam::hub

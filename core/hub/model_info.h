#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/hub/client.h"
#include "core/hub/model_id.h"

namespace ogam::hub {

/// A file of a model as the hub describes it.
struct RemoteFile {
  std::string path;  ///< relative, checked: see check_file_path
  std::uint64_t size = 0;
  /// The name of its blob: the SHA-256 of the content (64 digits) of a large file, the SHA-1 that
  /// git computes of a small one (40 digits).
  std::string etag = {};
};

/// A model at one commit.
struct ModelInfo {
  std::string commit;                  ///< 40 hexadecimal digits
  std::vector<std::string> licences;   ///< in small letters; empty: the hub names none
  std::vector<RemoteFile> files = {};  ///< by path; size and etag are empty where they are not told
};

/// What the hub says about a model.
/// @throws Error{unavailable} when it is not there or may not be seen, Error{corrupt_data} for an
///     answer that makes no sense.
ModelInfo fetch_model_info(const Client& client, const ModelId& id);

/// Reads the answer of `/api/models/{id}/revision/{revision}?blobs=true`. @param origin for errors.
/// @throws Error{corrupt_data}.
ModelInfo parse_model_info(std::string_view json, const std::string& origin);

/// Asks the hub for size and etag of a file where the model's description lacks them.
/// @throws Error{unavailable, corrupt_data}.
void complete(const Client& client, const ModelId& id, const std::string& commit, RemoteFile& file);

/// Path of a file's content on the hub.
std::string resolve_path(const ModelId& id, const std::string& commit, const std::string& file);

/// Refuses paths that could leave their folder or confuse who reads them: absolute ones, empty, "."
/// and ".." parts, control characters, and what no file system takes.
/// @throws Error{corrupt_data}.
void check_file_path(std::string_view path);

/// Throws what a status other than success means for the model.
/// @throws Error{unavailable} saying what to do.
[[noreturn]] void fail_for_status(const HttpResponse& response, const Client& client,
                                  const ModelId& id);

}  // namespace ogam::hub

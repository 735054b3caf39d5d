#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "core/base/cancellation.h"
#include "core/hub/cache.h"
#include "core/hub/client.h"
#include "core/hub/model_info.h"

namespace ogam::hub {

/// How many bytes several transfers have; safe from any thread.
struct TransferCount {
  std::atomic<std::int64_t> had = 0;        ///< in files and parts of files; less when one restarts
  std::atomic<std::uint64_t> received = 0;  ///< over the network
};

/// What one file is fetched with.
struct FileJob {
  const Client& client;
  const ModelCache& cache;
  const ModelId& id;
  const std::string& commit;
  CancellationToken cancel;
  TransferCount& count;
};

/// Brings a file's content into the cache and links it into the snapshot: from a blob that is
/// there, else by going on with what an earlier try left. Size and hash are checked.
/// @param file with size and etag.
/// @return whether anything was downloaded.
/// @throws Error{unavailable} when it cannot be had, Error{corrupt_data} when the hub sends other
///     content than it announced, Error{resource_exhausted} when the disk is full (the part stays),
///     Cancelled (the part stays).
bool fetch_file(const FileJob& job, const RemoteFile& file);

}  // namespace ogam::hub

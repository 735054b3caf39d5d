#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/base/cancellation.h"
#include "core/base/descriptor.h"
#include "core/base/hash.h"
#include "core/hub/model_info.h"

namespace ogam::hub {

/// `<blob>.incomplete`: the part of a file that came so far. It outlives errors, a full disk and
/// Ctrl-C, so that the next try goes on from it. Its hash is computed while it grows.
///
/// To be used under the blob's lock.
class PartialBlob {
 public:
  /// Opens what an earlier try left, or begins anew; reads what is there for its hash.
  /// @throws Error{inaccessible, resource_exhausted}, Cancelled.
  PartialBlob(std::filesystem::path blob, const RemoteFile& file, const CancellationToken& cancel);

  std::uint64_t size() const { return size_; }
  bool is_whole() const { return size_ == file_.size; }

  /// Adds content at the end. @throws Error{resource_exhausted} when the disk is full,
  /// Error{corrupt_data} when it is more than the file has.
  void append(std::string_view content);

  /// Throws away what came.
  void restart();

  /// Whether the content has the hash that names it; to be asked once, when it is whole.
  bool matches();

  /// Gives the finished content its name, durably.
  void finish();

  /// Deletes the file.
  void remove();

 private:
  std::filesystem::path blob_;
  std::filesystem::path path_;
  const RemoteFile& file_;
  Descriptor descriptor_;
  MessageDigest digest_;
  std::uint64_t size_ = 0;
};

}  // namespace ogam::hub

#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "archive/query.h"
#include "core/base/space.h"
#include "core/base/timed_text.h"

namespace ogam {

/// A vector and where in the asset it comes from.
struct VectorRecord {
  std::string space;                 ///< Space::id
  std::size_t segment = 0;           ///< index into AssetRecord::segments
  Time time = 0;                     ///< the moment it describes best
  std::vector<float> values;         ///< L2-normalised, Space::dimension long
  std::optional<std::size_t> words;  ///< index into AssetRecord::words of the text it was made from
};

/// Words of the speech or text lane.
struct WordsRecord {
  Lane lane = Lane::speech;
  std::size_t segment = 0;
  TimedText text;
};

/// Everything an index knows of one asset.
struct AssetRecord {
  std::string id;              ///< "b3:" + BLAKE3 of the content
  std::filesystem::path path;  ///< as given; bytes are kept even when they are not UTF-8
  std::string kind;            ///< media_kind_name
  Time duration = 0;           ///< 0 for pictures and texts
  std::string
      settings;  ///< identity of what it was indexed with; equal settings need not be done again
  std::map<std::string, std::string> tags;
  std::vector<TimeSpan> segments;  ///< ascending; one of zero length for pictures and texts
  std::vector<VectorRecord> vectors;
  std::vector<WordsRecord> words;
};

/// What `archive list` shows of an asset.
struct AssetSummary {
  std::string id;
  std::filesystem::path path;
  std::string kind;
  Time duration = 0;
  std::size_t segments = 0;
  std::string settings;
  std::string indexed_at;  ///< UTC, "2026-01-31T12:00:00Z"
  std::map<std::string, std::string> tags;
  std::map<std::string, std::size_t> vectors;  ///< by lane name
  std::map<std::string, std::size_t> words;    ///< words (not texts) by lane name
};

struct ArchiveInfo {
  std::filesystem::path folder;
  std::size_t assets = 0;
  std::size_t segments = 0;
  Time duration = 0;
  std::vector<Space> spaces;
  std::map<std::string, std::size_t> vectors;  ///< by space name
  std::uintmax_t bytes = 0;                    ///< on disk
};

struct ArchiveState;

/// An index on disk: a SQLite catalog with its lexical index, and append-only vector files.
///
/// One process writes at a time (a second one is told so); any number read. A kill at any moment
/// loses at most the asset being added.
class [[gnu::visibility("default")]] Archive {
 public:
  /// A lane's output is the part of Space::name behind its last '/'. An archive may gain spaces
  /// later.
  ///
  /// @throws Error{invalid_argument} naming both when the archive holds another space for a lane's
  ///     output, Error{unsupported} when a newer ogam made it, Error{corrupt_data},
  ///     Error{inaccessible} when it cannot be written or another process is writing.
  static Archive open_or_create(const std::filesystem::path& folder,
                                const std::vector<Space>& spaces);

  /// For reading and for removal.
  /// @throws Error{not_found} naming the command that makes an archive.
  static Archive open(const std::filesystem::path& folder);

  ~Archive();
  Archive(Archive &&) noexcept;
  Archive& operator=(Archive&&) noexcept;

  ArchiveInfo info() const;
  std::vector<Space> spaces() const;

  /// Adds an asset, or replaces the one of the same id, in one transaction.
  /// @throws Error{invalid_argument} when a vector's space is not of this archive, its dimension
  /// differs or it is
  ///     not finite; Error{resource_exhausted} when the disk is full: nothing of the asset stays
  ///     then.
  void add(const AssetRecord& asset);

  std::optional<AssetSummary> find(const std::string& id) const;
  std::vector<AssetSummary> list() const;
  std::vector<TimeSpan> segments_of(const std::string& id) const;
  std::vector<WordsRecord> words_of(const std::string& id) const;

  /// The asset's vectors of one space, in the order in which they were added; `words` counts as
  /// `words_of` does.
  /// @param space Space::id.
  /// @throws Error{invalid_argument} when the archive has no such space, Error{corrupt_data} naming
  ///     the file when a vector is not finite or belongs to no segment.
  std::vector<VectorRecord> vectors_of(const std::string& id, const std::string& space) const;

  /// Notes that the content now lies elsewhere.
  void set_path(const std::string& id, const std::filesystem::path& path);

  /// @return whether there was such an asset.
  bool remove(const std::string& id);

  /// Vectors of queries that match nothing in particular, from which the scores of a space get
  /// their meaning: the archive measures how its own content scores against them. Replaces earlier
  /// ones of that space.
  void set_background(const std::string& space, const std::vector<std::vector<float>>& queries);

  bool has_background(const std::string& space) const;

  /// @throws Error{invalid_argument} naming both spaces when a query's space is not one of this
  /// archive's.
  SearchResult search(const ArchiveQuery& query) const;

  /// Reads everything and checks every checksum and reference.
  /// @return one line for each thing that is not sound; empty when all is well.
  std::vector<std::string> verify() const;

 private:
  explicit Archive(std::unique_ptr<ArchiveState> state);
  std::unique_ptr<ArchiveState> state_;
};

}  // namespace ogam

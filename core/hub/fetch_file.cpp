#include "core/hub/fetch_file.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/hub/partial_blob.h"

namespace ogam::hub {

namespace {

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole =
      !text.empty() && parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
  return whole ? std::optional(value) : std::nullopt;
}

/// "bytes FIRST-LAST/TOTAL" of a partial answer; TOTAL may be '*'.
struct ContentRange {
  std::uint64_t first = 0;
  std::optional<std::uint64_t> total;
};

std::optional<ContentRange> content_range(const std::string& header) {
  constexpr std::string_view kUnit = "bytes ";
  const auto dash = header.find('-');
  const auto slash = header.find('/');
  if (!header.starts_with(kUnit) || dash == std::string::npos || slash == std::string::npos ||
      dash > slash) {
    return std::nullopt;
  }
  const std::string_view view = header;
  const auto first = number(view.substr(kUnit.size(), dash - kUnit.size()));
  if (!first) {
    return std::nullopt;
  }
  return ContentRange{.first = *first, .total = number(view.substr(slash + 1))};
}

/// One file on its way into the cache.
class Transfer {
 public:
  Transfer(const FileJob& job, const RemoteFile& file)
      : job_(job), file_(file), part_(job.cache.blob(file.etag), file, job.cancel) {
    count(0);
    is_fresh_ = part_.size() == 0;
  }

  void run() {
    Retries retries = job_.client.retries();
    std::uint64_t furthest = part_.size();
    for (;;) {
      try {
        if (!part_.is_whole()) {
          request_rest();
        }
      } catch (const TemporaryFailure& failure) {
        // Not what was received: a server that sends the beginning again and again would never end.
        const std::uint64_t gained = std::max(part_.size(), furthest) - furthest;
        furthest += gained;
        retries.wait(
            TemporaryFailure(display_path(file_.path) + ": " + failure.what(), failure.wait()),
            gained);
        continue;
      } catch (const Error& error) {
        if (error.code() == ErrorCode::corrupt_data) {
          part_.remove();
        }
        throw;
      }
      if (part_.matches()) {
        part_.finish();
        return;
      }
      if (is_fresh_) {
        part_.remove();
        fail(ErrorCode::corrupt_data,
             "{}: what was sent does not have the hash {}; run again, and distrust the hub or what "
             "stands between when it stays so",
             display_path(file_.path), file_.etag);
      }
      restart();  // what an earlier run had left was damaged
    }
  }

 private:
  void request_rest() {
    HttpRequest request{.url = job_.client.url(resolve_path(job_.id, job_.commit, file_.path))};
    if (part_.size() > 0) {
      request.headers.emplace_back("Range", fmt::format("bytes={}-", part_.size()));
    }
    const HttpResponse response = job_.client.send(
        std::move(request), {.accept = [&](const HttpResponse& head) { return accept(head); },
                             .take = [&](std::string_view piece) { take(piece); }});
    if (response.status == 416 && part_.size() > 0) {
      restart();
      throw TemporaryFailure("the server cannot go on where the transfer was cut");
    }
    if (response.status != 200 && response.status != 206) {
      fail_for_status(response, job_.client, job_.id);
    }
    if (!part_.is_whole()) {
      throw TemporaryFailure(fmt::format("cut after {} of {} bytes", part_.size(), file_.size));
    }
  }

  bool accept(const HttpResponse& head) {
    const std::string commit = head.header("X-Repo-Commit");
    require(commit.empty() || commit == job_.commit, ErrorCode::corrupt_data,
            "{}: the hub answers with commit '{}', not {}", display_path(file_.path),
            display_path(commit), job_.commit);
    if (head.status == 206) {
      const auto range = content_range(head.header("Content-Range"));
      if (!range || range->first != part_.size()) {
        restart();
        throw TemporaryFailure("the server goes on at another place than it was asked to");
      }
      check_size(range->total);
      return true;
    }
    if (head.status != 200) {
      return false;
    }
    const std::string encoding = head.header("Content-Encoding");
    require(encoding.empty() || encoding == "identity", ErrorCode::corrupt_data,
            "{}: the content is encoded as '{}', which was not asked for", display_path(file_.path),
            display_path(encoding));
    check_size(number(head.header("Content-Length")));
    if (part_.size() > 0) {
      restart();  // the server sends it from its beginning
    }
    return true;
  }

  void check_size(std::optional<std::uint64_t> size) const {
    require(!size || *size == file_.size, ErrorCode::corrupt_data,
            "{}: the hub announced {} bytes and now sends {}", display_path(file_.path), file_.size,
            size.value_or(0));
  }

  void take(std::string_view piece) {
    const std::uint64_t before = part_.size();
    part_.append(piece);
    count(before);
    job_.count.received += piece.size();
  }

  void restart() {
    const std::uint64_t before = part_.size();
    part_.restart();
    is_fresh_ = true;
    count(before);
  }

  void count(std::uint64_t before) {
    job_.count.had += static_cast<std::int64_t>(part_.size()) - static_cast<std::int64_t>(before);
  }

  const FileJob& job_;
  const RemoteFile& file_;
  PartialBlob part_;
  bool is_fresh_ = false;  ///< nothing in it is of an earlier run
};

}  // namespace

bool fetch_file(const FileJob& job, const RemoteFile& file) {
  if (job.cache.has_file(job.commit, file.path, file.size)) {
    job.count.had += static_cast<std::int64_t>(file.size);
    return false;
  }
  make_folders(job.cache.blob(file.etag).parent_path());
  const FileLock lock(job.cache.lock(file.etag), job.cancel);
  const bool is_there = job.cache.has_blob(file.etag, file.size);
  if (is_there) {
    job.count.had += static_cast<std::int64_t>(file.size);
  } else {
    Transfer(job, file).run();
  }
  job.cache.link_file(job.commit, file.path, file.etag);
  return !is_there;
}

}  // namespace ogam::hub

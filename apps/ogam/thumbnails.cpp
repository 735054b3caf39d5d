#include "apps/ogam/thumbnails.h"

#include <string>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/logging.h"
#include "core/media/image_file.h"
#include "pipelines/thumbnail.h"

namespace ogam {

namespace {

constexpr int kLongSide = 480;

/// "01-film.mp4.jpg", short enough for every file system.
std::string thumbnail_name(const Moment& moment) {
  constexpr std::size_t kLongest = 180;
  const std::string name = display_path(moment.path.filename());
  return fmt::format("{:02}-{}.jpg", moment.rank,
                     name.size() <= kLongest ? name : display_path(name.substr(0, kLongest)));
}

}  // namespace

void write_thumbnails(const SearchResult& result, const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  require(!error, ErrorCode::not_found, "cannot make the folder {}: {}", display_path(folder),
          error.message());
  for (const Moment& moment : result.moments) {
    if (!has_thumbnail(moment)) {
      continue;
    }
    try {
      write_image(folder / thumbnail_name(moment), thumbnail(moment, kLongSide));
    } catch (const Error& failure) {
      log_warning("no thumbnail of {}: {}", display_path(moment.path), describe(failure));
    }
  }
}

}  // namespace ogam

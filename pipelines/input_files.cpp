#include "pipelines/input_files.h"

#include <algorithm>
#include <set>
#include <system_error>

#include "core/base/files.h"
#include "core/media/kind.h"

namespace ogam {

namespace fs = std::filesystem;

namespace {

bool is_subtitle_name(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".srt" || extension == ".vtt";
}

class Walk {
 public:
  void add(const fs::path& path) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (!fs::exists(status)) {
      const bool loop = error == std::errc::too_many_symbolic_link_levels;
      fail_at(path, loop ? "a link that leads back to itself; remove it"
                         : "there is no such file or folder, or it may not be read");
    } else if (fs::is_directory(status)) {
      add_folder(path);
    } else if (fs::is_regular_file(status)) {
      add_file(path);
    } else {
      fail_at(path, "neither a file nor a folder");
    }
  }

  std::vector<InputFile> take() { return std::move(files_); }

 private:
  void add_folder(const fs::path& folder) {
    std::error_code error;
    const fs::path real = fs::canonical(folder, error);
    if (error || !folders_.insert(real).second) {
      return;
    }
    std::vector<fs::path> entries;
    fs::directory_iterator entry(folder, error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
      entries.push_back(entry->path());
    }
    if (error) {
      fail_at(folder, "cannot look into this folder: " + error.message());
    }
    std::sort(entries.begin(), entries.end());
    for (const fs::path& path : entries) {
      const bool hidden = path.filename().native().starts_with('.');
      const bool folder_entry = fs::is_directory(path, error);
      if (hidden || (!folder_entry && !has_media_extension(path))) {
        continue;
      }
      if (is_subtitle_name(path) && belongs_to_video(path, entries)) {
        continue;
      }
      add(path);
    }
  }

  static bool belongs_to_video(const fs::path& subtitles, const std::vector<fs::path>& entries) {
    return std::any_of(entries.begin(), entries.end(), [&](const fs::path& other) {
      return other.stem() == subtitles.stem() && !is_subtitle_name(other) &&
             has_media_extension(other);
    });
  }

  void add_file(const fs::path& path) {
    std::error_code error;
    if (!paths_.insert(fs::absolute(path, error).lexically_normal()).second) {
      return;
    }
    InputFile file{path, {}, std::nullopt};
    for (const char* extension : {".srt", ".vtt"}) {
      fs::path subtitles = path;
      subtitles.replace_extension(extension);
      if (!is_subtitle_name(path) && fs::is_regular_file(subtitles, error)) {
        file.subtitles = subtitles;
        break;
      }
    }
    files_.push_back(std::move(file));
  }

  void fail_at(const fs::path& path, const std::string& problem) {
    files_.push_back(
        {path,
         {},
         Error(ErrorCode::not_found, fmt::format("{}: {}", display_path(path), problem))});
  }

  std::vector<InputFile> files_;
  std::set<fs::path> paths_;
  std::set<fs::path> folders_;
};

}  // namespace

std::vector<InputFile> find_input_files(const std::vector<fs::path>& inputs) {
  Walk walk;
  for (const fs::path& input : inputs) {
    walk.add(input);
  }
  return walk.take();
}

}  // namespace ogam

#include "pipelines/input_files.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/base/files.h"
#include "core/media/kind.h"

namespace ogam {

namespace fs = std::filesystem;

namespace {

std::string lower_extension(const fs::path& path) {
  std::string extension = path.extension().string();
  for (char& c : extension) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return extension;
}

/// Of several the first counts.
constexpr std::array<std::string_view, 3> kSubtitleExtensions = {".srt", ".vtt", ".smi"};

bool is_subtitle_name(const fs::path& path) {
  return std::ranges::find(kSubtitleExtensions, lower_extension(path)) !=
         std::ranges::end(kSubtitleExtensions);
}

/// The subtitles of the same name, in small letters or capitals; empty when there are none.
fs::path subtitles_beside(const fs::path& path) {
  std::error_code error;
  for (const std::string_view extension : kSubtitleExtensions) {
    std::string capitals(extension);
    std::ranges::transform(capitals, capitals.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    for (const std::string_view spelling : {extension, std::string_view(capitals)}) {
      fs::path subtitles = path;
      subtitles.replace_extension(spelling);
      if (fs::is_regular_file(subtitles, error)) {
        return subtitles;
      }
    }
  }
  return {};
}

/// Whether subtitles beside a file of this name can be its speech: not those of pictures and texts.
bool may_have_speech(const fs::path& path) {
  constexpr auto kSilent =
      std::to_array<std::string_view>({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff",
                                       ".txt", ".md", ".srt", ".vtt", ".smi"});
  return std::find(kSilent.begin(), kSilent.end(), lower_extension(path)) == kSilent.end();
}

class Walk {
 public:
  explicit Walk(CancellationToken cancellation) : cancellation_(std::move(cancellation)) {}

  void add(const fs::path& path) {
    cancellation_.check();
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
    if (error) {
      fail_at(folder, "cannot look into this folder: " + error.message());
      return;
    }
    if (!folders_.insert(real).second) {
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
    std::set<fs::path> spoken;  // names, without extension, of what subtitles may belong to
    for (const fs::path& path : entries) {
      if (has_media_extension(path) && may_have_speech(path)) {
        spoken.insert(path.stem());
      }
    }
    for (const fs::path& path : entries) {
      const bool hidden = path.filename().native().starts_with('.');
      const bool folder_entry = fs::is_directory(path, error);
      if (hidden || (!folder_entry && !has_media_extension(path))) {
        continue;
      }
      if (!folder_entry && is_subtitle_name(path) && spoken.contains(path.stem())) {
        continue;
      }
      add(path);
    }
  }

  void add_file(const fs::path& path) {
    std::error_code error;
    if (!paths_.insert(fs::absolute(path, error).lexically_normal()).second) {
      return;
    }
    InputFile file{path, {}, 0, std::nullopt};
    const std::uintmax_t bytes = fs::file_size(path, error);
    file.bytes = error ? 0 : bytes;
    if (may_have_speech(path)) {
      file.subtitles = subtitles_beside(path);
    }
    files_.push_back(std::move(file));
  }

  void fail_at(const fs::path& path, const std::string& problem) {
    files_.push_back(
        {path,
         {},
         0,
         Error(ErrorCode::not_found, fmt::format("{}: {}", display_path(path), problem))});
  }

  CancellationToken cancellation_;
  std::vector<InputFile> files_;
  std::set<fs::path> paths_;
  std::set<fs::path> folders_;
};

}  // namespace

std::vector<InputFile> find_input_files(const std::vector<fs::path>& inputs,
                                        const CancellationToken& cancellation) {
  Walk walk(cancellation);
  for (const fs::path& input : inputs) {
    walk.add(input);
  }
  return walk.take();
}

}  // namespace ogam

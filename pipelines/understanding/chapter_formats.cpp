#include "pipelines/understanding/chapter_formats.h"

#include <string_view>

#include "core/base/error.h"
#include "pipelines/subtitle_writer.h"

namespace ogam {

namespace {

constexpr std::size_t kYoutubeFewest = 3;

/// "1:02:03", "2:03": whole seconds.
std::string clock(Time time) {
  const std::int64_t seconds = time / kSecond;
  return seconds < 3600
             ? fmt::format("{}:{:02}", seconds / 60, seconds % 60)
             : fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

/// `text` with a backslash before each of `special`.
std::string escaped(std::string_view text, std::string_view special) {
  std::string result;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) {
      result += '\\';
    }
    result += c;
  }
  return result;
}

}  // namespace

std::string write_youtube_chapters(std::span<const Chapter> chapters) {
  require(chapters.size() >= kYoutubeFewest, ErrorCode::invalid_argument,
          "YouTube shows chapters where there are {} at least, this asset has {}; lower "
          "--min-length (10 at least) or take another format",
          kYoutubeFewest, chapters.size());
  std::string text;
  for (const Chapter& chapter : chapters) {
    require(chapter.span.duration() >= kYoutubeShortest, ErrorCode::invalid_argument,
            "YouTube shows chapters of 10 s at least, that at {} has {:.1f} s; raise --min-length",
            format_time(chapter.span.start), to_seconds(chapter.span.duration()));
    std::string title;
    for (const char c : chapter.title) {
      title += c == '<' || c == '>' ? ' ' : c;  // not allowed in a description
    }
    text += fmt::format("{} {}\n", clock(chapter.span.start), title);
  }
  return text;
}

std::string write_ffmetadata(std::span<const Chapter> chapters) {
  std::string text = ";FFMETADATA1\n";
  for (const Chapter& chapter : chapters) {
    text += fmt::format("\n[CHAPTER]\nTIMEBASE=1/1000000\nSTART={}\nEND={}\ntitle={}\n",
                        chapter.span.start, chapter.span.end, escaped(chapter.title, "=;#\\\n"));
  }
  return text;
}

std::string write_vtt_chapters(std::span<const Chapter> chapters) {
  std::string text = "WEBVTT\n";
  for (std::size_t i = 0; i < chapters.size(); ++i) {
    text += fmt::format(
        "\n{}\n{} --> {}\n{}\n", i + 1, format_subtitle_time(chapters[i].span.start, '.'),
        format_subtitle_time(chapters[i].span.end, '.'), escape_vtt(chapters[i].title));
  }
  return text;
}

}  // namespace ogam

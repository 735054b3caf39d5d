#include "core/media/subtitles.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/media/text_file.h"

namespace ogam {

namespace {

constexpr std::string_view kMark = "\xEF\xBB\xBF";
constexpr std::string_view kArrow = "-->";
/// A time beyond what a film may last is a broken one.
constexpr Time kMaxTime = MediaLimits{}.max_duration;
/// Ten times what the longest recordings hold; cues take more memory than the bytes they come from.
constexpr std::size_t kMaxCues = 200'000;
/// How long a SAMI cue stays when nothing takes its place.
constexpr Time kLastCue = 5 * kSecond;

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\f\v";
  const std::size_t first = text.find_first_not_of(kSpace);
  return first == std::string_view::npos
             ? std::string_view()
             : text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() &&
         std::equal(prefix.begin(), prefix.end(), text.begin(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

/// Lines without their ends, whichever of LF, CRLF and CR they have.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}

  std::optional<std::string_view> next() {
    if (rest_.empty()) {
      return std::nullopt;
    }
    const std::size_t end = rest_.find_first_of("\r\n");
    const std::string_view line = rest_.substr(0, end);
    const bool pair = end != std::string_view::npos && rest_.substr(end, 2) == "\r\n";
    rest_ = end == std::string_view::npos ? std::string_view() : rest_.substr(end + (pair ? 2 : 1));
    return line;
  }

 private:
  std::string_view rest_;
};

void add_cue(std::vector<TimedText>& cues, TimeSpan span, std::string text) {
  require(cues.size() < kMaxCues, ErrorCode::resource_exhausted,
          "more than {} subtitles in one file are not read", kMaxCues);
  cues.push_back({.span = span, .text = std::move(text), .words = {}, .language = {}});
}

std::optional<int> take_number(std::string_view& text) {
  int value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status != std::errc{} || value < 0) {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

/// Takes "01:02:03,004", "02:03.004" or "02:03" from the front of `text`.
std::optional<Time> take_time(std::string_view& text) {
  Time seconds = 0;
  int fields = 0;
  for (;;) {
    const auto value = take_number(text);
    if (!value || ++fields > 3) {
      return std::nullopt;
    }
    seconds = seconds * 60 + *value;
    if (text.empty() || text.front() != ':') {
      break;
    }
    text.remove_prefix(1);
  }
  Time micros = 0;
  if (!text.empty() && (text.front() == ',' || text.front() == '.')) {
    text.remove_prefix(1);
    Time unit = kSecond / 10;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
      micros += (text.front() - '0') * unit;
      unit /= 10;
      text.remove_prefix(1);
    }
  }
  if (fields < 2 || seconds > kMaxTime / kSecond) {
    return std::nullopt;
  }
  return seconds * kSecond + micros;
}

/// "00:00:01,000 --> 00:00:02,000 position:50%": what follows the second time is layout.
std::optional<TimeSpan> parse_span(std::string_view line) {
  const std::size_t arrow = line.find(kArrow);
  if (arrow == std::string_view::npos) {
    return std::nullopt;
  }
  std::string_view left = trim(line.substr(0, arrow));
  std::string_view right = trim(line.substr(arrow + kArrow.size()));
  const auto start = take_time(left);
  const auto end = take_time(right);
  if (!start || !end || !left.empty() || *end <= *start) {
    return std::nullopt;
  }
  return TimeSpan{*start, *end};
}

struct Entity {
  std::string_view name;
  std::string_view text;
};

constexpr std::array kEntities = {
    Entity{"&amp;", "&"},  Entity{"&lt;", "<"},    Entity{"&gt;", ">"},
    Entity{"&nbsp;", " "}, Entity{"&quot;", "\""}, Entity{"&lrm;", ""},
    Entity{"&rlm;", ""},   Entity{"&apos;", "'"},  Entity{"&#39;", "'"},
};

/// Removes <tags> and {\styles}, and resolves the entities that subtitles use. Line breaks in HTML
/// become "\n".
std::string plain_text(std::string_view text) {
  std::string plain;
  // Whether an end may still come: what has none is searched for it once, not at every start.
  bool styles_end = true;
  bool tags_end = true;
  while (!text.empty()) {
    const bool style = styles_end && text.starts_with("{\\");
    const bool tag = tags_end && text.size() > 1 && text[0] == '<' &&
                     (std::isalpha(static_cast<unsigned char>(text[1])) != 0 || text[1] == '/' ||
                      text[1] == '!' || std::isdigit(static_cast<unsigned char>(text[1])) != 0);
    const std::size_t end = style ? text.find('}') : tag ? text.find('>') : std::string_view::npos;
    if (end != std::string_view::npos) {
      plain += starts_with_ignoring_case(text, "<br") ? "\n" : "";
      text.remove_prefix(end + 1);
      continue;
    }
    styles_end = styles_end && !style;
    tags_end = tags_end && !tag;
    const auto* const entity =
        std::find_if(kEntities.begin(), kEntities.end(),
                     [&](const Entity& row) { return text.starts_with(row.name); });
    if (entity != kEntities.end()) {
      plain += entity->text;
      text.remove_prefix(entity->name.size());
    } else {
      plain += text.front();
      text.remove_prefix(1);
    }
  }
  return plain;
}

/// Adds a line of a cue's plain text, unless nothing is left of it.
void add_line(std::string& text, std::string_view line) {
  const std::string_view kept = trim(line);
  if (!kept.empty()) {
    text += text.empty() ? "" : "\n";
    text += kept;
  }
}

/// SubRip and WebVTT: a cue is a line with two times, and the lines up to a blank one.
std::vector<TimedText> parse_cues(std::string_view text) {
  std::vector<TimedText> cues;
  Lines lines(text);
  bool in_cue = false;
  for (auto line = lines.next(); line; line = lines.next()) {
    if (const auto span = parse_span(*line)) {
      add_cue(cues, *span, {});
      in_cue = true;
    } else if (trim(*line).empty() || line->find(kArrow) != std::string_view::npos) {
      in_cue = false;
    } else if (in_cue) {
      add_line(cues.back().text, plain_text(*line));
    }
  }
  return cues;
}

/// The number after `name=` inside a SAMI tag.
std::optional<Time> sync_time(std::string_view tag) {
  constexpr std::string_view kStart = "start=";
  for (std::size_t i = 0; i + kStart.size() < tag.size(); ++i) {
    if (starts_with_ignoring_case(tag.substr(i), kStart)) {
      std::string_view value = tag.substr(i + kStart.size());
      value.remove_prefix(value.front() == '"' || value.front() == '\'' ? 1 : 0);
      const auto millis = take_number(value);
      const bool usable = millis && Time{*millis} * 1000 <= kMaxTime - kLastCue;
      return usable ? std::optional<Time>(Time{*millis} * 1000) : std::nullopt;
    }
  }
  return std::nullopt;
}

/// SAMI: each <SYNC Start=ms> shows its text until the next; an empty one clears the screen.
std::vector<TimedText> parse_sami(std::string_view text) {
  std::vector<TimedText> cues;
  bool open = false;
  const auto find_sync = [&](std::size_t from) {
    while (from < text.size() && !starts_with_ignoring_case(text.substr(from), "<sync")) {
      ++from;
    }
    return from;
  };
  for (std::size_t at = find_sync(0); at < text.size();) {
    const std::size_t close = text.find('>', at);
    if (close == std::string_view::npos) {
      break;
    }
    const std::size_t next = find_sync(close);
    const auto start = sync_time(text.substr(at, close - at));
    if (start && open && *start > cues.back().span.start) {
      cues.back().span.end = *start;
    }
    std::string shown;
    // A tag may run over several lines.
    const std::string plain = plain_text(text.substr(close + 1, next - close - 1));
    Lines lines(plain);
    for (auto line = lines.next(); line; line = lines.next()) {
      add_line(shown, *line);
    }
    open = start && !shown.empty();
    if (open) {
      add_cue(cues, {*start, *start + kLastCue}, std::move(shown));
    }
    at = next;
  }
  return cues;
}

bool is_sami(std::string_view text) { return starts_with_ignoring_case(text, "<sami"); }

std::string_view without_mark(std::string_view text) {
  return trim(text.starts_with(kMark) ? text.substr(kMark.size()) : text);
}

}  // namespace

bool looks_like_subtitles(std::string_view text) {
  const std::string_view content = without_mark(text);
  if (is_sami(content) || content.starts_with("WEBVTT")) {
    return true;
  }
  // SubRip has no mark of its own: a cue's times stand in its first line, or in the second, below a
  // number.
  Lines lines(content);
  const std::string_view first = trim(lines.next().value_or(""));
  const bool numbered =
      !first.empty() &&
      std::all_of(first.begin(), first.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  return parse_span(first) || (numbered && parse_span(lines.next().value_or("")));
}

std::vector<TimedText> parse_subtitles(std::string_view text) {
  const std::string_view content = without_mark(text);
  std::vector<TimedText> cues = is_sami(content) ? parse_sami(content) : parse_cues(content);
  std::erase_if(cues, [](const TimedText& cue) { return cue.text.empty(); });
  require(!cues.empty(), ErrorCode::corrupt_data,
          "no subtitle with a valid time was found; SubRip, WebVTT and SAMI are read");
  std::stable_sort(cues.begin(), cues.end(), [](const TimedText& a, const TimedText& b) {
    return a.span.start < b.span.start;
  });
  return cues;
}

std::vector<TimedText> read_subtitles(const std::filesystem::path& path,
                                      const MediaLimits& limits) {
  const std::string text = read_text_file(path, limits);
  try {
    return parse_subtitles(text);
  } catch (const Error& error) {
    fail(error.code(), "{}: {}", display_path(path), error.what());
  }
}

}  // namespace ogam

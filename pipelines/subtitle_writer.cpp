#include "pipelines/subtitle_writer.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "core/base/error.h"
#include "core/text/unicode.h"
#include "pipelines/timed_units.h"

namespace ogam {
namespace {

/// Players leave out what begins and ends at once.
constexpr Time kShortest = kSecond / 10;

std::vector<TimedUnit> divide_wide(const TimedUnit& unit, int columns) {
  if (display_width(unit.text) <= columns) {
    return {unit};
  }
  std::vector<std::string> parts(1);
  for (const auto point : code_points(unit.text)) {
    std::string character;
    append_utf8(point, character);
    if (display_width(parts.back()) + display_width(character) > columns) {
      parts.emplace_back();
    }
    parts.back() += character;
  }
  std::vector<TimedUnit> units;
  const auto count = static_cast<Time>(parts.size());
  for (Time i = 0; i < count; ++i) {
    const auto at = [&](Time part) {
      return unit.span.start + unit.span.duration() * part / count;
    };
    units.push_back(
        {parts[static_cast<std::size_t>(i)], {at(i), at(i + 1)}, i == 0 && unit.spaced});
  }
  return units;
}

std::vector<TimedUnit> units_of(const TimedText& utterance, int columns) {
  std::vector<TimedUnit> units;
  for (const auto& unit : timed_units(utterance)) {
    const auto parts = divide_wide(unit, columns);
    units.insert(units.end(), parts.begin(), parts.end());
  }
  return units;
}

/// Fills lines from the left.
std::vector<std::string> wrap(std::span<const TimedUnit> units, int columns) {
  std::vector<std::string> lines;
  for (const auto& unit : units) {
    const std::string space = unit.spaced ? " " : "";
    if (!lines.empty() && display_width(lines.back() + space + unit.text) <= columns) {
      lines.back() += space + unit.text;
    } else {
      lines.push_back(unit.text);
    }
  }
  return lines;
}

/// Lines of about equal length, as many as are needed.
std::vector<std::string> wrap_evenly(std::span<const TimedUnit> units, int columns) {
  auto best = wrap(units, columns);
  for (int narrower = columns - 1; narrower > 0; --narrower) {
    auto lines = wrap(units, narrower);
    const bool fits = std::all_of(lines.begin(), lines.end(), [&](const auto& line) {
      return display_width(line) <= narrower;
    });
    if (lines.size() > best.size() || !fits) {
      break;
    }
    best = std::move(lines);
  }
  return best;
}

bool fits(std::span<const TimedUnit> units, const SubtitleLayout& layout) {
  return static_cast<int>(wrap(units, layout.columns).size()) <= layout.lines &&
         units.back().span.end - units.front().span.start <= layout.max_duration;
}

bool ends_with_any(const std::string& text, std::span<const std::string_view> ends) {
  return std::any_of(ends.begin(), ends.end(), [&](auto end) { return text.ends_with(end); });
}

/// How good it is to part two units: at the end of a sentence, a pause, or a comma.
double break_value(const TimedUnit& before, const TimedUnit& after) {
  constexpr std::array<std::string_view, 6> kSentence = {".", "?", "!", "。", "？", "！"};
  constexpr std::array<std::string_view, 6> kClause = {",", ";", ":", "、", "，", "…"};
  double value = std::min(to_seconds(after.span.start - before.span.end), 1.0);
  value += ends_with_any(before.text, kSentence) ? 2 : ends_with_any(before.text, kClause) ? 1 : 0;
  return value;
}

/// Units of the first subtitle: as many as fit, or up to the best break in the latter half of them.
std::size_t first_subtitle(std::span<const TimedUnit> units, const SubtitleLayout& layout) {
  std::size_t most = 1;
  while (most < units.size() && fits(units.first(most + 1), layout)) {
    ++most;
  }
  if (most == units.size()) {
    return most;
  }
  std::size_t best = most;
  double best_value = 0.25 + break_value(units[most - 1], units[most]);
  for (auto count = most - 1; count > most / 2; --count) {
    const double value = break_value(units[count - 1], units[count]);
    if (value > best_value) {
      best = count;
      best_value = value;
    }
  }
  return best;
}

std::string join_lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) {
    text += (text.empty() ? "" : "\n") + line;
  }
  return text;
}

std::string write_text(const Transcript& transcript) {
  std::string document;
  for (const auto& utterance : transcript.utterances) {
    document += utterance.text + "\n";
  }
  return document;
}

std::vector<TimedText> subtitles_of(const Transcript& transcript) {
  return lay_out_subtitles(transcript.utterances, layout_for_language(transcript.language));
}

std::string write_srt(const Transcript& transcript) {
  const auto subtitles = subtitles_of(transcript);
  std::string document;
  for (std::size_t i = 0; i < subtitles.size(); ++i) {
    document += fmt::format("{}\n{} --> {}\n{}\n\n", i + 1,
                            format_subtitle_time(subtitles[i].span.start, ','),
                            format_subtitle_time(subtitles[i].span.end, ','), subtitles[i].text);
  }
  return document;
}

std::string write_vtt(const Transcript& transcript) {
  std::string document = "WEBVTT\n\n";
  for (const auto& subtitle : subtitles_of(transcript)) {
    document +=
        fmt::format("{} --> {}\n{}\n\n", format_subtitle_time(subtitle.span.start, '.'),
                    format_subtitle_time(subtitle.span.end, '.'), escape_vtt(subtitle.text));
  }
  return document;
}

/// "0:12:34.50": hours, and hundredths of a second.
std::string ass_time(Time time) {
  constexpr Time kHundredth = kSecond / 100;
  const Time hundredths = time / kHundredth;
  return fmt::format("{}:{:02}:{:02}.{:02}", hundredths / 360'000, hundredths / 6'000 % 60,
                     hundredths / 100 % 60, hundredths % 100);
}

/// Advanced SubStation reads braces as orders and a backslash as the beginning of one, and has no
/// way to write them that all players know.
std::string escape_ass(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    escaped += c == '\n'   ? "\\N"
               : c == '{'  ? "("
               : c == '}'  ? ")"
               : c == '\\' ? "/"
                           : std::string(1, c);
  }
  return escaped;
}

std::string write_ass(const Transcript& transcript) {
  std::string document =
      "[Script Info]\nScriptType: v4.00+\nPlayResX: 1920\nPlayResY: 1080\nWrapStyle: 2\n"
      "ScaledBorderAndShadow: yes\n\n[V4+ Styles]\n"
      "Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, "
      "BackColour, "
      "Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, "
      "Shadow, Alignment, MarginL, MarginR, MarginV, Encoding\n"
      "Style: Default,Noto Sans CJK KR,64,&H00FFFFFF,&H00FFFFFF,&H00000000,&H80000000,"
      "0,0,0,0,100,100,0,0,1,3,0,2,60,60,50,1\n\n[Events]\n"
      "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n";
  for (const auto& subtitle : subtitles_of(transcript)) {
    document += fmt::format("Dialogue: 0,{},{},Default,,0,0,0,,{}\n", ass_time(subtitle.span.start),
                            ass_time(subtitle.span.end), escape_ass(subtitle.text));
  }
  return document;
}

std::string write_json(const Transcript& transcript) {
  Json document = {{"language", transcript.language},
                   {"duration", to_seconds(transcript.duration)},
                   {"utterances", Json::array()}};
  for (const auto& utterance : transcript.utterances) {
    document["utterances"].push_back(utterance_json(utterance));
  }
  return dump_json(document) + "\n";
}

struct Format {
  std::string_view name;
  std::string (*write)(const Transcript&);
};

constexpr std::array kFormats = {Format{"txt", &write_text}, Format{"srt", &write_srt},
                                 Format{"vtt", &write_vtt}, Format{"ass", &write_ass},
                                 Format{"json", &write_json}};

}  // namespace

SubtitleLayout layout_for_language(std::string_view language) {
  constexpr std::array<std::string_view, 3> kWide = {"ko", "ja", "zh"};
  constexpr int kWideColumns = 32;  // sixteen syllables
  SubtitleLayout layout;
  if (std::find(kWide.begin(), kWide.end(), language) != kWide.end()) {
    layout.columns = kWideColumns;
  }
  return layout;
}

std::string escape_vtt(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    escaped += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string(1, c);
  }
  return escaped;
}

std::vector<TimedText> lay_out_subtitles(std::span<const TimedText> utterances,
                                         const SubtitleLayout& layout) {
  require(layout.columns >= 2 && layout.lines >= 1 && layout.max_duration > 0,
          ErrorCode::invalid_argument,
          "subtitles need at least 2 columns, 1 line and some time, got {}, {} and {} s",
          layout.columns, layout.lines, to_seconds(layout.max_duration));
  std::vector<TimedText> subtitles;
  for (const auto& utterance : utterances) {
    const auto all = units_of(utterance, layout.columns);
    std::span<const TimedUnit> units = all;
    while (!units.empty()) {
      const auto now = units.first(first_subtitle(units, layout));
      const Time start = now.front().span.start;
      subtitles.push_back({.span = {start, std::max(now.back().span.end, start + kShortest)},
                           .text = join_lines(wrap_evenly(now, layout.columns)),
                           .words = {},
                           .language = utterance.language});
      units = units.subspan(now.size());
    }
  }
  return subtitles;
}

Json utterance_json(const TimedText& utterance) {
  Json json = {{"start", to_seconds(utterance.span.start)},
               {"end", to_seconds(utterance.span.end)},
               {"text", utterance.text},
               {"language", utterance.language}};
  json["words"] = Json::array();
  for (const auto& word : utterance.words) {
    json["words"].push_back({{"start", to_seconds(word.span.start)},
                             {"end", to_seconds(word.span.end)},
                             {"text", word.text},
                             {"probability", std::round(word.probability * 1e4) / 1e4}});
  }
  return json;
}

std::string write_transcript(const Transcript& transcript, std::string_view format) {
  std::vector<std::string_view> names;
  for (const Format& candidate : kFormats) {
    if (candidate.name == format) {
      return candidate.write(transcript);
    }
    names.push_back(candidate.name);
  }
  fail(ErrorCode::invalid_argument, "\"{}\" is not a transcript format; there are {}", format,
       fmt::join(names, ", "));
}

}  // namespace ogam

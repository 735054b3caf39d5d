#include "pipelines/subtitle_writer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "core/base/error.h"
#include "core/text/unicode.h"

namespace ogam {
namespace {

/// Players leave out what begins and ends at once.
constexpr Time kShortest = kSecond / 10;

/// A piece of an utterance that stays on one subtitle; `spaced` when a space parts it from the one
/// before.
struct Unit {
  std::string text;
  TimeSpan span;
  bool spaced = true;
};

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

/// Words at spaces; a word that is wider than a line is divided at characters.
std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : text) {
    if (!is_space(c)) {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::exchange(word, {}));
    }
  }
  if (!word.empty()) {
    words.push_back(word);
  }
  return words;
}

std::vector<Unit> divide_wide(const Unit& unit, int columns) {
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
  std::vector<Unit> units;
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

/// Without word times, words share the utterance's time by their width.
std::vector<Unit> units_by_width(const TimedText& utterance) {
  const auto words = words_of(utterance.text);
  double total = 0;
  for (const auto& word : words) {
    total += display_width(word) + 1;
  }
  std::vector<Unit> units;
  double before = 0;
  const auto at = [&](double width) {
    return utterance.span.start +
           static_cast<Time>(
               std::llround(static_cast<double>(utterance.span.duration()) * width / total));
  };
  for (const auto& word : words) {
    const double width = display_width(word) + 1;
    units.push_back({word, {at(before), at(before + width)}, true});
    before += width;
  }
  return units;
}

/// The words as they stand in the text: whether a space precedes each is read from it. Where the
/// words do not make up the whole text, the text is right.
std::vector<Unit> units_of_words(const TimedText& utterance) {
  const std::string_view text = utterance.text;
  const auto only_space = [](std::string_view part) {
    return std::all_of(part.begin(), part.end(), is_space);
  };
  std::vector<Unit> units;
  std::size_t position = 0;
  for (const auto& word : utterance.words) {
    const auto found = text.find(word.text, position);
    if (found == std::string_view::npos || !only_space(text.substr(position, found - position))) {
      return units_by_width(utterance);
    }
    const bool spaced = found > 0 && is_space(text[found - 1]);
    units.push_back({word.text, word.span, spaced});
    position = found + word.text.size();
  }
  return only_space(text.substr(position)) ? units : units_by_width(utterance);
}

std::vector<Unit> units_of(const TimedText& utterance, int columns) {
  std::vector<Unit> units;
  for (const auto& unit :
       utterance.words.empty() ? units_by_width(utterance) : units_of_words(utterance)) {
    const auto parts = divide_wide(unit, columns);
    units.insert(units.end(), parts.begin(), parts.end());
  }
  return units;
}

/// Fills lines from the left.
std::vector<std::string> wrap(std::span<const Unit> units, int columns) {
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
std::vector<std::string> wrap_evenly(std::span<const Unit> units, int columns) {
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

bool fits(std::span<const Unit> units, const SubtitleLayout& layout) {
  return static_cast<int>(wrap(units, layout.columns).size()) <= layout.lines &&
         units.back().span.end - units.front().span.start <= layout.max_duration;
}

bool ends_with_any(const std::string& text, std::span<const std::string_view> ends) {
  return std::any_of(ends.begin(), ends.end(), [&](auto end) { return text.ends_with(end); });
}

/// How good it is to part two units: at the end of a sentence, a pause, or a comma.
double break_value(const Unit& before, const Unit& after) {
  constexpr std::array<std::string_view, 6> kSentence = {".", "?", "!", "。", "？", "！"};
  constexpr std::array<std::string_view, 6> kClause = {",", ";", ":", "、", "，", "…"};
  double value = std::min(to_seconds(after.span.start - before.span.end), 1.0);
  value += ends_with_any(before.text, kSentence) ? 2 : ends_with_any(before.text, kClause) ? 1 : 0;
  return value;
}

/// Units of the first subtitle: as many as fit, or up to the best break in the latter half of them.
std::size_t first_subtitle(std::span<const Unit> units, const SubtitleLayout& layout) {
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

/// WebVTT reads markup; an arrow would end its text.
std::string escape_vtt(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    escaped += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string(1, c);
  }
  return escaped;
}

std::string write_text(const Transcript& transcript) {
  std::string document;
  for (const auto& utterance : transcript.utterances) {
    document += utterance.text + "\n";
  }
  return document;
}

std::string write_srt(std::span<const TimedText> subtitles) {
  std::string document;
  for (std::size_t i = 0; i < subtitles.size(); ++i) {
    document += fmt::format("{}\n{} --> {}\n{}\n\n", i + 1,
                            format_subtitle_time(subtitles[i].span.start, ','),
                            format_subtitle_time(subtitles[i].span.end, ','), subtitles[i].text);
  }
  return document;
}

std::string write_vtt(std::span<const TimedText> subtitles) {
  std::string document = "WEBVTT\n\n";
  for (const auto& subtitle : subtitles) {
    document +=
        fmt::format("{} --> {}\n{}\n\n", format_subtitle_time(subtitle.span.start, '.'),
                    format_subtitle_time(subtitle.span.end, '.'), escape_vtt(subtitle.text));
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

}  // namespace

std::vector<TimedText> lay_out_subtitles(std::span<const TimedText> utterances,
                                         const SubtitleLayout& layout) {
  require(layout.columns >= 2 && layout.lines >= 1 && layout.max_duration > 0,
          ErrorCode::invalid_argument,
          "subtitles need at least 2 columns, 1 line and some time, got {}, {} and {} s",
          layout.columns, layout.lines, to_seconds(layout.max_duration));
  std::vector<TimedText> subtitles;
  for (const auto& utterance : utterances) {
    const auto all = units_of(utterance, layout.columns);
    std::span<const Unit> units = all;
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

std::string write_transcript(const Transcript& transcript, std::string_view format,
                             const SubtitleLayout& layout) {
  if (format == "txt") {
    return write_text(transcript);
  }
  if (format == "json") {
    return write_json(transcript);
  }
  if (format == "srt") {
    return write_srt(lay_out_subtitles(transcript.utterances, layout));
  }
  if (format == "vtt") {
    return write_vtt(lay_out_subtitles(transcript.utterances, layout));
  }
  fail(ErrorCode::invalid_argument,
       "\"{}\" is not a transcript format; there are txt, srt, vtt and json", format);
}

}  // namespace ogam

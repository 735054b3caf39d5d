#include "apps/ogam/moment_formats.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "apps/ogam/console.h"
#include "apps/ogam/named_row.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "pipelines/editing/edit_list.h"
#include "pipelines/editing/timeline.h"

namespace ogam {

namespace {

double rounded(double value, double steps) { return std::round(value * steps) / steps; }

/// Where a moment ends for formats that need a length: pictures and texts last a second there.
Time end_of(const Moment& moment) { return std::max(moment.span.end, moment.span.start + kSecond); }

std::string time_range(const Moment& moment) {
  if (moment.span.duration() == 0) {
    return "";
  }
  return format_time(moment.span.start) + "–" + format_time(moment.span.end);
}

/// What a lane saw, in one line.
std::string evidence_line(Lane lane, const Evidence& evidence, const Moment& moment) {
  std::string line = fmt::format("{} {:.0f}%", lane.name(), 100 * evidence.score);
  if (moment.span.duration() > 0) {
    line += " at " + format_time(evidence.time);
  }
  if (!evidence.text.empty()) {
    line += fmt::format(" “{}”", evidence.text);
  }
  return line;
}

std::string table(const SearchAnswer& answer) {
  const auto& moments = answer.result.moments;
  if (moments.empty()) {
    return "Nothing in this archive matches.\n";
  }
  constexpr int kUncut = 1'000'000;  // what goes into a file or a pipe is whole
  const int width = stdout_is_terminal() ? terminal_width() : kUncut;
  std::string text;
  for (const Moment& moment : moments) {
    const std::string head = fmt::format("{:3}  {:3.0f}%  ", moment.rank, 100 * moment.score);
    const std::string range = time_range(moment);
    text += head + bold(fit_path(display_path(moment.path), width - 36)) +
            (range.empty() ? "" : "  " + range) + "\n";
    for (const auto& [lane, evidence] : moment.lanes) {
      text += "           " + dim(fit(evidence_line(lane, evidence, moment), width - 11)) + "\n";
    }
  }
  text +=
      fmt::format("{} of {} {} in {:.0f} ms{}\n", moments.size(), answer.result.total,
                  answer.result.total == 1 ? "moment" : "moments", answer.milliseconds,
                  answer.result.next_page ? "; more with --page " + *answer.result.next_page : "");
  return text;
}

std::string json(const SearchAnswer& answer) { return dump_json(answer_json(answer), 2) + "\n"; }

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) {
    return text;
  }
  std::string quoted = "\"";
  for (const char c : text) {
    quoted += c == '"' ? "\"\"" : std::string(1, c);
  }
  return quoted + "\"";
}

std::string csv(const SearchAnswer& answer) {
  std::string text = "rank,score,asset,path,start,end,lanes,text\n";
  for (const Moment& moment : answer.result.moments) {
    std::vector<std::string> lanes;
    std::string words;
    for (const auto& [lane, evidence] : moment.lanes) {
      lanes.push_back(fmt::format("{}:{:.3f}", Lane(lane).name(), evidence.score));
      words = words.empty() ? evidence.text : words;
    }
    text += fmt::format("{},{:.4f},{},{},{:.3f},{:.3f},{},{}\n", moment.rank, moment.score,
                        moment.asset, csv_field(display_path(moment.path)),
                        to_seconds(moment.span.start), to_seconds(moment.span.end),
                        fmt::join(lanes, " "), csv_field(words));
  }
  return text;
}

std::string srt(const SearchAnswer& answer) {
  std::string text;
  for (const Moment& moment : answer.result.moments) {
    text += fmt::format("{}\n{} --> {}\n{} ({:.0f}%)\n\n", moment.rank,
                        format_subtitle_time(moment.span.start, ','),
                        format_subtitle_time(end_of(moment), ','),
                        display_path(moment.path.filename()), 100 * moment.score);
  }
  return text;
}

std::string edl(const SearchAnswer& answer) {
  EditList list("ogam search");
  for (const Moment& moment : answer.result.moments) {
    list.add(moment.path, {moment.span.start, end_of(moment)});
  }
  return list.text();
}

/// OpenTimelineIO: the moments one after another on one track.
std::string otio(const SearchAnswer& answer) {
  std::vector<TimelineClip> clips;
  for (const Moment& moment : answer.result.moments) {
    clips.push_back({.path = moment.path,
                     .span = {moment.span.start, end_of(moment)},
                     .metadata = {{"score", moment.score}, {"asset", moment.asset}}});
  }
  return write_timeline("ogam search", clips);
}

struct Format {
  std::string_view name;
  std::string (*write)(const SearchAnswer&);
};

constexpr std::array kFormats = {Format{"table", &table}, Format{"json", &json},
                                 Format{"csv", &csv},     Format{"srt", &srt},
                                 Format{"edl", &edl},     Format{"otio", &otio}};

}  // namespace

Json answer_json(const SearchAnswer& answer) {
  Json moments = Json::array();
  for (const Moment& moment : answer.result.moments) {
    Json lanes = Json::object();
    for (const auto& [lane, evidence] : moment.lanes) {
      Json entry = {{"score", rounded(evidence.score, 1e4)}, {"time", to_seconds(evidence.time)}};
      if (!evidence.text.empty()) {
        entry["text"] = evidence.text;
        entry["words"] = evidence.words;
      }
      lanes[std::string(Lane(lane).name())] = entry;
    }
    moments.push_back({{"rank", moment.rank},
                       {"score", rounded(moment.score, 1e4)},
                       {"asset", moment.asset},
                       {"path", display_path(moment.path)},
                       {"kind", moment.kind},
                       {"start", to_seconds(moment.span.start)},
                       {"end", to_seconds(moment.span.end)},
                       {"lanes", lanes}});
  }
  return {{"query", answer.query},
          {"took_ms", rounded(answer.milliseconds, 10)},
          {"total", answer.result.total},
          {"next_page", answer.result.next_page ? Json(*answer.result.next_page) : Json()},
          {"moments", moments}};
}

std::string format_answer(const SearchAnswer& answer, std::string_view format) {
  return find_named(kFormats, format, "a format").write(answer);
}

}  // namespace ogam

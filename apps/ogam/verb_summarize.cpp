#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <set>

#include "apps/ogam/command_line.h"
#include "apps/ogam/console.h"
#include "apps/ogam/run_verb.h"
#include "apps/ogam/understanding_input.h"
#include "apps/ogam/verbs.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "pipelines/understanding/summary.h"

namespace ogam {

namespace {

namespace po = boost::program_options;

struct Length {
  std::string_view name;
  std::size_t sentences = 0;
};

constexpr std::array kLengths = {Length{"short", 3}, Length{"medium", 6}, Length{"long", 12}};
constexpr std::size_t kMostSentences = 1000;

std::size_t sentences_wanted(const std::string& text) {
  for (const Length& length : kLengths) {
    if (length.name == text) {
      return length.sentences;
    }
  }
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  require(error == std::errc() && end == text.data() + text.size() && count >= 1 &&
              count <= kMostSentences,
          ErrorCode::invalid_argument,
          "--length takes short, medium, long or a number of sentences from 1 to {}, got '{}'",
          kMostSentences, text);
  return count;
}

/// Quoting cannot translate.
void check_language(std::span<const AssetMaterial> assets, const std::string& language) {
  std::set<std::string> others;
  for (const AssetMaterial& asset : assets) {
    for (const TimedSentence& sentence : asset.sentences()) {
      if (language.empty() || is_in_language(sentence, language)) {
        return;
      }
      others.insert(sentence.language.empty() ? "an unknown language" : sentence.language);
    }
  }
  if (!others.empty()) {
    fail_without_language_model(
        fmt::format("a summary in '{}' of what is in {}", language, fmt::join(others, ", ")),
        "leave --language out to get its own sentences");
  }
}

std::string text_of(std::span<const AssetMaterial> assets, const std::vector<Quote>& quotes) {
  std::string text;
  for (const Quote& quote : quotes) {
    const AssetSummary& asset = assets[quote.asset].asset;
    std::string place = asset.duration > 0 ? cite(quote.sentence->span) : "";
    if (assets.size() > 1) {
      place = display_path(asset.path.filename()) + (place.empty() ? "" : " ") + place;
    }
    text += printable(quote.sentence->text) + (place.empty() ? "" : " [" + place + "]") + "\n";
  }
  return text;
}

Json json_of(std::span<const AssetMaterial> assets, const std::vector<Quote>& quotes,
             const Context& context) {
  Json sources = Json::array();
  for (const AssetMaterial& asset : assets) {
    Json source = asset_json(asset.asset);
    source["duration"] = to_seconds(asset.asset.duration);
    sources.push_back(std::move(source));
  }
  Json sentences = Json::array();
  for (const Quote& quote : quotes) {
    Json entry = {{"text", quote.sentence->text}};
    entry.update(asset_json(assets[quote.asset].asset));
    entry["lane"] = quote.sentence->lane.name();
    entry["language"] = quote.sentence->language;
    entry["start"] = to_seconds(quote.sentence->span.start);
    entry["end"] = to_seconds(quote.sentence->span.end);
    entry["score"] = rounded(quote.score);
    sentences.push_back(std::move(entry));
  }
  return {{"method", kExtractive},
          {"assets", sources},
          {"context",
           {{"characters", context.characters}, {"characters_total", context.characters_total}}},
          {"sentences", sentences}};
}

}  // namespace

int run_summarize(std::span<const std::string> arguments) {
  po::options_description own("Options", static_cast<unsigned>(terminal_width()));
  own.add_options()  //
      ("length", po::value<std::string>()->value_name("L")->default_value("medium"),
       "short, medium, long or a number of sentences")  //
      ("language", po::value<std::string>()->value_name("L"),
       "only sentences in this language, such as ko or en");
  const CommandLine line(
      {.synopsis = "summarize ASSET... [OPTIONS]",
       .description = "Quotes the sentences that say most of what is said, or written, in videos, "
                      "recordings and texts of\n"
                      "the archive, each with its time. An ASSET is a path or an id.",
       .examples = "  ogam summarize talk.mp4\n"
                   "  ogam summarize 강연.mp4 회의.mp4 --length short\n",
       .positionals = -1},
      own, arguments);
  if (line.wants_nothing_more()) {
    return kDone;
  }
  require(!line.words().empty(), ErrorCode::invalid_argument,
          "name the assets by path or id: ogam summarize ASSET...");
  const std::size_t most = sentences_wanted(line.get<std::string>("length"));
  const auto language = line.get_or<std::string>("language", "");

  const UnderstandingInput input(line, line.words());
  std::vector<AssetMaterial> assets;
  for (const std::string& asset : input.assets()) {
    assets.push_back(input.material(asset));
  }
  check_language(assets, language);
  const Context context = draw_context(assets, {}, language);
  if (line.common().verbose) {
    for (const ContextPart& part : context.parts) {
      fmt::print(stderr, "{} {}: {} of {} sentences\n",
                 display_path(assets[part.asset].asset.path.filename()), cite(part.span),
                 part.sentences.size(), part.sentences.size() + part.left_out);
    }
    fmt::print(stderr, "Read {} of {} characters.\n", context.characters, context.characters_total);
  }
  const auto quotes = summarize_by_quoting(context, most);
  fmt::print("{}", line.common().json ? dump_json(json_of(assets, quotes, context)) + "\n"
                                      : text_of(assets, quotes));
  if (quotes.empty()) {
    if (!line.common().quiet) {
      fmt::print(stderr, "Nothing is said or written there that could be quoted.\n");
    }
  } else {
    note_extractive(line.common(), "sentences are quoted");
  }
  return kDone;
}

}  // namespace ogam

#include "apps/ogam/grounded_output.h"

#include <fmt/format.h>

#include <cstdio>
#include <map>

#include "apps/ogam/console.h"
#include "apps/ogam/understanding_input.h"
#include "core/base/files.h"
#include "pipelines/understanding/summary.h"

namespace ogam {

std::string place_text(const Citation& citation, bool with_name) {
  const std::string place = citation.span.duration() > 0 ? cite(citation.span) : "";
  return with_name || place.empty()
             ? display_path(citation.path.filename()) + (place.empty() ? "" : " ") + place
             : place;
}

Json citation_json(const Citation& citation) {
  return {{"asset", citation.asset},
          {"path", display_path(citation.path)},
          {"start", to_seconds(citation.span.start)},
          {"end", to_seconds(citation.span.end)},
          {"lane", citation.lane.name()},
          {"text", citation.text},
          {"score", rounded(citation.score)}};
}

std::string GroundedOutput::lines() const {
  std::string lines;
  for (const CitedSentence& sentence : text_.sentences) {
    lines += printable(sentence.text);
    for (const std::size_t source : sentence.sources) {
      lines += " [" + place_text(sources_.list[source], with_names_) + "]";
    }
    lines += "\n";
  }
  return lines;
}

Json GroundedOutput::json() const {
  std::map<std::size_t, std::size_t> indices;  // of the sources that are cited
  Json citations = Json::array();
  Json sentences = Json::array();
  for (const CitedSentence& sentence : text_.sentences) {
    Json cited = Json::array();
    for (const std::size_t source : sentence.sources) {
      const auto [place, added] = indices.emplace(source, citations.size());
      if (added) {
        citations.push_back(citation_json(sources_.list[source]));
      }
      cited.push_back(place->second);
    }
    sentences.push_back({{"text", sentence.text}, {"citations", cited}});
  }
  Json dropped = Json::array();
  for (const CitedSentence& sentence : text_.dropped) {
    dropped.push_back({{"text", sentence.text}, {"why", sentence.problem}});
  }
  return {{"method", kWritten},
          {"model", writer_.name()},
          {"sentences", sentences},
          {"citations", citations},
          {"dropped", dropped},
          {"context",
           {{"sources", sources_.list.size()},
            {"left_out", sources_.left_out},
            {"tokens", sources_.tokens},
            {"budget", budget_.tokens}}}};
}

void GroundedOutput::note(const CommonOptions& common) const {
  if (common.verbose) {
    fmt::print(stderr,
               "{} read {} places ({} tokens of a budget of {}), {} were left out; its prompt had "
               "{} tokens, {} of them known, its text {}.\n",
               writer_.name(), sources_.list.size(), sources_.tokens, budget_.tokens,
               sources_.left_out, text_.made.prompt_tokens, text_.made.reused_tokens,
               text_.made.tokens.size());
    for (const CitedSentence& sentence : text_.dropped) {
      fmt::print(stderr, "Left out, since {}: {}\n", sentence.problem, printable(sentence.text));
    }
  }
  if (common.quiet) {
    return;
  }
  if (!text_.sentences.empty()) {
    fmt::print(stderr, "Written by {}; check it against its sources.\n", writer_.name());
  }
  if (!text_.dropped.empty() && !common.verbose) {
    fmt::print(stderr, "{} that the sources do not support {} left out; --verbose shows {}.\n",
               text_.dropped.size() == 1 ? "A sentence"
                                         : fmt::format("{} sentences", text_.dropped.size()),
               text_.dropped.size() == 1 ? "was" : "were",
               text_.dropped.size() == 1 ? "it" : "them");
  }
}

}  // namespace ogam

#include "pipelines/understanding/summary.h"

#include <fmt/format.h>

#include <algorithm>

#include "pipelines/understanding/sentence_ranking.h"

namespace ogam {

namespace {

constexpr double kOpening = 1.15;  // what opens a part tells what it is about

std::string clock(Time time) {
  const std::int64_t seconds = time / kSecond;
  return fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

}  // namespace

std::string cite(const TimeSpan& span) {
  return fmt::format("{}-{}", clock(span.start), clock(std::max(span.start, span.end)));
}

std::vector<Quote> summarize_by_quoting(const Context& context, std::size_t most) {
  std::vector<const TimedSentence*> sentences;
  std::vector<std::size_t> assets;
  std::vector<bool> opens;
  for (const ContextPart& part : context.parts) {
    for (const TimedSentence* sentence : part.sentences) {
      opens.push_back(sentence == part.sentences.front());
      sentences.push_back(sentence);
      assets.push_back(part.asset);
    }
  }
  std::vector<double> scores = centrality(sentences);
  for (std::size_t i = 0; i < scores.size(); ++i) {
    scores[i] = std::min(1.0, scores[i] * (opens[i] ? kOpening : 1));
  }
  std::vector<Quote> quotes;
  for (const std::size_t i : choose_diverse(sentences, scores, most)) {
    quotes.push_back({assets[i], sentences[i], scores[i]});
  }
  return quotes;
}

}  // namespace ogam

#include "pipelines/understanding/context.h"

#include <algorithm>
#include <string_view>

#include "core/text/unicode.h"
#include "pipelines/understanding/chapters.h"
#include "pipelines/understanding/sentence_ranking.h"

namespace ogam {

namespace {

constexpr std::size_t kMostSentences = 200;  // of a part: their ranking takes the square of that

std::size_t length_of(const TimedSentence& sentence) { return code_points(sentence.text).size(); }

std::size_t length_of(const std::vector<const TimedSentence*>& sentences) {
  std::size_t length = 0;
  for (const TimedSentence* sentence : sentences) {
    length += length_of(*sentence);
  }
  return length;
}

void add_parts(std::size_t asset, std::span<const TimedSentence> sentences,
               std::string_view language, std::vector<ContextPart>& parts) {
  bool open = false;
  for (const TimedSentence& sentence : sentences) {
    if (!language.empty() && !is_in_language(sentence, language)) {
      continue;
    }
    if (!open || parts.back().sentences.size() == kMostSentences) {
      parts.push_back({.asset = asset, .span = sentence.span, .sentences = {}});
      open = true;
    }
    parts.back().sentences.push_back(&sentence);
    parts.back().span.end = std::max(parts.back().span.end, sentence.span.end);
  }
}

/// Leaves `budget` characters' worth of a part's sentences, one at least.
void shrink(ContextPart& part, std::size_t budget) {
  const auto scores = centrality(part.sentences);
  const std::size_t length = std::max<std::size_t>(1, length_of(part.sentences));
  std::size_t most = std::max<std::size_t>(1, part.sentences.size() * budget / length);
  std::vector<const TimedSentence*> kept;
  while (true) {
    kept.clear();
    for (const std::size_t i : choose_diverse(part.sentences, scores, most)) {
      kept.push_back(part.sentences[i]);
    }
    const std::size_t reached = length_of(kept);
    if (most == 1 || reached <= budget) {
      break;
    }
    most = std::clamp<std::size_t>(most * budget / reached, 1, most - 1);
  }
  part.left_out = part.sentences.size() - kept.size();
  part.sentences = std::move(kept);
}

}  // namespace

Context draw_context(std::span<const AssetMaterial> assets, const ContextBudget& budget,
                     std::string_view language) {
  Context context;
  for (std::size_t i = 0; i < assets.size(); ++i) {
    const AssetMaterial& asset = assets[i];
    if (asset.asset.duration == 0) {
      add_parts(i, asset.sentences(), language, context.parts);
      continue;
    }
    for (const Chapter& chapter : find_chapters(asset)) {
      add_parts(i, sentences_in(asset.sentences(), chapter.span), language, context.parts);
    }
  }
  for (const ContextPart& part : context.parts) {
    context.characters_total += length_of(part.sentences);
  }
  for (ContextPart& part : context.parts) {
    const std::size_t length = length_of(part.sentences);
    if (context.characters_total > budget.characters) {
      shrink(part, static_cast<std::size_t>(static_cast<double>(budget.characters) *
                                            static_cast<double>(length) /
                                            static_cast<double>(context.characters_total)));
    }
    context.characters += length_of(part.sentences);
  }
  return context;
}

}  // namespace ogam

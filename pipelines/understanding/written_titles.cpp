#include "pipelines/understanding/written_titles.h"

#include "core/text/grammar/pattern.h"
#include "pipelines/understanding/grounded_writing.h"

namespace ogam {

namespace {

constexpr std::int64_t kTitleTokens = 24;
constexpr std::int64_t kSourceTokens = 400;

/// What is said in a chapter, from its beginning on, as far as it fits.
std::string said_in(const AssetMaterial& material, const Chapter& chapter,
                    const SourceBudget& budget) {
  std::string text;
  std::int64_t tokens = 0;
  for (const TimedSentence& sentence : sentences_in(material.sentences(), chapter.span)) {
    tokens += budget.count(sentence.text + "\n");
    if (tokens > budget.tokens) {
      break;
    }
    text += sentence.text + "\n";
  }
  return text;
}

}  // namespace

std::size_t write_titles(TextWriter& writer, const AssetMaterial& material,
                         std::vector<Chapter>& chapters, const CancellationToken& cancellation) {
  const auto budget =
      source_budget(writer, {.kind = GroundedKind::text, .sentences = 1}, kSourceTokens);
  WritingRequest request;
  request.grammar = compile_pattern(R"([^\s\[\]{}"'#*:][^\n\[\]{}"#*]+)");
  request.generation.max_tokens = kTitleTokens;
  request.generation.cancellation = cancellation;
  std::size_t taken = 0;
  for (Chapter& chapter : chapters) {
    const auto said = said_in(material, chapter, budget);
    if (said.empty()) {
      continue;
    }
    request.turns = {
        {"system",
         "Write a title of two to six words for a part of a talk, in the language of the talk and "
         "with words that occur in it. Write the title alone."},
        {"user", said}};
    auto title = writer.write(request).text;
    title.erase(title.find_last_not_of(" .\t") + 1);
    const std::vector<std::string> sources = {said};
    if (!title.empty() && find_problem({.text = title, .sources = {0}}, sources).empty()) {
      chapter.title = std::move(title);
      chapter.title_source = TitleSource::writer;
      ++taken;
    }
  }
  return taken;
}

}  // namespace ogam

#include "pipelines/understanding/translation.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "core/base/error.h"
#include "core/text/figures.h"
#include "core/text/grammar/pattern.h"
#include "pipelines/understanding/grounded_writing.h"

namespace ogam {

namespace {

/// A translation may take this many tokens more than its original does, and this many times.
constexpr std::int64_t kMoreTokens = 24;
constexpr std::int64_t kTimesTokens = 3;

std::vector<double> sorted_figures(std::string_view text) {
  auto figures = figures_in(text);
  std::sort(figures.begin(), figures.end());
  return figures;
}

bool names_the_same_numbers(std::string_view original, std::string_view translation) {
  const auto a = sorted_figures(original);
  const auto b = sorted_figures(translation);
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), &is_same_figure);
}

}  // namespace

TranslatedTexts translate_texts(TextWriter& writer, std::span<const TimedText> texts,
                                std::string_view language, const CancellationToken& cancellation) {
  require(writer.knows_turns(), ErrorCode::unsupported,
          "the model {} has no chat template: it takes no instructions, so it cannot be told to "
          "translate; name another: --writer NAME",
          writer.name());
  const auto rules =
      fmt::format("Translate the line into {}. Write the translation alone, on one line.",
                  language_name(language));
  WritingRequest request;
  request.grammar = compile_pattern(R"([^\n]+)");
  request.generation.cancellation = cancellation;
  TranslatedTexts translated;
  for (const TimedText& text : texts) {
    request.turns = {{"system", rules}, {"user", text.text}};
    request.generation.max_tokens = kTimesTokens * writer.count_tokens(text.text) + kMoreTokens;
    auto line = writer.write(request).text;
    if (!names_the_same_numbers(text.text, line)) {
      ++translated.kept;
      line = text.text;
    }
    translated.texts.push_back({.span = text.span,
                                .text = std::move(line),
                                .words = {},
                                .language = std::string(language)});
  }
  return translated;
}

}  // namespace ogam

#include "pipelines/understanding/grounded_writing.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/error.h"
#include "pipelines/understanding/sentences.h"

namespace ogam {

namespace {

constexpr std::int64_t kTokensOfSentence = 60;
constexpr std::int64_t kLeastSourceTokens = 64;

/// What a model is told, in one language.
struct Instructions {
  std::array<std::string_view, 3> task;  ///< by GroundedKind
  std::string_view citing;
  std::string_view nothing;
  std::string_view summary;  ///< {}: sentences at most
  std::string_view question;
  std::string_view sources;
  std::string_view language;  ///< {}: its name
  std::string_view style;     ///< {}: words
};

constexpr Instructions kEnglish = {
    .task = {"Answer the question from the numbered sources alone, in one or two short sentences.",
             "Summarize numbered sources in short, complete sentences.",
             "Write what is asked for from the numbered sources alone, in short, complete "
             "sentences."},
    .citing =
        " Add nothing that they do not say. Behind each sentence put the number of its "
        "source in brackets, such as [2].",
    .nothing = " If the sources do not answer the question, write only: NONE",
    .summary = "Summarize the sources in at most {} sentences.",
    .question = "Question: ",
    .sources = "Sources:\n",
    .language = " Write in {}.",
    .style = " Style: {}."};
constexpr Instructions kKorean = {
    .task = {"번호가 붙은 자료만 보고 질문에 한국어로 짧게 한두 문장으로 답합니다.",
             "번호가 붙은 자료를 한국어로 짧고 완전한 문장으로 요약합니다.",
             "번호가 붙은 자료만 보고 부탁받은 글을 한국어로 짧고 완전한 문장으로 씁니다."},
    .citing =
        " 자료에 없는 내용은 덧붙이지 않습니다. 문장마다 뒤에 자료 번호를 대괄호로 적습니다. "
        "예: [2]",
    .nothing = " 자료에 질문의 답이 없으면 NONE 이라고만 씁니다.",
    .summary = "위 자료를 {}문장 이내로 요약하세요.",
    .question = "질문: ",
    .sources = "자료:\n",
    .language = " {}로 씁니다.",
    .style = " 문체: {}."};

struct LanguageName {
  std::string_view code;
  std::string_view name;
};

constexpr std::array kLanguages = {
    LanguageName{"en", "English"}, LanguageName{"ko", "Korean"},     LanguageName{"ja", "Japanese"},
    LanguageName{"zh", "Chinese"}, LanguageName{"es", "Spanish"},    LanguageName{"fr", "French"},
    LanguageName{"de", "German"},  LanguageName{"pt", "Portuguese"}, LanguageName{"it", "Italian"},
    LanguageName{"ru", "Russian"}, LanguageName{"vi", "Vietnamese"}};

/// The language of most sources, of the two that there are instructions in.
bool are_korean(const Sources& sources) {
  const auto korean = std::count_if(sources.list.begin(), sources.list.end(),
                                    [](const auto& source) { return has_hangul(source.text); });
  return 2 * korean > std::ssize(sources.list);
}

bool is_korean(const Sources& sources, const GroundedTask& task) {
  return !task.language.empty() ? task.language == "ko"
         : task.request.empty() ? are_korean(sources)
                                : has_hangul(task.request);
}

std::vector<ChatTurn> turns_of(const Sources& sources, const GroundedTask& task) {
  const Instructions& words = is_korean(sources, task) ? kKorean : kEnglish;
  auto rules =
      std::string(words.task[static_cast<std::size_t>(task.kind)]) + std::string(words.citing);
  if (task.kind == GroundedKind::answer) {
    rules += words.nothing;
  }
  if (!task.language.empty() && task.language != "ko") {
    rules += fmt::format(fmt::runtime(words.language), language_name(task.language));
  }
  if (!task.style.empty()) {
    rules += fmt::format(fmt::runtime(words.style), task.style);
  }
  // The sources come first, so that another question about them reads on from them.
  auto user = std::string(words.sources) + source_lines(sources) + "\n";
  switch (task.kind) {
    case GroundedKind::answer:
      user += std::string(words.question) + task.request;
      break;
    case GroundedKind::summary:
      user += fmt::format(fmt::runtime(words.summary), task.sentences);
      break;
    case GroundedKind::text:
      user += task.request;
      break;
  }
  return {{"system", rules}, {"user", user}};
}

std::int64_t answer_tokens(const GroundedTask& task) {
  return kTokensOfSentence * static_cast<std::int64_t>(task.sentences);
}

}  // namespace

std::string_view language_name(std::string_view code) {
  const auto* const row = std::find_if(kLanguages.begin(), kLanguages.end(),
                                       [&](const auto& known) { return known.code == code; });
  require(row != kLanguages.end(), ErrorCode::invalid_argument,
          "'{}' is no language that can be asked for; those are en, ko, ja, zh, es, fr, de, pt, "
          "it, ru and vi",
          code);
  return row->name;
}

SourceBudget source_budget(const TextWriter& writer, const GroundedTask& task,
                           std::int64_t wanted) {
  require(writer.knows_turns(), ErrorCode::unsupported,
          "the model {} has no chat template: it takes no instructions, so it cannot be told to "
          "keep to its sources; name another: --writer NAME",
          writer.name());
  const auto around = writer.count_tokens(turns_of({}, task)) + answer_tokens(task);
  const auto room = writer.context_length() - around;
  require(room >= kLeastSourceTokens, ErrorCode::unsupported,
          "the model {} has a context of {} tokens, of which {} are needed beside the sources; ask "
          "for less, or name another: --writer NAME",
          writer.name(), writer.context_length(), around);
  return {.tokens = std::min(wanted, room),
          .count = [&writer](std::string_view text) { return writer.count_tokens(text); }};
}

GroundedText write_grounded(TextWriter& writer, const Sources& sources, const GroundedTask& task) {
  WritingRequest request;
  request.turns = turns_of(sources, task);
  request.grammar = cited_text_grammar({.sources = sources.list.size(),
                                        .most_sentences = task.sentences,
                                        .may_be_nothing = task.kind == GroundedKind::answer,
                                        .korean = is_korean(sources, task)});
  request.generation.sampling = task.sampling;
  request.generation.max_tokens = answer_tokens(task);
  request.generation.cancellation = task.cancellation;
  GroundedText text;
  text.made = writer.write(request);
  auto sentences = read_cited_text(text.made.text, sources.list.size());
  text.says_nothing = says_nothing(text.made.text);
  const auto texts = source_texts(sources);
  check_cited_text(sentences, texts);
  for (CitedSentence& sentence : sentences) {
    // A group of the grammar may hold several sentences.
    if (sentence.problem.empty() && text.sentences.size() == task.sentences) {
      sentence.problem = "it is more than was asked for";
    }
    auto& list = sentence.problem.empty() ? text.sentences : text.dropped;
    list.push_back(std::move(sentence));
  }
  const bool rests_on_found =
      std::any_of(text.sentences.begin(), text.sentences.end(), [&](const auto& sentence) {
        return std::any_of(sentence.sources.begin(), sentence.sources.end(),
                           [&](std::size_t source) { return sources.list[source].score > 0; });
      });
  if (!rests_on_found) {
    for (CitedSentence& sentence : std::exchange(text.sentences, {})) {
      sentence.problem = "it rests on nothing that the search found";
      text.dropped.push_back(std::move(sentence));
    }
  }
  return text;
}

}  // namespace ogam

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/cancellation.h"
#include "pipelines/text_writer.h"
#include "pipelines/understanding/cited_text.h"
#include "pipelines/understanding/sources.h"

namespace ogam {

/// What is to be written from sources.
enum class GroundedKind {
  answer,   ///< to a question; that the sources do not say it is an answer
  summary,  ///< of the sources
  text      ///< that a prompt asks for
};

struct GroundedTask {
  GroundedKind kind = GroundedKind::answer;
  std::string request = {};   ///< the question or the prompt; nothing for a summary
  std::string language = {};  ///< "ko", "en", ...; empty: that of the request, or of the sources
  std::string style = {};     ///< words for how it is to be written; empty: plainly
  std::size_t sentences = 4;  ///< at most
  SamplingConfig sampling = {};
  CancellationToken cancellation = {};
};

/// What was written, sentence by sentence.
struct GroundedText {
  std::vector<CitedSentence> sentences;  ///< those that their sources may support
  std::vector<CitedSentence> dropped;    ///< the others, with what is wrong with them
  bool says_nothing = false;             ///< the model wrote that the sources do not say it
  GeneratedText made;
};

/// "Korean" of "ko": how a model is told which language to write.
/// @throws Error{invalid_argument} for one that it cannot be told, naming those it can.
std::string_view language_name(std::string_view code);

/// The tokens of sources that a writer may be given for a task: `wanted`, or fewer where its
/// context is small.
/// @throws Error{unsupported} when the model takes no instructions, or its context has no room.
SourceBudget source_budget(const TextWriter& writer, const GroundedTask& task,
                           std::int64_t wanted = 1500);

/// Writes from sources and nothing else: every sentence names its sources, which the grammar sees
/// to, and is checked against them afterwards. What they do not support is not among the sentences,
/// and none is where all of them rest on places that merely lie beside what a search found.
/// @param sources one at least.
/// @throws as TextWriter::write.
GroundedText write_grounded(TextWriter& writer, const Sources& sources, const GroundedTask& task);

}  // namespace ogam

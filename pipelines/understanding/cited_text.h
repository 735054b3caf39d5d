#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/grammar/grammar.h"

namespace ogam {

/// What a model writes when its sources do not say what is asked.
constexpr std::string_view kNothingFound = "NONE";

/// A sentence that a model wrote, and the sources that it names for it.
struct CitedSentence {
  std::string text;                    ///< without the numbers
  std::vector<std::size_t> sources{};  ///< from 0, each once
  std::string problem{};               ///< why its sources do not support it; empty where they may
};

/// What a written answer may look like.
struct CitedTextShape {
  std::size_t sources = 0;         ///< numbers that may be cited: 1 to this
  std::size_t most_sentences = 1;  ///< or rather, groups of sentences with their sources
  bool may_be_nothing = true;      ///< whether `kNothingFound` is an answer
  bool korean = false;             ///< sentences begin with a Korean word, else with none
};

/// The language of answers in which every sentence is followed by one to three numbers of sources:
/// "It opens at nine.[2] It closes at five.[3][4]", or kNothingFound.
std::shared_ptr<const Grammar> cited_text_grammar(const CitedTextShape& shape);

/// Whether an answer is kNothingFound and nothing else, with numbers behind it or not.
bool says_nothing(std::string_view text);

/// Reads such an answer; several sentences before the same numbers each have them. Of a text that
/// is not of that language, what can be read: sentences behind the last number have no source.
/// @return empty for kNothingFound, and where there are no words.
/// @param count of sources; numbers beyond it are a problem of their sentence.
std::vector<CitedSentence> read_cited_text(std::string_view text, std::size_t count);

/// Why the texts that a sentence cites do not support it, for people; empty when nothing is found
/// against it. A sentence without sources is never supported.
///
/// A rule of thumb that refuses what is surely not there: numbers (figures.h), names (words with a
/// capital within a sentence), and sentences of which not even half of the words are in their
/// sources. Names and words are compared where the sources have words of their script, so that of
/// a translation only the numbers are checked. What passes may still be wrong.
std::string find_problem(const CitedSentence& sentence, std::span<const std::string> sources);

/// Notes the problem of each sentence, and of those that say again what another one says.
///
/// Small models mix numbers up: a sentence that its own sources do not support gets the one source
/// that has all its numbers and names and the most of its words, three of four at least.
/// @param sources the texts of all sources.
void check_cited_text(std::vector<CitedSentence>& sentences, std::span<const std::string> sources);

}  // namespace ogam

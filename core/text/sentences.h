#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ogam {

/// A sentence as it is spoken in one go.
struct Sentence {
  std::string text;             ///< on one line, single spaces, never empty
  bool ends_paragraph = false;  ///< an empty line follows, or nothing
};

/// Splits a text into sentences: after . ? ! … and their full-width kin, and at empty lines. A
/// point within a number or a date, behind an initial or an English abbreviation, or before a small
/// letter does not end one ("Dr. Kim paid 3.5 at 9 a.m." is one sentence); one between two Hangul
/// syllables does without a space. What is longer than `max_characters` is cut further, at a comma
/// or semicolon where there is one, else at a space, else anywhere.
///
/// @param text any; broken UTF-8 is repaired.
std::vector<Sentence> split_sentences(std::string_view text, std::size_t max_characters = 400);

}  // namespace ogam
